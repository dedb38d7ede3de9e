"""A service manager with a descriptor store, as far as sd_notify(3) and sd_listen_fds(3) say."""

import array
import os
import select
import socket
import sys
import threading

# Puts the descriptors where the protocol wants them, and becomes the program: same process id.
LAUNCHER = """
import fcntl, os, sys
given = [fcntl.fcntl(int(word), fcntl.F_DUPFD, 1000) for word in sys.argv[1].split(",") if word]
for place, descriptor in enumerate(given):
    os.dup2(descriptor, 3 + place)
    os.close(descriptor)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(given)),
                  LISTEN_FDNAMES=sys.argv[2])
os.execv(sys.argv[3], sys.argv[3:])
"""


class Supervisor:
    """Keeps what a process gives it, and hands it to the next; stored is [(name, descriptor)]."""

    name = "supervisor"

    def __init__(self, lab):
        self.lab = lab
        self.path = lab.path("notify.sock")
        self.stored = []
        self.states = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self.path)
        self._stop, self._stopper = os.pipe()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        lab.track(self)

    def prepare(self, agent):
        """The agent's next start is as its child, with all that is stored."""
        agent.environment["NOTIFY_SOCKET"] = self.path
        program = getattr(agent, "program", agent.arguments)
        agent.program = program
        agent.descriptors = [descriptor for _, descriptor in self.stored]
        agent.arguments = [sys.executable, "-c", LAUNCHER,
                           ",".join(map(str, agent.descriptors)),
                           ":".join(name for name, _ in self.stored), *program]

    def restart(self, agent, kill=False):
        """Ends the agent and starts it again."""
        if kill:
            agent.kill()
        else:
            assert agent.stop() == 0
        self.wait_idle()
        self.prepare(agent)
        agent.start()

    def names(self):
        """What is stored is stored twice: a socket, and the words."""
        return sorted({name for name, _ in self.stored})

    def wait_idle(self):
        self.lab.wait_until(lambda: not select.select([self._socket], [], [], 0)[0],
                            "all that the agent told is read")

    def tail(self, lines):
        return "\n".join(self.states[-lines:])

    def close(self):
        os.write(self._stopper, b"x")
        self._thread.join(10)
        self.forget()
        self._socket.close()

    def forget(self):
        """Closes everything, as at the end of a unit."""
        while self.stored:
            os.close(self.stored.pop()[1])

    def _serve(self):
        while True:
            ready = select.select([self._socket, self._stop], [], [])[0]
            if self._stop in ready:
                return
            self._take(*self._receive())

    def _receive(self):
        data, ancillary, _, _ = self._socket.recvmsg(65536, socket.CMSG_SPACE(4 * 16))
        descriptors = array.array("i")
        for level, kind, content in ancillary:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                descriptors.frombytes(content[:len(content) - len(content) % 4])
        return data.decode(), list(descriptors)

    def _take(self, text, descriptors):
        self.states.append(text)
        fields = dict(line.split("=", 1) for line in text.splitlines())
        name = fields.get("FDNAME")
        if "FDSTOREREMOVE" in fields:
            for entry in [entry for entry in self.stored if entry[0] == name]:
                self.stored.remove(entry)
                os.close(entry[1])
        elif "FDSTORE" in fields:
            self.stored += [(name, descriptor) for descriptor in descriptors]
        else:
            assert not descriptors, text
