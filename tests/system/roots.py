"""A Debian of its own, made by debootstrap, that needs no network any more.

What can be installed in it comes from a folder of packages that were downloaded with the root; both
are kept in CACHE for the next time.
"""

import hashlib
import os
import shutil
import subprocess
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
CACHE = os.environ.get("OVPN_SYSTEM_CACHE", "/var/cache/openvpn-agentx-tests")
SUITE = "bookworm"
MIRROR = "http://deb.debian.org/debian"
SOURCES = f"""deb {MIRROR} {SUITE} main
deb {MIRROR} {SUITE}-updates main
deb {MIRROR}-security {SUITE}-security main
"""
BASE = ("systemd-sysv", "dbus", "iproute2", "procps", "ca-certificates")
PACKAGES = "/var/packages"  # in the root: what apt-get can get there
BOOT = os.path.join(HERE, "boot")
# boot makes the root's first process in them.
NAMESPACES = ["unshare", "--pid", "--mount", "--net", "--uts", "--ipc", "--cgroup", "--fork",
              "--kill-child"]


def missing():
    """What this computer does not have of what a root needs, or an empty text."""
    if os.geteuid() != 0:
        return "only root can make a root"
    for program in ("debootstrap", "unshare"):
        if not shutil.which(program):
            return f"there is no {program}"
    return ""


def _archive(packages, base, installed):
    """The path of an archive of such a root; made when there is none."""
    key = hashlib.sha256("\n".join([SOURCES, *base, *sorted(packages), *installed]).encode()).hexdigest()[:12]
    archive = os.path.join(CACHE, f"{SUITE}-{key}.tar")
    if not os.path.exists(archive):
        os.makedirs(CACHE, mode=0o700, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as root:
            os.chmod(root, 0o755)
            _make_root(root, packages, base, installed)
            execute("tar", "--create", "--file", archive + ".new", "--directory", root, ".")
        os.rename(archive + ".new", archive)
    return archive


def _make_root(root, packages, base, installed):
    execute("debootstrap", "--variant=minbase", *(["--include=" + ",".join(base)] if base else []),
            SUITE, root, MIRROR)
    sources = os.path.join(root, "etc/apt/sources.list")
    _write(sources, SOURCES)
    for name in ("resolv.conf", "hosts"):
        shutil.copy(os.path.join("/etc", name), os.path.join(root, "etc", name))
    apt = ["chroot", root, "apt-get", "-qq", "-o", "APT::Sandbox::User=root"]
    execute(*apt, "update")
    execute(*apt, "upgrade", "--yes")
    install = [*apt, "install", "--yes", "--no-install-recommends"]
    execute(*install, *installed)
    execute(*apt, "clean")
    execute(*install, "--download-only", *packages)
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
            control = execute("dpkg-deb", "--field", path)
            with open(path, "rb") as file:
                digest = hashlib.sha256(file.read()).hexdigest()
            index.append(f"{control}Filename: ./{name}\nSize: {os.path.getsize(path)}\n"
                         f"SHA256: {digest}\n")
    _write(os.path.join(folder, "Packages"), "\n".join(index))


def _write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def execute(*command):
    """Its standard output; a RuntimeError with all that it said when it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False,
                          stdin=subprocess.DEVNULL,
                          env={**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"})
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: status {done.returncode}\n"
                           f"{done.stdout[-4000:]}{done.stderr[-4000:]}")
    return done.stdout


def unpack(packages, prefix, base=BASE, installed=()):
    """The path of a new root.  It has the base, and what else is installed, which must start nothing, and
    can install the packages.  Whoever asks for it removes it."""
    archive = _archive(packages, base, installed)
    folder = tempfile.mkdtemp(prefix=prefix, dir=CACHE)
    os.chmod(folder, 0o755)
    execute("tar", "--extract", "--file", archive, "--directory", folder)
    return folder


def run_in(folder, commands, output=None):
    """Runs shell commands as the first process of a root, with no network but the loopback interface.
    Returns the exit status."""
    return subprocess.run([*NAMESPACES, BOOT, folder, "sh", "-c", "set -e\n" + commands],
                          stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                          check=False).returncode
