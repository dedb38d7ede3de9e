"""A Debian of its own, booted with systemd in namespaces.

The machine has no network but its loopback interface; roots.py says where its packages come from.
"""

import os
import shutil
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path[:0] = [os.path.dirname(os.path.abspath(__file__))]

import roots  # noqa: E402  (the path comes first)

CGROUPS = "/sys/fs/cgroup"
BOOT_SECONDS = 60.0


def missing():
    """What this computer does not have of what a machine needs, or an empty text."""
    if not shutil.which("nsenter"):
        return "there is no nsenter"
    return roots.missing() or ("" if os.path.exists("/dev/net/tun") else "there is no /dev/net/tun")


class Machine:
    """One machine, off until boot().  `root` is its root folder, seen from here."""

    def __init__(self, packages):
        self.root = roots.unpack(packages, "ovpn-machine-")
        self._cgroup = os.path.join(_unified(), os.path.basename(self.root))
        self._unshare = None
        self.pid = None  # of its systemd, here

    def path(self, inside):
        return self.root + inside

    def boot(self):
        os.makedirs(self._cgroup, exist_ok=True)
        self._unshare = subprocess.Popen(
            ["sh", "-c", 'echo $$ >"$0/cgroup.procs"; exec "$@"', self._cgroup, *roots.NAMESPACES,
             roots.BOOT, self.root],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True)
        self.pid = self._wait(self._child, "the machine has a first process")
        self._wait(lambda: self.ask("systemctl is-system-running") in ("running", "degraded"),
                   "the machine is up", BOOT_SECONDS)

    def power_off(self):
        """As a person would, so that what runs at the end of a day runs."""
        if self._unshare is None:
            return
        self.ask("systemctl poweroff")
        try:
            self._unshare.wait(BOOT_SECONDS)
        except subprocess.TimeoutExpired:
            os.kill(self.pid, signal.SIGKILL)
            self._unshare.wait()
        self._unshare = self.pid = None

    def reboot(self):
        self.power_off()
        self.boot()

    def remove(self):
        self.power_off()
        for where, folders, _ in os.walk(self._cgroup, topdown=False):
            for name in folders:
                os.rmdir(os.path.join(where, name))
        if os.path.isdir(self._cgroup):
            os.rmdir(self._cgroup)
        shutil.rmtree(self.root)

    def run(self, commands, folder="/root", **variables):
        """Runs shell commands as root and returns their output; AssertionError when they fail."""
        done = self._shell("set -e\n" + commands, folder, variables)
        assert done.returncode == 0, f"{commands}\nstatus {done.returncode}\n{done.stdout[-6000:]}"
        return done.stdout

    def ask(self, commands, folder="/root"):
        """The output, stripped, whatever the status."""
        return self._shell(commands, folder, {}).stdout.strip()

    def wait(self, commands, expected, seconds=30.0):
        """Repeats the commands until they print exactly the expected text."""
        said = []

        def as_expected():
            said[:] = [self.ask(commands)]
            return said[0] == expected

        self._wait(as_expected, lambda: f"{commands} prints\n{expected}\nbut it printed\n{said[0]}",
                   seconds)

    def _shell(self, commands, folder, variables):
        environment = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                       "HOME": "/root", "LC_ALL": "C.UTF-8", "SYSTEMD_PAGER": "cat",
                       "DEBIAN_FRONTEND": "noninteractive", **variables}
        return subprocess.run(
            ["nsenter", f"--target={self.pid}", "--all", f"--wd={self.root}{folder}", "sh", "-c",
             commands],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            errors="replace", check=False, env=environment)

    def _child(self):
        """systemd's process id here: the child of unshare, once it has become systemd."""
        assert self._unshare.poll() is None, "the machine did not boot"
        path = f"/proc/{self._unshare.pid}/task/{self._unshare.pid}/children"
        with open(path, encoding="ascii") as file:
            found = file.read().split()
        if not found:
            return None
        with open(f"/proc/{found[0]}/comm", encoding="utf-8") as file:
            return int(found[0]) if file.read() == "systemd\n" else None

    @staticmethod
    def _wait(condition, what, seconds=10.0):
        end = time.monotonic() + seconds
        while True:
            value = condition()
            if value:
                return value
            text = what() if callable(what) else what
            assert time.monotonic() < end, f"not within {seconds:g} s: {text}"
            time.sleep(0.1)


def _unified():
    """Where this computer has its groups of version 2."""
    nested = os.path.join(CGROUPS, "unified")
    return nested if os.path.isdir(nested) else CGROUPS
