"""ovpnctl as people and programs call it, without a terminal and on one."""

import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from dataclasses import dataclass

from parts.snmp import COMMUNITY

VARIABLE = "OVPN_AGENTX_BUILD"


def program():
    return os.path.join(os.environ[VARIABLE], "ovpnctl")


@dataclass
class Done:
    status: int
    output: str
    errors: str

    @property
    def lines(self):
        return self.output.splitlines()

    @property
    def rows(self):
        return json.loads(self.output)


class Ctl:
    """Calls ovpnctl for the agent behind a port; its configuration files are those in folder."""

    def __init__(self, port, folder, credentials=("-v2c", "-c", COMMUNITY)):
        self.address = f"127.0.0.1:{port}"
        self.credentials = credentials
        # What is asked of a slow machine may take long; a SET is never repeated anyway.
        self.patience = ("-t", "20", "-r", "0")
        self.environment = {**os.environ, "SNMPCONFPATH": folder, "TERM": "xterm", "COLUMNS": "",
                            "LC_ALL": "C.UTF-8", "TZ": "UTC0",
                            "SNMP_PERSISTENT_DIR": os.path.join(folder, "persistent")}
        self.environment.pop("NO_COLOR", None)
        # The library tells when it makes these.
        os.makedirs(os.path.join(folder, "persistent", "cert_indexes"), exist_ok=True)

    def command(self, *words):
        return [program(), *self.credentials, *self.patience, self.address, *map(str, words)]

    def run(self, *words, deadline=120, **environment):
        done = subprocess.run(self.command(*words), stdin=subprocess.DEVNULL, capture_output=True,
                              check=False, timeout=deadline,
                              env={**self.environment, **environment})
        return Done(done.returncode, done.stdout.decode(), done.stderr.decode())

    def table(self, *words, **environment):
        """The output of a command that must succeed."""
        done = self.run(*words, **environment)
        assert (done.status, done.errors) == (0, ""), done
        return done

    def rows(self, *words):
        return self.table(*words, "--json").rows

    def on_terminal(self, *words, columns=80, lines=24, **environment):
        return OnTerminal(self.command(*words), {**self.environment, **environment}, columns, lines)


# What moves the cursor, colours and switches pages, without the text around it.
CODES = re.compile(r"\x1b\[[?0-9;]*[A-Za-z]")


class OnTerminal:
    """A command on a terminal of its own."""

    def __init__(self, command, environment, columns, lines):
        self.pid, self.file = pty.fork()
        if self.pid == 0:
            os.execvpe(command[0], command, environment)
        self.received = ""
        self.resize(columns, lines)

    def resize(self, columns, lines):
        fcntl.ioctl(self.file, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    @property
    def text(self):
        """All that was shown so far, without codes."""
        return CODES.sub("", self.received).replace("\r", "")

    @property
    def page(self):
        """The last page of `top` that another has followed, without codes; else empty."""
        pages = self.received.split("\x1b[H")[1:-1]
        return CODES.sub("", pages[-1]).replace("\r", "") if pages else ""

    def read(self, seconds):
        """Reads for so long at most; false when the other end is closed."""
        if not select.select([self.file], [], [], seconds)[0]:
            return True
        try:
            received = os.read(self.file, 65536)
        except OSError:
            return False
        self.received += received.decode("utf-8", "replace")
        return bool(received)

    def wait(self, condition, what, deadline=30):
        """Reads until condition(self) is true."""
        end = time.monotonic() + deadline
        while not condition(self):
            assert time.monotonic() < end, f"not within {deadline} s: {what}\n{self.text!r}"
            assert self.read(0.1) or condition(self), f"ended before: {what}\n{self.text!r}"

    def wait_text(self, text, deadline=30):
        self.wait(lambda self: text in self.text, f"{text!r} shows", deadline)

    def type(self, text):
        os.write(self.file, text.encode())

    def signal(self, number):
        os.kill(self.pid, number)

    @property
    def echoes(self):
        return bool(termios.tcgetattr(self.file)[3] & termios.ECHO)

    def end(self, deadline=30):
        """Waits for its end, and returns its exit status, negative for a signal."""
        end = time.monotonic() + deadline
        while self.read(0.05) and time.monotonic() < end:
            pass
        while time.monotonic() < end:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                os.close(self.file)
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.02)
        os.kill(self.pid, signal.SIGKILL)
        raise AssertionError(f"does not end: {self.text!r}")
