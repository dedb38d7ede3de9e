"""Children, folders, ports and waiting.

A Lab is the world of one test: a short temporary folder and everything that was started in it.
Closing it stops every child by its process id.  A child also dies with the test runner.
"""

import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time

POLL = 0.02  # seconds between two looks at a condition
TAIL = 30  # lines of each log in a failure text

_given_ports = set()


class TimedOut(AssertionError):
    """A condition did not come true in time; the text has the ends of all logs."""


class Lab:
    """The folder and the parts of one test.

    A part has `name`, `tail(lines)` and `close()`.  The folder's path is short, because a unix
    socket's path must stay under 108 bytes.  OVPN_TEST_KEEP=1 keeps the folder.
    """

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="ovpn-")
        os.chmod(self.folder, 0o755)
        self.parts = []

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def make_folder(self, *names):
        path = self.path(*names)
        os.makedirs(path, exist_ok=True)
        return path

    def write(self, name, text, mode=0o600):
        path = self.path(name)
        with open(path, "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), mode)
            file.write(text)
        return path

    def track(self, part):
        self.parts.append(part)
        return part

    def tails(self, lines=TAIL):
        return "\n".join(f"--- {part.name}\n{part.tail(lines)}" for part in self.parts)

    def wait_until(self, condition, what, deadline=10.0):
        """Polls until condition() is true and returns its value; raises TimedOut otherwise.

        what says in words what was expected; it may be a function, called at the failure.
        """
        end = time.monotonic() + deadline
        while True:
            value = condition()
            if value:
                return value
            if time.monotonic() > end:
                text = what() if callable(what) else what
                raise TimedOut(f"not within {deadline:g} s: {text}\n{self.tails()}")
            time.sleep(POLL)

    def close(self):
        """Closes all parts, the latest first, and removes the folder."""
        failures = []
        while self.parts:
            part = self.parts.pop()
            try:
                part.close()
            except Exception as error:  # the others must still be stopped
                failures.append(f"{part.name}: {error}")
        if os.environ.get("OVPN_TEST_KEEP"):
            print(f"kept {self.folder}")
        else:
            shutil.rmtree(self.folder, ignore_errors=True)
        if failures:
            raise RuntimeError("; ".join(failures))


class Child:
    """A process that can be stopped and started again; its output is appended to one file."""

    stop_signal = signal.SIGTERM
    privileges = ()  # options of setpriv
    descriptors = ()  # that the child gets under the same numbers

    def __init__(self, lab, name, arguments, environment=None):
        self.lab = lab
        self.name = name
        self.arguments = arguments
        self.environment = environment
        self.log_path = lab.path(name + ".log")
        self.process = None
        lab.track(self)

    @property
    def pid(self):
        return self.process.pid

    @property
    def alive(self):
        return self.process is not None and self.process.poll() is None

    @property
    def log(self):
        """What the process has written so far, over all its starts."""
        try:
            with open(self.log_path, encoding="utf-8", errors="replace") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def tail(self, lines=TAIL):
        status = "not started"
        if self.process is not None:
            code = self.process.poll()
            status = f"pid {self.pid}" if code is None else f"ended with {code}"
        return "\n".join([f"({status})"] + self.log.splitlines()[-lines:])

    def spawn(self):
        assert not self.alive, f"{self.name} runs already"
        # setpriv asks the kernel to end the child with us, then becomes the program: same pid.
        arguments = ["setpriv", "--pdeathsig", "KILL", *self.privileges, *self.arguments]
        environment = {**os.environ, **(self.environment or {})}
        with open(self.log_path, "ab") as output:
            self.process = subprocess.Popen(
                arguments,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=environment,
                cwd=self.lab.folder,
                pass_fds=self.descriptors,
            )

    @property
    def memory(self):
        """Resident memory in KiB."""
        with open(f"/proc/{self.pid}/status", encoding="ascii", errors="replace") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("VmRSS:"))

    def signal(self, number):
        self.process.send_signal(number)

    def wait_exit(self, deadline=10.0):
        """Waits for the process to end by itself; returns its exit status (negative: signal)."""
        self.lab.wait_until(lambda: not self.alive, f"{self.name} ends", deadline)
        return self.process.returncode

    def stop(self, deadline=10.0):
        """Ends the process in its clean way and returns its exit status."""
        if self.process is None:
            return None
        if self.alive:
            self.signal(signal.SIGCONT)
            self.signal(self.stop_signal)
        return self.wait_exit(deadline)

    def kill(self):
        """kill -9."""
        if self.alive:
            self.process.kill()
            self.process.wait(10)

    def freeze(self):
        """SIGSTOP; returns when the process really stands."""
        self.signal(signal.SIGSTOP)
        self.lab.wait_until(lambda: _state(self.pid) == "T", f"{self.name} stands still")

    def thaw(self):
        self.signal(signal.SIGCONT)

    def close(self):
        if self.alive:
            self.signal(signal.SIGCONT)
            self.signal(self.stop_signal)
            try:
                self.process.wait(3)
            except subprocess.TimeoutExpired:
                self.kill()


def _state(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
        return file.read().rpartition(")")[2].split()[0]


def free_port():
    """A port of 127.0.0.1 and ::1 that neither UDP nor TCP uses, different at each call.

    Below the range that the kernel gives to clients, so that no client takes it meanwhile.  Each of
    pytest's workers has ports of its own.
    """
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", 1))
    own = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    for _ in range(1000):
        port = random.randrange(10000 + own, 32000, workers)
        if port not in _given_ports and _is_free(port):
            _given_ports.add(port)
            return port
    raise RuntimeError("no free port on 127.0.0.1")


def _is_free(port):
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                return False
    return True
