"""A scripted AgentX master agent (RFC 2741) that asks: phases of SETs that no real one would send,
in an order of the test's own."""

import contextlib
import socket
import struct
import threading

TEST_SET, COMMIT_SET, CLEANUP_SET = 8, 9, 11
GEN_ERR = 5  # RFC 3416, error-status
_REGISTER, _PING, _RESPONSE = 3, 13, 18
_NOT_OPEN = 257
_NETWORK_ORDER = 0x10
_SESSION = 7


class AskingMaster:
    """Accepts all that a subagent wants; ask() sends it a request and returns the error status."""

    name = "asking master"

    def __init__(self, path):
        self.agentx = f"unix:{path}"
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(path)
        self._listener.listen(8)
        self._changed = threading.Condition()
        self._links, self._link, self._answers, self._packet = [], None, {}, 1000000
        threading.Thread(target=self._accept, daemon=True).start()

    def tail(self, _lines=0):
        return f"(answers: {self._answers})"

    def close(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        for link in (self._listener, *self._links):
            with contextlib.suppress(OSError):
                link.close()

    def ask(self, kind, transaction, *changes):
        """Each change is (OID, integer)."""
        with self._changed:
            assert self._changed.wait_for(lambda: self._link is not None, 10), "no subagent"
            self._packet += 1
            packet = self._packet
            self._send(self._link, kind, _SESSION, transaction, packet,
                       b"".join(_varbind(oid, value) for oid, value in changes))
            assert self._changed.wait_for(lambda: packet in self._answers, 10), "no answer"
            return self._answers.pop(packet)

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                link, _ = self._listener.accept()
                self._links.append(link)
                threading.Thread(target=self._serve, args=(link,), daemon=True).start()

    def _serve(self, link):
        with contextlib.suppress(OSError), link.makefile("rb") as stream:
            while len(head := stream.read(20)) == 20:
                order = ">" if head[2] & _NETWORK_ORDER else "<"
                session, transaction, packet, size = struct.unpack(order + "4I", head[4:])
                payload = stream.read(size)
                with self._changed:
                    self._take(link, head[1], (session, transaction, packet), order, payload)

    def _take(self, link, kind, ids, order, payload):
        if kind == _RESPONSE:
            self._answers[ids[2]] = struct.unpack(order + "IHH", payload[:8])[1]
        else:
            error = _NOT_OPEN if kind == _PING and ids[0] == 0 else 0
            self._send(link, _RESPONSE, ids[0] or _SESSION, *ids[1:],
                       struct.pack(">IHH", 100, error, 0))
            self._link = link if kind == _REGISTER else self._link
        self._changed.notify_all()

    def _send(self, link, kind, session, transaction, packet, payload):
        link.sendall(struct.pack(">BBBx4I", 1, kind, _NETWORK_ORDER, session, transaction, packet,
                                 len(payload)) + payload)


def _varbind(oid, value):
    return struct.pack(f">HxxBxxx{len(oid)}Ii", 2, len(oid), *oid, value)
