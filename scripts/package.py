"""The part of scripts/package that runs once Python and debootstrap are there."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import time

sys.dont_write_bytecode = True
TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(TOP, "tests/system")]

import roots  # noqa: E402  (the path comes first)

TOOLS = ["build-essential", "fakeroot", "lintian"]
WORK = "/build"  # in the root
LOG = "build.log"

# As somebody without rights, who sees no network; debug symbols would be packages of their own.
BUILD = f"""
useradd --create-home builder
chown -R builder {WORK}
runuser -u builder -- sh -ec '
    cd {WORK}/source
    export DEB_BUILD_OPTIONS="parallel=$(nproc) noautodbgsym {os.environ.get('DEB_BUILD_OPTIONS', '')}"
    dpkg-buildpackage --no-sign
    echo JUDGING
    lintian --fail-on error,warning --info {WORK}/*.changes'
"""


def say(text):
    print(f"package: {text}", flush=True)


def build_dependencies():
    """The packages that debian/control wants for building, without versions and conditions."""
    with open(os.path.join(TOP, "debian/control"), encoding="utf-8") as file:
        field = re.search(r"^Build-Depends:(.*\n(?: .*\n)*)", file.read(), re.MULTILINE).group(1)
    names = [re.sub(r"[\s(\[<:|].*", "", entry.strip(), flags=re.DOTALL) for entry in field.split(",")]
    # Both are provided by it.
    return sorted({"debhelper" if re.match("debhelper-compat|dh-sequence-", name) else name
                   for name in names if name})


def version():
    with open(os.path.join(TOP, "debian/changelog"), encoding="utf-8") as file:
        return re.match(r"\S+ \((.*)-.*\)", file.readline()).group(1)


def put_source(work):
    """The source, and without debian/ as the tarball that the source package builds on."""
    source = os.path.join(work, "source")
    os.makedirs(source)
    subprocess.run([os.path.join(TOP, "scripts/copy-source"), source], check=True)
    name = f"openvpn-agentx-{version()}"

    def upstream(member):
        if member.name.split("/")[1:2] == ["debian"]:
            return None
        member.uid = member.gid = 0
        member.uname = member.gname = "root"
        return member

    with tarfile.open(os.path.join(work, name.replace("x-", "x_") + ".orig.tar.xz"), "w:xz") as tar:
        tar.add(source, name, filter=upstream)


def run(root):
    """Builds; what it says goes to the log.  Returns the exit status."""
    with open(os.path.join(root + WORK, LOG), "w", encoding="utf-8") as log:
        return roots.run_in(root, BUILD, log)


def take(work, folder):
    os.makedirs(folder, exist_ok=True)
    for name in sorted(os.listdir(work)):
        path = os.path.join(work, name)
        if os.path.isfile(path):
            shutil.copy(path, folder)
            os.chmod(os.path.join(folder, name), 0o644)


def main(folder):
    # What ends it by a signal does not leave the root behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("package: stopped"))
    start = time.monotonic()
    why = roots.missing()
    if why:
        sys.exit(f"package: {why}")
    say("a clean root; the first time it downloads for some minutes")
    root = roots.unpack([], "ovpn-package-", base=(), installed=[*TOOLS, *build_dependencies()])
    try:
        say("building")
        put_source(root + WORK)
        status = run(root)
        take(root + WORK, folder)
    finally:
        shutil.rmtree(root)
    if status:
        log = os.path.join(folder, LOG)
        with open(log, encoding="utf-8", errors="replace") as file:
            sys.stderr.write("".join(file.readlines()[-60:]))
        sys.exit(f"package: failed; all that was said is in {log}")
    say(f"done after {time.monotonic() - start:.0f} s, in {folder}:")
    for name in sorted(os.listdir(folder)):
        if name.endswith(".deb"):
            print(f"  {name}")


main(sys.argv[1])
