"""What stands between a real master agent and the agent: it sees each PDU, and keeps back what the
master agent says until the test lets it go."""

import selectors
import socket
import threading

from parts.master import take_pdus


class Relay:
    """Listens at a path for the agent and connects each to the master agent.

    Once keep_from(kind) was said, the first PDU of that kind and all that follow from the master
    agent are kept back; forward(count) lets the oldest of them go, flow() all, and what comes later.
    """

    name = "relay"

    def __init__(self, path, master):
        self.agentx = f"unix:{path}"
        self.asked = []  # PDUs of the master agent, as they came
        self.told = []  # PDUs of the agent
        self._target = master.agentx.removeprefix("unix:")
        self._kind = None
        self._kept = None  # a list while PDUs are kept back
        self._lock = threading.RLock()
        self._peers = {}  # socket: (the other one, whether it is the master agent's)
        self._rests = {}
        self._agent = None
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(path)
        self._listener.listen(8)
        self._stop, self._stopped = socket.socketpair()
        self._selector = selectors.DefaultSelector()
        for end in (self._stopped, self._listener):
            self._selector.register(end, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def tail(self, lines=30):
        return f"(asked: {[(one.kind, one.packet) for one in self.asked[-lines:]]})"

    def count(self, kind):
        """How many the master agent has sent."""
        return sum(one.kind == kind for one in self.asked)

    def packets(self, kind):
        return [one.packet for one in self.asked if one.kind == kind]

    def keep_from(self, kind):
        with self._lock:
            self._kind = kind

    def forward(self, count):
        with self._lock:
            going, self._kept = self._kept[:count], self._kept[count:]
            self._agent.sendall(b"".join(going))

    def flow(self):
        with self._lock:
            self._agent.sendall(b"".join(self._kept or []))
            self._kind = self._kept = None

    def close(self):
        self._stop.send(b"x")
        self._thread.join(10)

    def _run(self):
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is self._stopped:
                    for end in (self._listener, *self._peers):
                        end.close()
                    return
                if key.fileobj is self._listener:
                    self._connect()
                elif key.fileobj in self._peers:
                    self._move(key.fileobj)

    def _connect(self):
        agent, _ = self._listener.accept()
        master = socket.socket(socket.AF_UNIX)
        try:
            master.connect(self._target)
        except OSError:
            agent.close()
            master.close()
            return
        self._agent = agent
        self._peers[agent], self._peers[master] = (master, False), (agent, True)
        for end in (agent, master):
            self._rests[end] = b""
            self._selector.register(end, selectors.EVENT_READ)

    def _move(self, link):
        peer, is_master = self._peers[link]
        try:
            data = link.recv(65536)
        except ConnectionError:
            data = b""
        if not data:
            for end in (link, peer):
                self._selector.unregister(end)
                del self._peers[end]
                end.close()
            return
        pdus, self._rests[link] = take_pdus(self._rests[link] + data)
        with self._lock:
            for one in pdus:
                (self.asked if is_master else self.told).append(one)
                if is_master and self._kept is None and one.kind == self._kind:
                    self._kept = []
                if is_master and self._kept is not None:
                    self._kept.append(one.raw)
                    continue
                try:
                    peer.sendall(one.raw)
                except OSError:
                    break
