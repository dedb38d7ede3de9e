"""Requests of SNMPv2c without a process for each: for tests that send thousands, or long ones."""

import itertools
import socket

_STATUS = ["noError", "tooBig", "noSuchName", "badValue", "readOnly", "genErr", "noAccess",
           "wrongType", "wrongLength", "wrongEncoding", "wrongValue", "noCreation",
           "inconsistentValue", "resourceUnavailable", "commitFailed", "undoFailed",
           "authorizationError", "notWritable", "inconsistentName"]


def tlv(tag, body):
    size = len(body)
    if size < 128:
        return bytes([tag, size]) + body
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + body


def write_integer(number):
    return tlv(2, number.to_bytes(number.bit_length() // 8 + 1, "big", signed=True))


def write_identifier(numbers):
    parts = [bytes([40 * numbers[0] + numbers[1]])]
    for number in numbers[2:]:
        digits = [number & 0x7F]
        while number := number >> 7:
            digits.insert(0, 0x80 | number & 0x7F)
        parts.append(bytes(digits))
    return tlv(6, b"".join(parts))


def read(data, at=0):
    """(tag, body, what follows) of the element at that place."""
    size, begin = data[at + 1], at + 2
    if size & 0x80:
        count = size & 0x7F
        size, begin = int.from_bytes(data[begin:begin + count], "big"), begin + count
    return data[at], data[begin:begin + size], begin + size


class FastSet:
    """One socket to an agent on loopback; each request waits for its answer."""

    def __init__(self, port, community="private", timeout=5.0):
        self._community = community.encode()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.connect(("127.0.0.1", port))
        self._socket.settimeout(timeout)
        self._requests = itertools.count(1)

    def close(self):
        self._socket.close()

    def set(self, identifier, value):
        """Sets one object, a tuple of numbers, to an int or to bytes; the name of the status."""
        encoded = write_integer(value) if isinstance(value, int) else tlv(4, value)
        return self._ask(0xA3, tlv(0x30, write_identifier(identifier) + encoded))

    def get(self, identifiers, following=False):
        """Asks for objects, or for what follows them; the name of the status."""
        varbinds = b"".join(tlv(0x30, write_identifier(one) + tlv(5, b"")) for one in identifiers)
        return self._ask(0xA1 if following else 0xA0, varbinds)

    def _ask(self, kind, varbinds):
        request = next(self._requests)
        pdu = tlv(kind, write_integer(request) + write_integer(0) + write_integer(0) + tlv(0x30, varbinds))
        self._socket.send(tlv(0x30, write_integer(1) + tlv(4, self._community) + pdu))
        while True:
            answered, status = self._answer()
            if answered == request:
                return _STATUS[status]

    def _answer(self):
        _, message, _ = read(self._socket.recv(65536))
        at = 0
        for _ in range(2):  # version and community
            _, _, at = read(message, at)
        _, pdu, _ = read(message, at)
        _, request, at = read(pdu)
        _, status, _ = read(pdu, at)
        return int.from_bytes(request, "big"), int.from_bytes(status, "big")


def encode_identifier(numbers):
    """An object identifier in BER."""
    return write_identifier(numbers)


def getbulk(name, repetitions, community="private"):
    """A GETBULK for what follows one object, whose name is in BER."""
    varbinds = tlv(0x30, tlv(0x30, name + tlv(5, b"")))
    pdu = tlv(0xA5, write_integer(1) + write_integer(0) + write_integer(repetitions) + varbinds)
    return tlv(0x30, write_integer(1) + tlv(4, community.encode()) + pdu)


def names(answer):
    """The names in an answer, in BER."""
    _, message, _ = read(answer)
    at = 0
    for _ in range(2):  # version and community
        _, _, at = read(message, at)
    _, pdu, _ = read(message, at)
    at = 0
    for _ in range(3):  # request, status, index
        _, _, at = read(pdu, at)
    _, varbinds, _ = read(pdu, at)
    found, at = [], 0
    while at < len(varbinds):
        _, varbind, at = read(varbinds, at)
        _, _, end = read(varbind)
        found.append(varbind[:end])
    return found
