"""A Debian of its own: a root made by debootstrap, booted with systemd in namespaces.

The machine has no network but its loopback interface.  What it installs comes from a folder of
packages that were downloaded with the root; both are kept in CACHE for the next run.
"""

import hashlib
import os
import shutil
import signal
import subprocess
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
CACHE = os.environ.get("OVPN_SYSTEM_CACHE", "/var/cache/openvpn-agentx-tests")
SUITE = "bookworm"
MIRROR = "http://deb.debian.org/debian"
SOURCES = f"""deb {MIRROR} {SUITE} main
deb {MIRROR} {SUITE}-updates main
deb {MIRROR}-security {SUITE}-security main
"""
BASE = ["systemd-sysv", "dbus", "iproute2", "procps", "ca-certificates"]
PACKAGES = "/var/packages"  # in the root: what apt-get can get there
CGROUPS = "/sys/fs/cgroup"
BOOT_SECONDS = 60.0


def missing():
    """What this computer does not have of what a machine needs, or an empty text."""
    if os.geteuid() != 0:
        return "only root can boot a machine"
    for program in ("debootstrap", "unshare", "nsenter"):
        if not shutil.which(program):
            return f"there is no {program}"
    return "" if os.path.exists("/dev/net/tun") else "there is no /dev/net/tun"


def root_archive(packages):
    """The path of an archive of a root that can install these packages; made when there is none."""
    key = hashlib.sha256("\n".join([SOURCES, *BASE, *sorted(packages)]).encode()).hexdigest()[:12]
    archive = os.path.join(CACHE, f"{SUITE}-{key}.tar")
    if not os.path.exists(archive):
        os.makedirs(CACHE, mode=0o700, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as root:
            os.chmod(root, 0o755)
            _make_root(root, packages)
            _execute("tar", "--create", "--file", archive + ".new", "--directory", root, ".")
        os.rename(archive + ".new", archive)
    return archive


def _make_root(root, packages):
    _execute("debootstrap", "--variant=minbase", "--include=" + ",".join(BASE), SUITE, root, MIRROR)
    sources = os.path.join(root, "etc/apt/sources.list")
    _write(sources, SOURCES)
    for name in ("resolv.conf", "hosts"):
        shutil.copy(os.path.join("/etc", name), os.path.join(root, "etc", name))
    apt = ["chroot", root, "apt-get", "-qq", "-o", "APT::Sandbox::User=root"]
    _execute(*apt, "update")
    _execute(*apt, "upgrade", "--yes")
    _execute(*apt, "clean")
    _execute(*apt, "install", "--yes", "--download-only", "--no-install-recommends", *packages)
    _make_repository(root)
    _write(sources, f"deb [trusted=yes] file:{PACKAGES} ./\n")
    shutil.rmtree(os.path.join(root, "var/lib/apt/lists"))
    _write(os.path.join(root, "etc/hostname"), "stock\n")
    _write(os.path.join(root, "etc/hosts"), "127.0.0.1 localhost stock\n::1 localhost\n")


def _make_repository(root):
    """Turns what was downloaded into a place that apt-get can get packages from."""
    folder = root + PACKAGES
    shutil.move(os.path.join(root, "var/cache/apt/archives"), folder)
    os.makedirs(os.path.join(root, "var/cache/apt/archives/partial"))
    index = []
    for name in sorted(os.listdir(folder)):
        if name.endswith(".deb"):
            path = os.path.join(folder, name)
            control = _execute("dpkg-deb", "--field", path)
            with open(path, "rb") as file:
                digest = hashlib.sha256(file.read()).hexdigest()
            index.append(f"{control}Filename: ./{name}\nSize: {os.path.getsize(path)}\n"
                         f"SHA256: {digest}\n")
    _write(os.path.join(folder, "Packages"), "\n".join(index))


def _write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def _execute(*command):
    """Its standard output; a RuntimeError with all that it said when it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False,
                          stdin=subprocess.DEVNULL,
                          env={**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"})
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: status {done.returncode}\n"
                           f"{done.stdout[-4000:]}{done.stderr[-4000:]}")
    return done.stdout


class Machine:
    """One machine, off until boot().  `root` is its root folder, seen from here."""

    def __init__(self, packages):
        self.root = tempfile.mkdtemp(prefix="ovpn-machine-", dir=CACHE if os.path.isdir(CACHE) else None)
        os.chmod(self.root, 0o755)
        _execute("tar", "--extract", "--file", root_archive(packages), "--directory", self.root)
        self._cgroup = os.path.join(_unified(), os.path.basename(self.root))
        self._unshare = None
        self.pid = None  # of its systemd, here

    def path(self, inside):
        return self.root + inside

    def boot(self):
        os.makedirs(self._cgroup, exist_ok=True)
        line = ('echo $$ >"$0/cgroup.procs"; exec unshare --pid --mount --net --uts --ipc --cgroup '
                '--fork --kill-child "$@"')
        self._unshare = subprocess.Popen(
            ["sh", "-c", line, self._cgroup, os.path.join(HERE, "boot"), self.root],
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
