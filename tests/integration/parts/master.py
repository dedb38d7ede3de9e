"""A scripted AgentX master agent, for what a real one cannot be brought to do at the right moment:
it answers until it is told to fall asleep, it asks without reading the answers, and it sends phases
of SETs in an order of the test's own."""

import contextlib
import itertools
import selectors
import socket
import struct
import threading
import time

# RFC 2741 section 6.1.
OPEN, REGISTER, GET, GET_BULK, TEST_SET, COMMIT_SET, CLEANUP_SET = 1, 3, 5, 7, 8, 9, 11
NOTIFY, PING, RESPONSE = 12, 13, 18
GEN_ERR = 5  # RFC 3416, error-status
_NOT_OPEN = 257
_HEADER = struct.Struct(">BBBxIIII")  # version, type, flags, session, transaction, packet, payload
_NETWORK_ORDER = 0x10
_SESSION = 7


def _order(flags):
    return "big" if flags & _NETWORK_ORDER else "little"


def _oid(oid):
    """RFC 2741 section 5.1, without a prefix."""
    return struct.pack(f">BBBx{len(oid)}I", len(oid), 0, 0, *oid)


def _integer(oid, value):
    """A varbind, section 5.4."""
    return struct.pack(">Hxx", 2) + _oid(oid) + struct.pack(">i", value)


class Master:
    """Answers AgentX requests on a unix socket until one of the type `asleep_at` comes, which it
    leaves unanswered, as all that follow, until wake().  While it is deaf it reads nothing."""

    name = "master"

    def __init__(self, path, asleep_at=None):
        self.agentx = f"unix:{path}"
        self.asleep_at = asleep_at
        self.asleep = self.deaf = False
        self.seen = []  # types of the requests
        self.answers = {}  # by the packet of what was asked: (error status, size of the varbinds)
        self._packets = itertools.count(1000000)
        self._link = None
        self._unanswered = []
        self._lock = threading.Lock()
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(path)
        self._listener.listen(8)
        self._stop, self._stopped = socket.socketpair()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def tail(self, _lines=0):
        return f"(asleep: {self.asleep}, seen: {self.seen})"

    def wake(self):
        with self._lock:
            self.asleep, self.asleep_at = False, None
            for link, answer in self._unanswered:
                with contextlib.suppress(OSError):
                    link.sendall(answer)
            self._unanswered.clear()

    def ask(self, count, oids):
        """Sends so many Get requests for these objects at once; answers has what comes."""
        ranges = b"".join(_oid(oid) + _oid(()) for oid in oids)
        for number in range(count):
            self._request(GET, number, ranges)

    def set_phase(self, kind, transaction, *changes):
        """Sends one phase of a SET and returns the error status; each change is (OID, integer)."""
        changes = b"".join(_integer(*change) for change in changes)
        return self._answer_to(self._request(kind, transaction, changes))[0]

    def bulk(self, repetitions, *oids):
        """Sends a GetBulk and returns (error status, size of the varbinds)."""
        ranges = b"".join(_oid(oid) + _oid(()) for oid in oids)
        return self._answer_to(self._request(GET_BULK, 1, struct.pack(">HH", 0, repetitions) + ranges))

    def _answer_to(self, packet):
        end = time.monotonic() + 10
        while packet not in self.answers:
            assert time.monotonic() < end, "no answer"
            time.sleep(0.01)
        return self.answers[packet]

    def _request(self, kind, transaction, payload):
        packet = next(self._packets)
        self._link.sendall(_HEADER.pack(1, kind, _NETWORK_ORDER, _SESSION, transaction, packet,
                                        len(payload)) + payload)
        return packet

    def close(self):
        self._stop.send(b"x")
        self._thread.join(10)

    def _run(self):
        buffers = {}
        with selectors.DefaultSelector() as selector:
            selector.register(self._stopped, selectors.EVENT_READ)
            selector.register(self._listener, selectors.EVENT_READ)
            while True:
                for key, _ in selector.select():
                    if key.fileobj is self._stopped:
                        for end in (self._listener, *buffers):
                            end.close()
                        return
                    if key.fileobj is self._listener:
                        link, _ = self._listener.accept()
                        buffers[link] = b""
                        selector.register(link, selectors.EVENT_READ)
                        continue
                    if self.deaf:
                        time.sleep(0.01)
                        continue
                    data = key.fileobj.recv(65536)
                    buffers[key.fileobj] = self._take(key.fileobj, buffers[key.fileobj] + data)
                    if not data:
                        selector.unregister(key.fileobj)
                        buffers.pop(key.fileobj)
                        key.fileobj.close()

    def _take(self, link, data):
        while len(data) >= _HEADER.size:
            _, kind, flags, session, transaction, packet, size = _HEADER.unpack_from(data)
            if _order(flags) == "little":
                session, transaction, packet, size = (
                    int.from_bytes(number.to_bytes(4, "big"), "little")
                    for number in (session, transaction, packet, size))
            if len(data) < _HEADER.size + size:
                break
            payload, data = data[_HEADER.size:_HEADER.size + size], data[_HEADER.size + size:]
            if kind == RESPONSE:
                self.answers[packet] = int.from_bytes(payload[4:6], _order(flags)), size - 8
            else:
                self._answer(link, kind, session, transaction, packet)
        return data

    def _answer(self, link, kind, session, transaction, packet):
        error = _NOT_OPEN if kind == PING and session == 0 else 0
        payload = struct.pack(">IHH", 100, error, 0)
        answer = _HEADER.pack(1, RESPONSE, _NETWORK_ORDER, session or _SESSION, transaction, packet,
                              len(payload)) + payload
        if kind == OPEN:
            self._link = link
        with self._lock:
            self.seen.append(kind)
            self.asleep = self.asleep or kind == self.asleep_at
            if self.asleep:
                self._unanswered.append((link, answer))
                return
        with contextlib.suppress(OSError):
            link.sendall(answer)
