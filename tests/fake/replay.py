"""Plays the daemon's side of a framed capture.

What the daemon said is sent as it was recorded, in the same portions.  What was said to the daemon
is waited for as that many lines; their text does not matter unless strict.  Where the capture notes
an EOF or that the lab closed its side, the session ends; `connected` opens the next one.
"""

import contextlib
import os
import socket
import threading
from pathlib import Path

from captures import framing


class Replay:
    """One capture on one socket, in a thread.  `differences` lists lines that did not match."""

    def __init__(self, file, path=None, port=None, strict=False):
        self.name = "replay"
        self.path = path
        self.endpoint = f"unix:{path}" if path else f"tcp:127.0.0.1:{port}"
        self.strict = strict
        self.differences = []
        self.records = framing.read(Path(file)).records
        self._listener = socket.socket(socket.AF_UNIX if path else socket.AF_INET)
        if not path:
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind(path or ("127.0.0.1", port))
        self._listener.listen(1)
        self._link = None
        self._input = b""
        self._thread = threading.Thread(target=self._run, daemon=True, name="replay")

    def start(self):
        self._thread.start()
        return self

    def wait(self, deadline=None):
        """Until the whole capture was played; False if not within the deadline (seconds)."""
        self._thread.join(deadline)
        return not self._thread.is_alive()

    def close(self):
        for end in (self._listener, self._link):
            if end is not None:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
                end.close()
        self._thread.join(10)
        if self.path:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self.path)

    def tail(self, lines=30):
        return "\n".join([f"({self.endpoint})", *self.differences[-lines:]])

    def _run(self):
        with contextlib.suppress(OSError):
            for record in self.records:
                self._play(record)
            self._hang_up()

    def _play(self, record):
        if record.direction == "!":
            text = record.data.decode("utf-8", "replace")
            if text.startswith("connected "):
                self._hang_up()
                self._link, _ = self._listener.accept()
            elif text.startswith(("EOF", "lab closes")):
                self._hang_up()
        elif record.direction == "<":
            self._link.sendall(record.data)
        else:
            self._expect(record.data)

    def _expect(self, data):
        wanted = data.count(b"\n")
        while self._input.count(b"\n") < wanted:
            received = self._link.recv(4096)
            if not received:
                raise OSError("the session ended early")
            self._input += received
        for line in data.splitlines()[:wanted]:
            got, self._input = self._input.split(b"\n", 1)
            if self.strict and got.rstrip(b"\r") != line:
                self.differences.append(f"expected {line!r}, got {got!r}")

    def _hang_up(self):
        if self._link is not None:
            self._link.close()
            self._link, self._input = None, b""
