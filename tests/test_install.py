"""What make install puts where, and that make uninstall takes all of it away."""

import os
import stat
import subprocess

import pytest

BUILD = os.environ.get("OVPN_AGENTX_BUILD")

# Below the prefix /usr; units only when the build has them.
FILES = """
sbin/openvpn-agentx
share/doc/openvpn-agentx/CHANGELOG.md
share/doc/openvpn-agentx/LICENSE
share/doc/openvpn-agentx/README.md
share/doc/openvpn-agentx/openvpn-agentx.conf.example
share/doc/openvpn-agentx/snmpd-openvpn-agentx.conf
share/doc/openvpn-agentx/snmptrapd-openvpn-agentx.conf
share/man/man5/openvpn-agentx.conf.5
share/man/man8/openvpn-agentx.8
share/snmp/mibs/OPENVPN-MANAGEMENT-MIB.txt
""".split()
UNITS = """
lib/systemd/system/openvpn-agentx.service
lib/sysusers.d/openvpn-agentx.conf
lib/tmpfiles.d/openvpn-agentx.conf
""".split()


def make(*words):
    environment = {name: value for name, value in os.environ.items()
                   if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "DESTDIR")}
    done = subprocess.run(["make", *words], cwd=BUILD, env=environment, text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 0, done.stdout


def files(folder):
    """Paths of all files, relative to the folder, with their modes."""
    found = {}
    for where, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(where, name)
            found[os.path.relpath(path, folder)] = stat.S_IMODE(os.lstat(path).st_mode)
    return found


def expected():
    with open(os.path.join(BUILD, "Makefile"), encoding="utf-8") as file:
        units = "\nsystemdsystemunit_DATA = " in file.read()
    return sorted("usr/" + name for name in [*FILES, *(UNITS if units else [])])


@pytest.mark.skipif(not BUILD, reason="OVPN_AGENTX_BUILD is not set")
def test_install_and_uninstall(tmp_path):
    # The folders of a package, whatever the build was configured for.
    words = ["prefix=/usr", "exec_prefix=/usr", "datarootdir=/usr/share", "sysconfdir=/etc",
             "systemdsystemunitdir=/usr/lib/systemd/system", f"DESTDIR={tmp_path}"]
    other = tmp_path / "usr/share/snmp/mibs/OTHER-MIB.txt"
    other.parent.mkdir(parents=True)
    other.write_text("somebody else's\n")
    make("install", *words)
    found = files(tmp_path)
    assert found.pop("usr/share/snmp/mibs/OTHER-MIB.txt")
    assert sorted(found) == expected()
    assert {name for name, mode in found.items() if mode != 0o644} == {"usr/sbin/openvpn-agentx"}
    assert found["usr/sbin/openvpn-agentx"] == 0o755
    make("uninstall", *words)
    assert list(files(tmp_path)) == ["usr/share/snmp/mibs/OTHER-MIB.txt"]
    assert not (tmp_path / "usr/share/doc/openvpn-agentx").exists()
