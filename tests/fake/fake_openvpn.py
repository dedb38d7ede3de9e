#!/usr/bin/python3
"""A scripted OpenVPN daemon that tests can drive, as a thread or as a program.

It listens on a unix or TCP socket and serves one session at a time with a backlog of one, as the
real one does.  What it says comes from daemon.py; this file moves the bytes and spoils them on
request: it stalls, splits its output, drops sessions, answers a session with nothing.

    fake_openvpn.py --unix /run/x.sock --version 2.6.14 --do "add 5" --do "hold on"

Without --do it reads such commands from its standard input; `actions` in scenario.py has them all.
"""

import argparse
import contextlib
import os
import selectors
import socket
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from fake.daemon import Daemon  # noqa: E402
from fake.dialects import DIALECTS  # noqa: E402

_WRITE_SIZE = 1024  # the real one joins lines up to this size
_TICK = 0.2


class FakeOpenVpn:
    """The daemon and its socket.  Other arguments than these are the Daemon's.

    Everything that changes the daemon from outside happens in `with fake.script() as daemon:`.
    """

    def __init__(self, path=None, port=None, name="fake", **arguments):
        self.name = name
        self.path, self.port = path, port
        self.endpoint = f"unix:{path}" if path else f"tcp:127.0.0.1:{port}"
        self.daemon = Daemon(**arguments)
        self.reading = self.writing = True
        self.accepting = True
        self.mute_sessions = False  # a new session is closed without a byte
        self.write_size = _WRITE_SIZE
        self.write_pause = 0.0  # seconds between two writes
        self.sessions = 0  # sessions so far
        self._lock = threading.RLock()
        self._thread = None
        self._listener = self._link = None
        self._pending = b""
        self._next_write = 0.0

    # Life

    def start(self):
        """Listens and serves in a thread."""
        self._stopping = False
        self._listen()
        self._wake_reader, self._wake_writer = socket.socketpair()
        self._wake_reader.setblocking(False)
        self._thread = threading.Thread(target=self._run, daemon=True, name=self.name)
        self._thread.start()
        return self

    def stop(self):
        """The process dies: session and listener are gone, without a word."""
        if self._thread is None:
            return
        self._stopping = True
        self._wake()
        self._thread.join(10)
        self._thread = None
        with self._lock:
            self._close_link()
            self._close_listener()
        self._wake_reader.close()
        self._wake_writer.close()

    close = stop

    def restart(self):
        """A new process on the same socket: another pid, empty histories."""
        self.stop()
        self.daemon.start()
        return self.start()

    @contextlib.contextmanager
    def script(self):
        """The daemon, while its thread stands still."""
        with self._lock:
            yield self.daemon
        self._wake()

    # Spoiling

    def stall(self, reading=True, writing=True):
        """Stops reading commands, writing output, or both; the session stays."""
        with self._lock:
            self.reading, self.writing = not reading, not writing
        self._wake()

    def resume(self):
        with self._lock:
            self.reading = self.writing = self.accepting = True
        self._wake()

    def split_output(self, size, pause=0.0):
        """Writes at most size bytes at a time, with a pause (seconds) between."""
        with self._lock:
            self.write_size, self.write_pause = size, pause

    def occupy(self):
        """As if somebody else had the session: connects wait in the backlog unheard."""
        with self._lock:
            self.accepting = False
        self.drop()

    def drop(self):
        """Closes the session, output that is not yet written is lost."""
        with self._lock:
            self._close_link()
        self._wake()

    # What happened

    @property
    def connected(self):
        return self._link is not None

    @property
    def written(self):
        """Whether all that the daemon said has gone out."""
        with self._lock:
            return not self._pending and not self.daemon.output

    def commands(self, name=None):
        """The words of all commands so far, or of those with that name."""
        with self._lock:
            known = [received.words for received in self.daemon.received if received.words]
        return [words for words in known if name in (None, words[0])]

    def tail(self, lines=30):
        with self._lock:
            received = [repr(entry.line) for entry in self.daemon.received[-lines:]]
            return "\n".join([f"({self.endpoint}, session {self.sessions}, received last:)",
                              *received])

    # The loop

    def _listen(self):
        if self.path:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self.path)
            self._listener = socket.socket(socket.AF_UNIX)
            self._listener.bind(self.path)
        else:
            self._listener = socket.socket(socket.AF_INET)
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._listener.bind(("127.0.0.1", self.port))
        self._listener.listen(1)
        self._listener.setblocking(False)

    def _wake(self):
        with contextlib.suppress(OSError, AttributeError):
            self._wake_writer.send(b"x")

    def _run(self):
        while not self._stopping:
            with selectors.DefaultSelector() as selector:
                with self._lock:
                    timeout = self._watch(selector)
                ready = {key.data for key, _ in selector.select(timeout)}
            with self._lock:
                if "wake" in ready:
                    with contextlib.suppress(BlockingIOError):
                        self._wake_reader.recv(4096)
                if not self._stopping:
                    self._turn(ready)

    def _watch(self, selector):
        """Registers what matters now; returns how long to wait."""
        selector.register(self._wake_reader, selectors.EVENT_READ, "wake")
        if self._link is None:
            if self._listener is not None and self.accepting:
                selector.register(self._listener, selectors.EVENT_READ, "accept")
            return None
        wait = self._next_write - time.monotonic()
        if self.writing and (self._pending or self.daemon.output):
            if wait > 0:
                return wait
            selector.register(self._link, selectors.EVENT_WRITE, "write")
        elif self.reading and not (self.daemon.closing or self._pending or self.daemon.output):
            # As the real one: no command is read while output waits.
            selector.register(self._link, selectors.EVENT_READ, "read")
        return _TICK

    def _turn(self, ready):
        if "accept" in ready and self.accepting:  # occupy() may have come between
            self._accept()
        if self._link is not None:
            if "read" in ready:
                self._read()
            self.daemon.tick()
            if "write" in ready and self.writing:
                self._write()
        self._settle()

    def _accept(self):
        with contextlib.suppress(BlockingIOError):
            self._link, _ = self._listener.accept()
            self._link.setblocking(False)
            self.sessions += 1
            self._pending, self._next_write = b"", 0.0
            if self._link.family == socket.AF_INET:
                self._link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.daemon.connected(self.path or f"[AF_INET]127.0.0.1:{self.port}")
            if self.mute_sessions:
                self._close_link()

    def _read(self):
        try:
            data = self._link.recv(256)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data:
            self.daemon.feed(data)
        else:
            self._close_link()

    def _write(self):
        self._fill()
        try:
            sent = self._link.send(self._pending[:self.write_size])
        except BlockingIOError:
            return
        except OSError:
            self._close_link()
            return
        self._pending = self._pending[sent:]
        self._next_write = time.monotonic() + self.write_pause if self.write_pause else 0.0

    def _fill(self):
        """Takes whole lines from the daemon until one write is full."""
        output = self.daemon.output
        parts, size = [self._pending], len(self._pending)
        while output and size < self.write_size:
            entry = output[0]
            if not isinstance(entry, bytes):
                entry = next(entry, None)
                if entry is None:
                    output.popleft()
                    continue
            else:
                output.popleft()
            parts.append(entry)
            size += len(entry)
        self._pending = b"".join(parts)

    def _settle(self):
        """Ends the session or the process when the daemon wants that."""
        closing = self.daemon.closing
        if self._link is not None and closing:
            if closing == "drop" or not self._pending and not self.daemon.output:
                self._close_link()
        if self.daemon.exited and self._link is None:
            self._close_listener()

    def _close_link(self):
        if self._link is not None:
            self._link.close()
            self._link = None
            self._pending = b""
            self.daemon.disconnected()

    def _close_listener(self):
        if self._listener is not None:
            self._listener.close()
            self._listener = None
            if self.path:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(self.path)


def _arguments():
    parser = argparse.ArgumentParser(description="A scripted OpenVPN management interface.")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--unix", metavar="PATH", dest="path")
    where.add_argument("--tcp", metavar="PORT", dest="port", type=int)
    parser.add_argument("--version", choices=sorted(DIALECTS), default="2.6.14")
    parser.add_argument("--mode", choices=["server", "client", "p2p"], default="server")
    parser.add_argument("--password")
    parser.add_argument("--hold", action="store_true")
    parser.add_argument("--do", action="append", metavar="ACTION", default=[])
    parser.add_argument("--replay", metavar="CAPTURE", help="play the daemon's side of a capture")
    return parser.parse_args()


def main():
    from fake.replay import Replay
    from fake.scenario import perform

    arguments = _arguments()
    if arguments.replay:
        Replay(arguments.replay, arguments.path, arguments.port).start().wait()
        return
    fake = FakeOpenVpn(arguments.path, arguments.port, version=arguments.version,
                       mode=arguments.mode, password=arguments.password, hold=arguments.hold)
    fake.start()
    for action in arguments.do:
        perform(fake, action)
    print(f"listening on {fake.endpoint}", flush=True)
    for line in sys.stdin:
        if line.strip():
            print(perform(fake, line.strip()), flush=True)
    if arguments.do:
        threading.Event().wait()


if __name__ == "__main__":
    main()
