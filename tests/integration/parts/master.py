"""A scripted AgentX master agent, for what a real one cannot be brought to do at the right moment:
it answers until it is told to fall asleep, it asks without reading the answers, it sends phases of
SETs in an order of the test's own, and whatever else a test wants to send."""

import contextlib
import itertools
import selectors
import socket
import struct
import threading
import time
from dataclasses import dataclass

# RFC 2741 section 6.1.
OPEN, CLOSE, REGISTER, GET, GET_NEXT, GET_BULK = 1, 2, 3, 5, 6, 7
TEST_SET, COMMIT_SET, UNDO_SET, CLEANUP_SET = 8, 9, 10, 11
NOTIFY, PING, RESPONSE = 12, 13, 18
# RFC 3416, error-status, and RFC 2741 section 6.2.16.
TOO_BIG, GEN_ERR, COMMIT_FAILED, UNDO_FAILED = 1, 5, 14, 15
NOT_OPEN, UNSUPPORTED_CONTEXT, PROCESSING_ERROR = 257, 262, 268
DUPLICATE_REGISTRATION, REQUEST_DENIED = 263, 267
CONTEXT = 0x08  # section 6.1.1, NON_DEFAULT_CONTEXT
_HEADER = struct.Struct(">BBBxIIII")  # version, type, flags, session, transaction, packet, payload
_NETWORK_ORDER = 0x10
SESSION = 7  # that it gives


@dataclass
class Pdu:
    """Section 6.1; raw is all of it."""
    kind: int
    session: int
    transaction: int
    packet: int
    payload: bytes
    order: str  # of the octets, "big" or "little"
    raw: bytes

    @property
    def error(self):
        """Of a Response."""
        return int.from_bytes(self.payload[4:6], self.order)


def take_pdus(data):
    """The whole PDUs at the beginning of a stream, and what is left of it."""
    found = []
    while len(data) >= _HEADER.size:
        _, kind, flags = data[:3]
        order = "big" if flags & _NETWORK_ORDER else "little"
        session, transaction, packet, size = (int.from_bytes(data[at:at + 4], order)
                                              for at in range(4, _HEADER.size, 4))
        end = _HEADER.size + size
        if len(data) < end:
            break
        found.append(Pdu(kind, session, transaction, packet, data[_HEADER.size:end], order,
                         data[:end]))
        data = data[end:]
    return found, data


def _oid(oid):
    """RFC 2741 section 5.1, without a prefix."""
    return struct.pack(f">BBBx{len(oid)}I", len(oid), 0, 0, *oid)


def ranges(*oids):
    """What a Get has behind its header: search ranges without an end, section 5.2."""
    return b"".join(_oid(oid) + _oid(()) for oid in oids)


def integers(*changes):
    """What a TestSet has: varbinds (section 5.4) of pairs of an OID and an integer."""
    return b"".join(struct.pack(">Hxx", 2) + _oid(oid) + struct.pack(">i", value)
                    for oid, value in changes)


def pdu(kind, transaction, packet, payload=b"", session=SESSION, flags=0):
    return _HEADER.pack(1, kind, _NETWORK_ORDER | flags, session, transaction, packet,
                        len(payload)) + payload


class Master:
    """Answers AgentX requests on a unix socket until one of the type `asleep_at` comes, which it
    leaves unanswered, as all that follow, until wake().  While it is deaf it reads nothing."""

    name = "master"

    def __init__(self, path, asleep_at=None):
        self.agentx = f"unix:{path}"
        self.asleep_at = asleep_at
        self.asleep = self.deaf = False
        self.seen = []  # types of the requests
        self.refusals = {}  # by type: an iterator of the error status of the next answers
        self.answers = {}  # by the packet of what was asked: (error status, size of the varbinds)
        self.errors = []  # of all answers: (packet, error status)
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
        for number in range(count):
            self.send(GET, number, ranges(*oids))

    def set_phase(self, kind, transaction, *changes):
        """Sends one phase of a SET and returns the error status; each change is (OID, integer)."""
        return self.error(self.send(kind, transaction, integers(*changes)))

    def bulk(self, repetitions, *oids):
        """Sends a GetBulk and returns (error status, size of the varbinds)."""
        return self._answer_to(self.send(GET_BULK, 1, struct.pack(">HH", 0, repetitions) + ranges(*oids)))

    def send(self, kind, transaction, payload=b"", **options):
        """Sends a request, with pdu()'s options, and returns its packet."""
        packet = next(self._packets)
        self.send_octets(pdu(kind, transaction, packet, payload, **options))
        return packet

    def send_octets(self, data):
        self._link.sendall(data)

    def error(self, packet):
        """Waits for the answer to a request and returns its error status."""
        return self._answer_to(packet)[0]

    def _answer_to(self, packet):
        end = time.monotonic() + 10
        while packet not in self.answers:
            assert time.monotonic() < end, f"no answer to {packet}; answered: {self.errors[-20:]}"
            time.sleep(0.01)
        return self.answers[packet]

    def errors_of(self, packet):
        return [error for which, error in self.errors if which == packet]

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
                    try:
                        data = key.fileobj.recv(65536)
                    except ConnectionResetError:  # it had not read all
                        data = b""
                    buffers[key.fileobj] = self._take(key.fileobj, buffers[key.fileobj] + data)
                    if not data:
                        selector.unregister(key.fileobj)
                        buffers.pop(key.fileobj)
                        key.fileobj.close()

    def _take(self, link, data):
        pdus, data = take_pdus(data)
        for request in pdus:
            if request.kind == RESPONSE:
                self.errors.append((request.packet, request.error))
                self.answers[request.packet] = request.error, len(request.payload) - 8
            else:
                self._answer(link, request)
        return data

    def _answer(self, link, request):
        error = NOT_OPEN if request.kind == PING and request.session == 0 else 0
        error = next(self.refusals.get(request.kind, iter(())), error)
        answer = pdu(RESPONSE, request.transaction, request.packet,
                     struct.pack(">IHH", 100, error, 0), request.session or SESSION)
        if request.kind == OPEN:
            self._link = link
        with self._lock:
            self.seen.append(request.kind)
            self.asleep = self.asleep or request.kind == self.asleep_at
            if self.asleep:
                self._unanswered.append((link, answer))
                return
        with contextlib.suppress(OSError):
            link.sendall(answer)
