"""An SNMP agent that answers as no honest one does."""

import socket
import threading

from parts.fastset import read, tlv, write_identifier, write_integer

RESPONSE = 0xA2


class Evil:
    """Answers each request by answer(names, repetitions): a list of (name, encoded value), or bytes
    that are sent as they are."""

    name = "evil agent"

    def __init__(self, lab, answer):
        self._answer = answer
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(0.1)
        self.port = self._socket.getsockname()[1]
        self.asked = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        lab.track(self)
        self._thread.start()

    def tail(self, _lines=0):
        return f"asked {self.asked} times"

    def close(self):
        self._ended.set()
        self._thread.join(5)
        self._socket.close()

    def _serve(self):
        while not self._ended.is_set():
            try:
                request, sender = self._socket.recvfrom(65536)
            except TimeoutError:
                continue
            self.asked += 1
            self._socket.sendto(self._respond(request), sender)

    def _respond(self, request):
        _, message, _ = read(request)
        _, version, at = read(message)
        _, community, at = read(message, at)
        _, pdu, _ = read(message, at)
        _, number, at = read(pdu)
        _, _, at = read(pdu, at)
        _, repetitions, at = read(pdu, at)
        _, varbinds, _ = read(pdu, at)
        answer = self._answer(self._names(varbinds), int.from_bytes(repetitions, "big"))
        if isinstance(answer, bytes):
            return answer
        encoded = b"".join(tlv(0x30, write_identifier(name) + value) for name, value in answer)
        body = tlv(2, number) + write_integer(0) + write_integer(0) + tlv(0x30, encoded)
        return tlv(0x30, tlv(2, version) + tlv(4, community) + tlv(RESPONSE, body))

    @staticmethod
    def _names(varbinds):
        names, at = [], 0
        while at < len(varbinds):
            _, varbind, at = read(varbinds, at)
            _, name, _ = read(varbind)
            numbers, number = [1, 3], 0
            for byte in name[1:]:
                number = number << 7 | byte & 0x7F
                if not byte & 0x80:
                    numbers.append(number)
                    number = 0
            names.append(tuple(numbers))
        return names
