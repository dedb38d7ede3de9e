"""What make install puts where, that make uninstall takes all of it away, and the unit's sandbox."""

import os
import re
import stat
import subprocess

import pytest

BUILD = os.environ.get("OVPN_AGENTX_BUILD")

# Below the prefix /usr; units only when the build has them.
FILES = """
bin/ovpnctl
lib/nagios/plugins/check_openvpn_snmp
sbin/openvpn-agentx
share/bash-completion/completions/ovpnctl
share/doc/openvpn-agentx/CHANGELOG.md
share/doc/openvpn-agentx/Containerfile
share/doc/openvpn-agentx/LICENSE
share/doc/openvpn-agentx/README.md
share/doc/openvpn-agentx/openvpn-agentx.conf.example
share/doc/openvpn-agentx/openvpn-service.conf
share/doc/openvpn-agentx/snmpd-openvpn-agentx.conf
share/doc/openvpn-agentx/snmptrapd-openvpn-agentx.conf
share/man/man1/ovpnctl.1
share/man/man5/openvpn-agentx.conf.5
share/man/man8/openvpn-agentx.8
share/openvpn-agentx/base-mibs
share/openvpn-agentx/integrations/README.md
share/openvpn-agentx/integrations/checkmk/README.md
share/openvpn-agentx/integrations/checkmk/openvpn_agentx.py
share/openvpn-agentx/integrations/collectd/README.md
share/openvpn-agentx/integrations/collectd/openvpn.conf
share/openvpn-agentx/integrations/grafana/README.md
share/openvpn-agentx/integrations/grafana/openvpn.json
share/openvpn-agentx/integrations/icinga/README.md
share/openvpn-agentx/integrations/icinga/nagios.cfg
share/openvpn-agentx/integrations/icinga/openvpn.conf
share/openvpn-agentx/integrations/librenms/README.md
share/openvpn-agentx/integrations/librenms/linux-openvpn.yaml
share/openvpn-agentx/integrations/mrtg/README.md
share/openvpn-agentx/integrations/mrtg/openvpn.cfg
share/openvpn-agentx/integrations/munin/README.md
share/openvpn-agentx/integrations/munin/snmp__openvpn_
share/openvpn-agentx/integrations/pictures/prometheus-alerts.png
share/openvpn-agentx/integrations/pictures/prometheus-users.png
share/openvpn-agentx/integrations/pictures/zabbix-dashboard.png
share/openvpn-agentx/integrations/pictures/zabbix-problems.png
share/openvpn-agentx/integrations/pictures/zabbix-users.png
share/openvpn-agentx/integrations/programs/README.md
share/openvpn-agentx/integrations/programs/users_erlang.erl
share/openvpn-agentx/integrations/programs/users_gosnmp.go
share/openvpn-agentx/integrations/programs/users_netsnmp.js
share/openvpn-agentx/integrations/programs/users_netsnmp.pl
share/openvpn-agentx/integrations/programs/users_perl.pl
share/openvpn-agentx/integrations/programs/users_pysnmp.py
share/openvpn-agentx/integrations/prometheus/README.md
share/openvpn-agentx/integrations/prometheus/alertmanager.yml
share/openvpn-agentx/integrations/prometheus/generator.yml
share/openvpn-agentx/integrations/prometheus/prometheus.yml
share/openvpn-agentx/integrations/prometheus/rules.yml
share/openvpn-agentx/integrations/prometheus/snmp-0.21.yml
share/openvpn-agentx/integrations/prometheus/snmp.yml
share/openvpn-agentx/integrations/snmptrapd/README.md
share/openvpn-agentx/integrations/snmptrapd/mail-notification
share/openvpn-agentx/integrations/snmptrapd/snmptt.conf
share/openvpn-agentx/integrations/telegraf/README.md
share/openvpn-agentx/integrations/telegraf/openvpn.conf
share/openvpn-agentx/integrations/zabbix/README.md
share/openvpn-agentx/integrations/zabbix/openvpn.yaml
share/openvpn-agentx/integrations/zabbix/zabbix-traps
share/snmp/mibs/OPENVPN-MANAGEMENT-MIB.txt
share/zsh/vendor-completions/_ovpnctl
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


def read(*names):
    with open(os.path.join(*names), encoding="utf-8") as file:
        return file.read()


def has_units():
    return "\nsystemdsystemunit_DATA = " in read(BUILD, "Makefile")


def expected():
    return sorted("usr/" + name for name in [*FILES, *(UNITS if has_units() else [])])


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
    programs = {"usr/sbin/openvpn-agentx", "usr/bin/ovpnctl", "usr/share/openvpn-agentx/base-mibs",
                "usr/lib/nagios/plugins/check_openvpn_snmp",
                "usr/share/openvpn-agentx/integrations/munin/snmp__openvpn_",
                "usr/share/openvpn-agentx/integrations/snmptrapd/mail-notification",
                "usr/share/openvpn-agentx/integrations/zabbix/zabbix-traps"}
    assert {name for name, mode in found.items() if mode != 0o644} == programs
    assert {found[name] for name in programs} == {0o755}
    make("uninstall", *words)
    assert list(files(tmp_path)) == ["usr/share/snmp/mibs/OTHER-MIB.txt"]
    for folder in ("doc/openvpn-agentx", "openvpn-agentx"):
        assert not (tmp_path / "usr/share" / folder).exists()


def analyze(*words):
    done = subprocess.run(["systemd-analyze", "--no-pager", *words], text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.mark.skipif(not BUILD or not has_units(), reason="a build without units")
def test_the_sandbox_is_as_tight_as_the_manual_says(tmp_path):
    unit = tmp_path / "openvpn-agentx.service"
    text = read(BUILD, "generated", unit.name)
    # That the program is not installed is no fault of the unit.
    unit.write_text(re.sub(r"^(Exec(?:Start|Reload))=\S+/openvpn-agentx", r"\1=/bin/true", text,
                           flags=re.MULTILINE))
    assert analyze("verify", "--man=no", str(unit)) == ""
    level = re.search(r"exposure level for \S+: (\S+ \w+)",
                      analyze("security", "--offline=yes", str(unit))).group(1)
    manual = re.search(r"rates it (.+)\.$", read(BUILD, "generated/openvpn-agentx.8"),
                       re.MULTILINE).group(1)
    assert level == manual.replace(",", "")


@pytest.mark.skipif(not BUILD or not has_units(), reason="a build without units")
def test_the_unit_and_a_wrong_configuration():
    """A reload checks the file first; a start with a wrong one is not tried again."""
    unit = read(BUILD, "generated/openvpn-agentx.service")
    start, *reload = re.findall(r"^Exec(?:Start|Reload)=(.*)$", unit, re.MULTILINE)
    program, config = re.fullmatch(r"(\S+) (--config \S+)", start).groups()
    assert reload == [f"{program} --test-config {config}", "/bin/kill -HUP $MAINPID"]
    statuses = re.search(r"^RestartPreventExitStatus=(.*)$", unit, re.MULTILINE).group(1).split()
    page = read(BUILD, "generated/openvpn-agentx.8").partition("\n.Sh EXIT STATUS\n")[2]
    assert statuses == [str(os.EX_USAGE), str(os.EX_CONFIG)]
    assert all(f"\n.It {status}\n" in page for status in statuses)
