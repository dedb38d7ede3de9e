"""A plain client of the management interface, for looking at a daemon without the agent."""

import re
import socket
import time

PROMPT = b"ENTER PASSWORD:"
_MARKER = re.compile(r"SUCCESS: nclients=\d+,bytesin=")


def connect(endpoint, deadline=5.0):
    """A connected socket to "unix:PATH" or "tcp:HOST:PORT"."""
    kind, _, rest = endpoint.partition(":")
    if kind == "unix":
        link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        link.settimeout(deadline)
        link.connect(rest)
        return link
    host, _, port = rest.rpartition(":")
    return socket.create_connection((host.strip("[]"), int(port)), deadline)


class Management:
    """One session.  Lines come without their line end, decoded so that any byte survives."""

    def __init__(self, endpoint, password=None, deadline=5.0):
        self.deadline = deadline
        self.notifications = []
        self._link = connect(endpoint, deadline)
        self._bytes = b""
        if password is not None:
            self._login(password)
        self.greeting = self.read_line()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self._link.close()

    def send(self, text):
        """Sends the text as it is; the caller adds the line end."""
        data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")
        self._link.sendall(data)

    def read_line(self):
        """The next line, a notification or not; None at the end of the session."""
        end = time.monotonic() + self.deadline
        while b"\n" not in self._bytes:
            if not self._receive(end):
                return None
        line, self._bytes = self._bytes.split(b"\n", 1)
        return line.rstrip(b"\r").decode("utf-8", "surrogateescape")

    def command(self, line):
        """The reply's lines.  Its end is found with `load-stats`, so commands without reply give
        []; notifications met on the way go to `notifications`."""
        marks = 2 if line == "load-stats" else 1  # that command's own reply looks like the mark
        self.send(line + "\nload-stats\n")
        reply = []
        while True:
            answer = self.read_line()
            assert answer is not None, f"the session ended during {line!r}"
            if _MARKER.match(answer):
                marks -= 1
                if marks == 0:
                    return reply
                reply.append(answer)
            elif answer.startswith(">") and not answer.startswith(">PKCS11ID"):
                self.notifications.append(answer)
            else:
                reply.append(answer)

    def wait_notification(self, start):
        """The first notification not yet returned that begins with start."""
        while True:
            for position, line in enumerate(self.notifications):
                if line.startswith(start):
                    return self.notifications.pop(position)
            line = self.read_line()
            assert line is not None, f"the session ended before {start}"
            if line.startswith(">"):
                self.notifications.append(line)

    def _login(self, password):
        end = time.monotonic() + self.deadline
        while PROMPT not in self._bytes:
            assert self._receive(end), "the session ended before the password prompt"
        self._bytes = self._bytes.replace(PROMPT, b"", 1)
        self.send(password + "\n")
        answer = self.read_line()
        assert answer == "SUCCESS: password is correct", answer

    def _receive(self, end):
        self._link.settimeout(max(0.01, end - time.monotonic()))
        data = self._link.recv(65536)
        self._bytes += data
        return data
