"""Requests of SNMPv2c without a process for each: for tests that send thousands, or long ones."""

import itertools
import socket

_STATUS = ["noError", "tooBig", "noSuchName", "badValue", "readOnly", "genErr", "noAccess",
           "wrongType", "wrongLength", "wrongEncoding", "wrongValue", "noCreation",
           "inconsistentValue", "resourceUnavailable", "commitFailed", "undoFailed",
           "authorizationError", "notWritable", "inconsistentName"]
GET, GETNEXT, SET, GETBULK = 0xA0, 0xA1, 0xA3, 0xA5


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


def read_identifier(data):
    """The numbers of one."""
    _, body, _ = read(data)
    numbers = [body[0] // 40, body[0] % 40, 0]
    for byte in body[1:]:
        numbers[-1] = numbers[-1] << 7 | byte & 0x7F
        if not byte & 0x80:
            numbers.append(0)
    return tuple(numbers[:-1])


def read(data, at=0):
    """(tag, body, what follows) of the element at that place."""
    size, begin = data[at + 1], at + 2
    if size & 0x80:
        count = size & 0x7F
        size, begin = int.from_bytes(data[begin:begin + count], "big"), begin + count
    return data[at], data[begin:begin + size], begin + size


def question(names):
    """The varbinds of a request without values; the names are in BER."""
    return b"".join(tlv(0x30, name + tlv(5, b"")) for name in names)


def message(kind, varbinds, request=1, community="private", version=1, non_repeaters=0, repetitions=0):
    """A request of SNMPv1 (0) or SNMPv2c (1)."""
    pdu = tlv(kind, write_integer(request) + write_integer(non_repeaters) + write_integer(repetitions)
              + tlv(0x30, varbinds))
    return tlv(0x30, write_integer(version) + tlv(4, community.encode()) + pdu)


def getbulk(name, repetitions):
    """A GETBULK for what follows one object, whose name is in BER."""
    return message(GETBULK, question([name]), repetitions=repetitions)


def elements(data):
    """The elements of a sequence, as (tag, body, all of it)."""
    at = 0
    while at < len(data):
        tag, body, end = read(data, at)
        yield tag, body, data[at:end]
        at = end


def answer(data):
    """(request, status, index, varbinds) of an answer, a varbind as (name, value), in BER both."""
    _, whole, _ = read(data)
    _, _, (_, pdu, _) = elements(whole)
    request, status, index, varbinds = (body for _, body, _ in elements(pdu))
    return (*(int.from_bytes(number, "big", signed=True) for number in (request, status, index)),
            [tuple(part for _, _, part in elements(varbind)) for _, varbind, _ in elements(varbinds)])


class FastSet:
    """One socket to an agent on loopback; each request waits for its answer."""

    def __init__(self, port, community="private", timeout=5.0):
        self._community = community
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.connect(("127.0.0.1", port))
        self._socket.settimeout(timeout)
        self._requests = itertools.count(1)

    def close(self):
        self._socket.close()

    def set(self, identifier, value):
        """Sets one object, a tuple of numbers, to an int or to bytes; the name of the status."""
        encoded = write_integer(value) if isinstance(value, int) else tlv(4, value)
        return self._status(SET, tlv(0x30, write_identifier(identifier) + encoded))

    def get(self, identifiers, following=False):
        """Asks for objects, or for what follows them; the name of the status."""
        return self._status(GETNEXT if following else GET, question(map(write_identifier, identifiers)))

    def _status(self, kind, varbinds):
        return _STATUS[self.ask(kind, varbinds)[0]]

    def ask(self, kind, varbinds, **options):
        """(status, index, varbinds) of what is answered to a message()."""
        request = next(self._requests)
        self._socket.send(message(kind, varbinds, request, self._community, **options))
        while True:
            answered, *rest = answer(self._socket.recv(65536))
            if answered == request:
                return rest
