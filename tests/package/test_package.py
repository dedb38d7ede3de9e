"""The Debian packages as their users meet them: built in a clean root, installed on a stock Debian,
set up as README.md says, upgraded, purged; and debian/tests, and the example of a container.

The tests build on each other, in their order.
"""

import glob
import json
import os
import re
import shutil
import subprocess
import sys
import time

import pytest

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "../system"), os.path.join(HERE, "..")]

import roots  # noqa: E402  (the path comes first)
from container import instructions, runs  # noqa: E402
from machine import Machine, missing  # noqa: E402
from stock import TOP, UP, block, install_stock, listens, name_sockets, packages, write  # noqa: E402

OURS = ["openvpn-agentx", "openvpn-agentx-mib", "openvpn-agentx-tools"]
FOLDER = "/root/openvpn-agentx/build-package"  # in the machine, where scripts/package leaves them
STANDALONE = ["systemd-standalone-sysusers", "systemd-standalone-tmpfiles"]
CONFIGURATION = "/etc/openvpn-agentx/openvpn-agentx.conf"
DROP_IN = "/etc/snmp/snmpd.conf.d/openvpn-agentx.conf"
OFFICE = "/etc/openvpn/server/office.conf"
BRANCH = "/etc/openvpn/client/branch.conf"
FIRST_TABLE_SECONDS = 300
# What others change while packages come and go.
RESTLESS = ("/dev", "/proc", "/root", "/run/systemd", "/run/log", "/run/udev", "/sys", "/tmp", "/var/cache",
            "/var/lib/apt", "/var/lib/dpkg", "/var/lib/systemd", "/var/lib/ucf", "/var/log", "/var/tmp")
USER_FILES = {"/etc/.pwd.lock", "/etc/group-", "/etc/gshadow-", "/etc/passwd-", "/etc/shadow-"}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    why = missing()
    if why:
        pytest.skip(why)
    folder = os.environ.get("OVPN_PACKAGES") or tmp_path_factory.mktemp("packages")
    if not glob.glob(f"{folder}/*.deb"):
        subprocess.run([os.path.join(TOP, "scripts/package"), str(folder)], check=True)
    return str(folder)


def dependencies(built):
    """What the packages want of Debian, but for the choice of systemd or its small parts."""
    found = set()
    for path in glob.glob(f"{built}/*.deb"):
        field = subprocess.run(["dpkg-deb", "--field", path, "Depends"], capture_output=True, text=True,
                               check=True).stdout
        found |= {re.split(r"[ |(:]", entry.strip(), maxsplit=1)[0] for entry in field.split(",")}
    return sorted(found - {"", "systemd", *OURS})


@pytest.fixture(scope="module")
def machine(built, request):
    made = Machine(packages())
    failed = request.session.testsfailed
    try:
        shutil.copytree(built, made.path(FOLDER))
        made.boot()
        yield made
        if request.session.testsfailed > failed:
            print(made.ask("journalctl --boot --lines=60 --unit=openvpn-agentx --unit=snmpd; ls -la /var/agentx"))
    finally:
        made.remove()


def files(machine):
    """Paths of all that is there and stays."""
    prune = " -o ".join(f"-path {path}" for path in RESTLESS)
    return set(machine.run(rf"find / \( {prune} \) -prune -o -print").splitlines())


def settings(machine):
    """Snmpd's and OpenVPN's configuration."""
    return machine.run("find /etc/snmp /etc/openvpn -type f -exec sha256sum {} +")


def packages_there(machine):
    return set(machine.run("dpkg-query --show --showformat '${Package}\n'").split())


def install(machine):
    """README's line, with what was built."""
    line = block("scripts/package").splitlines()[1]
    assert line.startswith("apt-get install ")
    machine.run(line.replace("install", "install -qq --yes", 1), os.path.dirname(FOLDER))


def modes(machine, *paths):
    return machine.run("stat --format '%n %U %G %a' " + " ".join(paths)).splitlines()


FOLDERS = ["/run/openvpn-agentx root openvpn-agentx 750",
           "/var/agentx root root 755",
           "/var/lib/openvpn-agentx openvpn-agentx openvpn-agentx 700"]


def test_what_was_built(built):
    names = [os.path.basename(path) for path in sorted(glob.glob(f"{built}/*"))]
    assert sorted(name.split("_")[0] for name in names if name.endswith(".deb")) == OURS
    for suffix in (".dsc", ".changes", ".buildinfo", ".orig.tar.xz", ".debian.tar.xz"):
        assert [name for name in names if name.endswith(suffix)], suffix
    orig = subprocess.run(["tar", "--list", "--file", *glob.glob(f"{built}/*.orig.tar.xz")],
                          capture_output=True, text=True, check=True).stdout
    assert "/src/base/slice.c\n" in orig and "/debian/" not in orig
    with open(f"{built}/build.log", encoding="utf-8") as file:
        log, _, judged = file.read().partition("\nJUDGING\n")
    assert re.search(r"^# PASS: +[1-9]", log, re.MULTILINE), "no unit tests ran"
    assert [line for line in judged.splitlines() if re.match("[EW]: ", line)] == []


def test_programs_are_hardened(built, tmp_path):
    for path in glob.glob(f"{built}/*.deb"):
        subprocess.run(["dpkg-deb", "--extract", path, tmp_path], check=True)
    programs = [path for folder in ("bin", "sbin") for path in glob.glob(f"{tmp_path}/usr/{folder}/*")]
    assert programs
    for path in programs:
        said = subprocess.run(["readelf", "--wide", "--dynamic", "--file-header", "--segments", path],
                              capture_output=True, text=True, check=True).stdout
        assert "RPATH" not in said and "RUNPATH" not in said
        assert "BIND_NOW" in said and "GNU_RELRO" in said and re.search(r"Type: +DYN", said)


def test_the_system_as_debian_leaves_it(machine):
    install_stock(machine)


def test_purge_leaves_nothing(machine):
    before, there, configured = files(machine), packages_there(machine), settings(machine)
    install(machine)
    assert modes(machine, "/run/openvpn-agentx", "/var/agentx", "/var/lib/openvpn-agentx") == FOLDERS
    assert "/usr/sbin/nologin" in machine.run("getent passwd openvpn-agentx")
    assert settings(machine) == configured
    # What a person and the agent leave there.
    machine.run("touch /etc/openvpn-agentx/openvpn-agentx.conf /etc/openvpn-agentx/office.pw "
                "/var/lib/openvpn-agentx/state")
    machine.run("apt-get -qq purge --yes openvpn-agentx openvpn-agentx-tools openvpn-agentx-mib")
    machine.run("apt-get -qq autoremove --purge --yes")
    # The user stays, as Debian's users do.
    assert machine.run("getent passwd openvpn-agentx")
    # So do packages of Debian's that others of Debian's suggest.
    stayed = packages_there(machine) - there
    assert [name for name in stayed if name in OURS] == []
    theirs = machine.run("dpkg --listfiles " + " ".join(stayed)).splitlines() if stayed else []
    assert sorted(files(machine) - before - set(theirs) - USER_FILES) == []
    assert settings(machine) == configured


def test_a_service_that_waits_for_its_configuration(machine):
    before = listens(machine)
    install(machine)
    assert listens(machine) == before, "installing has opened a port"
    assert machine.ask("systemctl is-enabled openvpn-agentx") == "enabled"
    assert machine.ask("systemctl is-active openvpn-agentx") == "inactive"
    assert f"ConditionPathExists={CONFIGURATION} was not met" in \
        machine.ask("systemctl status openvpn-agentx")
    assert machine.ask("systemctl is-system-running") == "running"
    machine.run("apt-get -qq purge --yes 'openvpn-agentx*'; apt-get -qq autoremove --purge --yes")


def doctor(machine):
    """What `ovpnctl doctor` finds wrong, once; and whether it says by its exit status that all is well."""
    *text, status = machine.ask("ovpnctl doctor --json; echo $?").splitlines()
    rows = json.loads("\n".join(text))
    return [row for row in rows if row["result"] in ("warn", "fail")], status == "0"


def wait_healthy(machine):
    """The agent looks again within seconds at what was mended."""
    machine.wait("ovpnctl doctor >/dev/null; echo $?", "0")
    assert doctor(machine) == ([], True)


def test_from_nothing_to_the_first_table(machine):
    """As README says, by the clock."""
    start = time.monotonic()

    def step(what, done):
        print(f"\n[{time.monotonic() - start:5.1f} s] {what}\n{(done or '').strip()}", flush=True)

    step("1. the packages", install(machine))
    # Each step that is still to be done, by its check.
    found = {row["check"] for row in doctor(machine)[0] if row["mend"]}
    assert {"config", "openvpn", "agentx", "views", "modules", "services"} <= found
    step("2. OpenVPN's lines", name_sockets(machine))
    write(machine, CONFIGURATION, block('agentx = "unix:'))
    step("3. openvpn-agentx -t", machine.run("openvpn-agentx -t"))
    step("4. snmpd", machine.run(block("cd /usr/share/doc/openvpn-agentx")))
    step("5. start", machine.run(block("systemctl daemon-reload")))
    machine.run("apt-get -qq install --yes --no-install-recommends snmp")
    machine.run(block("/usr/share/openvpn-agentx/base-mibs"))
    write(machine, "/root/.snmp/snmp.conf", block("defVersion 3"))
    machine.wait("snmpwalk -OQs localhost ovpnInstanceContact", UP)
    wait_healthy(machine)
    step("ovpnctl doctor", machine.run("ovpnctl doctor"))
    step("6. ask: snmpwalk -OQs localhost ovpnInstanceContact",
         machine.run("snmpwalk -OQs localhost ovpnInstanceContact"))
    machine.wait("snmpwalk -OQvs localhost ovpnClientCommonName.1", "branch")
    step("the first table: ovpnctl status, ovpnctl clients", machine.run("ovpnctl status; ovpnctl clients"))
    assert "branch" in machine.run("ovpnctl clients office")
    assert time.monotonic() - start < FIRST_TABLE_SECONDS
    assert machine.ask("systemctl is-system-running") == "running"


# What is done to a machine that works, the check that finds it, the command that it names, and for a
# command that opens an editor what a person would do there.
MISTAKES = [
    ("systemctl stop snmpd", "services", "systemctl enable --now snmpd", ""),
    ("systemctl stop openvpn-agentx", "services", "systemctl enable --now openvpn-agentx", ""),
    ("chmod 0700 /var/agentx; systemctl restart openvpn-agentx", "agentx", "systemd-tmpfiles --create", ""),
    (f"sed -i '/^master/d' /etc/snmp/snmpd.conf {DROP_IN}; systemctl restart snmpd", "snmpd",
     f"echo 'master agentx' >>{DROP_IN} && systemctl restart snmpd", ""),
    (f"sed -i '/^agentXPerms/d' {DROP_IN}; systemctl restart snmpd", "agentx",
     f"sed -E 's/^#(r[ow]user)/\\1/' /usr/share/doc/openvpn-agentx/snmpd-openvpn-agentx.conf >>{DROP_IN}"
     " && systemctl restart snmpd", ""),
    (f"sed -i '/^view ovpnOperator/d' {DROP_IN}; systemctl restart snmpd", "views",
     "grep '^view ovpnOperator ' /usr/share/doc/openvpn-agentx/snmpd-openvpn-agentx.conf"
     f" >>{DROP_IN} && systemctl restart snmpd", ""),
    (f"sed -i 's|^management /.* unix|management /run/office.sock unix|' {OFFICE}\n"
     "systemctl restart openvpn-server@office", "openvpn", f"sensible-editor {CONFIGURATION}",
     "s|/run/openvpn-agentx/office.sock|/run/office.sock|"),
    (f"sed -i 's|^management /.* unix|management /run/openvpn-agentx/office.sock unix|' {OFFICE}\n"
     "systemctl restart openvpn-server@office", "openvpn", f"sensible-editor {CONFIGURATION}",
     "s|/run/office.sock|/run/openvpn-agentx/office.sock|"),
    (f"sed -i 's/^management-client-group .*/management-client-group nogroup/' {OFFICE}\n"
     "systemctl restart openvpn-server@office", "openvpn", None, ""),
    ("systemctl stop openvpn-agentx; userdel openvpn-agentx", "user", "systemd-sysusers", ""),
    ("rm -r /var/lib/openvpn-agentx; systemctl stop openvpn-agentx", "memory",
     "install -d -o openvpn-agentx -g openvpn-agentx -m 0700 /var/lib/openvpn-agentx", ""),
    (f"sed -i 's/index = 1;/indexx = 1;/' {CONFIGURATION}", "config", f"sensible-editor {CONFIGURATION}",
     "s/indexx/index/"),
]


@pytest.mark.parametrize("mistake, check, mend, edit", MISTAKES,
                         ids=[f"{row[1]}-{number}" for number, row in enumerate(MISTAKES)])
def test_the_doctor_mends_a_mistake(machine, mistake, check, mend, edit):
    """With nothing but the commands that it names, first things first, until it finds no more."""
    write(machine, "/root/editor", f"#!/bin/sh\nsed -i '{edit}' \"$1\"\n")
    # Nobody makes so many mistakes so fast that systemd stops starting what they end.
    machine.run("chmod 0755 /root/editor; systemctl reset-failed\n" + mistake)
    found, _ = doctor(machine)
    print(found)
    assert [row for row in found if row["check"] == check and (mend is None or row["mend"] == mend)], found
    done = []
    while found and len(done) < 6:
        done.append(found[0]["mend"])
        machine.run(done[-1], EDITOR="/root/editor", VISUAL="/root/editor")
        # What the agent tries by itself takes it some seconds.
        machine.ask("timeout 10 sh -c 'until ovpnctl doctor >/dev/null; do sleep 0.5; done'")
        found, _ = doctor(machine)
    print(done)
    assert found == [], done
    machine.wait("snmpwalk -OQs localhost ovpnInstanceContact", UP)


def ends_of_sessions(machine):
    return machine.ask("journalctl --unit=openvpn-server@office | grep -c 'MANAGEMENT: Client disconnected'")


@pytest.mark.parametrize("how", [
    "systemctl restart openvpn-agentx",
    "systemctl kill --signal=KILL openvpn-agentx",  # which starts again by itself
    f"apt-get -qq install --reinstall --yes {FOLDER}/*.deb",
])
def test_restarts_that_no_daemon_sees(machine, how):
    """systemd keeps the sessions; their end would be one with another `systemctl stop` alone."""
    pid = "systemctl show --property=MainPID --value openvpn-agentx"
    before, old = ends_of_sessions(machine), machine.ask(pid)
    machine.run(how)
    machine.wait(f"p=$({pid}); [ $p != 0 ] && [ $p != {old} ] && echo another", "another")
    machine.wait("snmpwalk -OQs localhost ovpnInstanceContact", UP)
    assert ends_of_sessions(machine) == before
    machine.run("systemctl stop openvpn-agentx")
    machine.wait("journalctl --unit=openvpn-server@office | grep -c 'MANAGEMENT: Client disconnected'",
                 str(int(before) + 1))
    machine.run("systemctl start openvpn-agentx")
    machine.wait("snmpwalk -OQs localhost ovpnInstanceContact", UP)


def test_a_share_for_a_group(machine):
    write(machine, "/etc/systemd/system/openvpn-agentx.service.d/share.conf", block("[Service]\n    SupplementaryGroups"))
    own = machine.run(f"cat {CONFIGURATION}")
    office = 'share = ( { listen = "unix:/run/openvpn-share/office.sock"; mode = "0660"; group = "www-data"; } );'
    write(machine, CONFIGURATION, own.replace("index = 1;", "index = 1; " + office))
    machine.run("systemctl daemon-reload; systemctl restart openvpn-agentx")
    machine.wait("stat --format '%a %U %G' /run/openvpn-share/office.sock", "660 openvpn-agentx www-data")
    write(machine, "/tmp/guest", "use IO::Socket::UNIX;\n"
          "$session = IO::Socket::UNIX->new('/run/openvpn-share/office.sock');\n"
          "print $session \"pid\\nquit\\n\"; print <$session>;\n")
    machine.wait("runuser -u www-data -- perl /tmp/guest | grep -c '^SUCCESS: pid='", "1")
    write(machine, CONFIGURATION, own)
    machine.run("rm /etc/systemd/system/openvpn-agentx.service.d/share.conf; systemctl daemon-reload; "
                "systemctl restart openvpn-agentx")
    machine.wait("snmpwalk -OQs localhost ovpnInstanceContact", UP)


def connect_to(machine, own, path):
    """The client connects to the agent at a path; both are stopped."""
    machine.run("systemctl stop openvpn-client@branch openvpn-agentx")
    write(machine, BRANCH, re.sub(r"^management.*\n", "", machine.run(f"cat {BRANCH}"), flags=re.MULTILINE)
          + f"management {path} unix\nmanagement-client\n")
    write(machine, CONFIGURATION, own.replace("unix:/run/openvpn-agentx/branch.sock", f"listen:unix:{path}"))


def test_a_daemon_that_connects(machine):
    """It outlives all restarts of the agent, and a socket unit lets it start first."""
    pid = "systemctl show --property=MainPID --value openvpn-client@branch"
    own, lines = machine.run(f"cat {CONFIGURATION}"), machine.run(f"cat {BRANCH}")
    connect_to(machine, own, "/run/openvpn-listen/branch.sock")
    machine.run("systemctl start openvpn-agentx")
    machine.wait("snmpwalk -OQvs localhost ovpnInstanceContact", "up\nawaited")
    machine.run("systemctl start openvpn-client@branch")
    machine.wait("snmpwalk -OQs localhost ovpnInstanceContact", UP)
    assert doctor(machine) == ([], True)
    first = machine.ask(pid)
    for how in ("systemctl restart openvpn-agentx", "systemctl kill --signal=KILL openvpn-agentx"):
        agent = machine.ask("systemctl show --property=MainPID --value openvpn-agentx")
        machine.run(how)
        machine.wait("p=$(systemctl show --property=MainPID --value openvpn-agentx); "
                     f"[ $p != 0 ] && [ $p != {agent} ] && echo another", "another")
        machine.wait("snmpwalk -OQs localhost ovpnInstanceContact", UP)
        assert machine.ask(pid) == first
    machine.run("systemctl stop openvpn-agentx")
    machine.wait("systemctl is-active openvpn-client@branch", "inactive")

    connect_to(machine, own, "/run/openvpn-agentx/branch.sock")
    write(machine, "/etc/systemd/system/openvpn-agentx.socket",
          block("[Socket]").replace("office", "branch") + block("[Install]"))
    machine.run("systemctl daemon-reload; systemctl enable --now openvpn-agentx.socket")
    for _ in range(2):
        machine.run("systemctl start openvpn-client@branch")  # which starts the agent
        machine.wait("snmpwalk -OQs localhost ovpnInstanceContact", UP)
        assert doctor(machine) == ([], True)
        machine.run("systemctl stop openvpn-agentx")
        machine.wait("systemctl is-active openvpn-client@branch", "inactive")
    machine.run("systemctl disable --now openvpn-agentx.socket; rm /etc/systemd/system/openvpn-agentx.socket; "
                "systemctl daemon-reload")
    write(machine, CONFIGURATION, own)
    write(machine, BRANCH, lines)
    machine.run("systemctl start openvpn-agentx openvpn-client@branch")
    machine.wait("snmpwalk -OQs localhost ovpnInstanceContact", UP)


def test_an_upgrade_keeps_everything(machine):
    pid = machine.ask("systemctl show --property=MainPID --value openvpn-agentx")
    configured, own = settings(machine), machine.run(f"cat {CONFIGURATION}")
    machine.run(f"apt-get -qq install --reinstall --yes {FOLDER}/*.deb")
    assert machine.ask("systemctl show --property=MainPID --value openvpn-agentx") != pid
    machine.wait("snmpwalk -OQs localhost ovpnInstanceContact", UP)
    assert (settings(machine), machine.run(f"cat {CONFIGURATION}")) == (configured, own)


def test_the_dropin_for_openvpn(machine):
    """A daemon that is held stays, and makes its folder when nobody else does."""
    machine.run(block("for unit in openvpn-server openvpn-client"))
    machine.run("echo management-hold >>/etc/openvpn/client/branch.conf\n"
                "systemctl stop openvpn-agentx openvpn-server@office openvpn-client@branch\n"
                "rm -r /run/openvpn-agentx\n"
                "systemctl start openvpn-server@office\n"
                "systemctl start --no-block openvpn-client@branch")
    assert modes(machine, "/run/openvpn-agentx") == FOLDERS[:1]
    assert machine.ask("systemctl show --property=TimeoutStartUSec --value openvpn-client@branch") == \
        "infinity"
    machine.run("systemctl start openvpn-agentx")
    machine.wait("snmpwalk -OQs localhost ovpnInstanceHoldWaiting",
                 "ovpnInstanceHoldWaiting.1 = false\novpnInstanceHoldWaiting.2 = true")


def test_all_comes_back_after_a_reboot(machine):
    machine.run("sed -i /^management-hold/d /etc/openvpn/client/branch.conf")
    machine.reboot()
    machine.wait("snmpwalk -OQs localhost ovpnInstanceContact", UP)


def test_removal_keeps_the_vpn(machine):
    said = machine.run("apt-get -qq remove --yes openvpn-agentx")
    assert "/etc/openvpn/server/office.conf\n/etc/openvpn/client/branch.conf\n" in said or \
        "/etc/openvpn/client/branch.conf\n/etc/openvpn/server/office.conf\n" in said
    assert machine.ask("systemctl is-active openvpn-agentx") == "inactive"
    assert machine.run(f"cat {CONFIGURATION}"), "only a purge takes it away"
    machine.run("apt-get -qq purge --yes 'openvpn-agentx*'")
    assert not os.path.exists(machine.path("/etc/openvpn-agentx"))
    # Its sockets are in use; the drop-in makes the folder at the next boot.
    assert "office.sock" in machine.run("ls /run/openvpn-agentx")
    machine.reboot()
    machine.wait("systemctl is-active openvpn-server@office", "active")


def test_autopkgtest(machine):
    """debian/tests, by hand, on a machine that is clean again: what autopkgtest does with them."""
    machine.run("systemctl disable --now openvpn-server@office openvpn-client@branch\n"
                "rm -rf /etc/openvpn/server/* /etc/openvpn/client/* /etc/snmp/snmpd.conf.d/* /run/openvpn-agentx\n"
                "systemctl restart snmpd")
    with open(os.path.join(TOP, "debian/tests/control"), encoding="utf-8") as file:
        fields = dict(line.rstrip().split(": ", 1) for line in file)
    wanted = [name for name in fields["Depends"].split(", ") if name not in OURS]
    machine.run("apt-get -qq install --yes --no-install-recommends " + " ".join(wanted))
    install(machine)
    for name in fields["Tests"].split(", "):
        shutil.copy(os.path.join(TOP, "debian/tests", name), machine.path("/tmp"))
        print(machine.run(f"/tmp/{name}")[-1500:])


def test_container(built):
    """The example's steps, in a root without systemd."""
    folder = roots.unpack([*STANDALONE, *dependencies(built)], "ovpn-container-", base=())
    try:
        for word, arguments in instructions(os.path.join(TOP, "conf/Containerfile")):
            if word == "COPY":
                *patterns, target = arguments.split()
                os.makedirs(folder + target, exist_ok=True)
                for path in (path for pattern in patterns for path in glob.glob(f"{built}/{pattern}")):
                    shutil.copy(path, folder + target)
            elif word == "RUN":
                assert roots.run_in(folder, arguments) == 0, arguments
        user, program = runs(os.path.join(TOP, "conf/Containerfile"))
        assert roots.run_in(folder, f"setpriv --reuid={user} --regid={user} --clear-groups {program} --version") == 0
        assert not os.path.exists(f"{folder}/lib/systemd/systemd")
    finally:
        shutil.rmtree(folder)
