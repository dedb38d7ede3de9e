"""`ovpnctl doctor`: made-up machines below a folder, with each mistake that people make in a first
set-up, and the real parts.
"""

import json
import os
import re
import socket
import subprocess

import pytest

import test_mistakes
from parts import openvpn
from parts.ovpnctl import Ctl, program
from parts.process import free_port
from parts.view import InstanceView

ILL = 9  # the exit status, as ovpnctl(1) has it
USER = 54321
CONFIG = "/etc/openvpn-agentx/openvpn-agentx.conf"
DAEMON = "/etc/openvpn/server/office.conf"
SOCKET = "/run/openvpn-agentx/office.sock"
DROP_IN = "/etc/snmp/snmpd.conf.d/openvpn-agentx.conf"
SNMPD = "/etc/snmp/snmpd.conf"
USERS = "/var/lib/snmp/snmpd.conf"
AGENTX = "/var/agentx/master"
PASSWORD = "/etc/openvpn-agentx/office.pw"
SECRET = "never-to-be-shown"

FILES = {
    "/etc/passwd": f"root:x:0:0::/root:/bin/sh\nopenvpn-agentx:x:{USER}:{USER}::/:/usr/sbin/nologin\n",
    "/etc/group": f"root:x:0:\nopenvpn-agentx:x:{USER}:\nvpn:x:777:\n",
    CONFIG: 'agentx = "unix:/var/agentx/master";\nstate_dir = "/var/lib/openvpn-agentx";\n'
            f'instances = (\n  {{ name = "office"; index = 1; management = "unix:{SOCKET}"; }}\n);\n',
    DAEMON: f"dev tun\nmanagement {SOCKET} unix\nmanagement-client-group openvpn-agentx\n"
            f"<secret>\n{SECRET}\n</secret>\n",
    SNMPD: "rocommunity public default -V systemonly\nview systemonly included .1.3.6.1.2.1.1\n"
           "rouser authPrivUser authpriv -V systemonly\nincludeDir /etc/snmp/snmpd.conf.d\n",
    "/etc/snmp/snmp.conf": "mibs OPENVPN-MANAGEMENT-MIB:SNMPv2-MIB\n"
                           "mibdirs +/usr/local/share/snmp/mibs\n",
    USERS: "".join(f'usmUser 1 3 0x80001f88 "{name}" "{name}" NULL .1.3.6.1.6.3.10.1.1.5 "{SECRET}"\n'
                   for name in ("ovpnmonitor", "ovpnoperator"))
           + f'usmUser 1 3 0x80001f88 0x{b"ovpnsecrets".hex()}00 0x00 NULL .1.3 0x{SECRET.encode().hex()}\n',
    "/usr/share/snmp/mibs/OPENVPN-MANAGEMENT-MIB.txt": "",
    "/usr/local/share/snmp/mibs/SNMPv2-SMI": "",
    "/proc/net/unix": "Num       RefCount Protocol Flags    Type St Inode Path\n"
                      f"0000000000000000: 00000002 00000000 00010000 0001 01 4711 {SOCKET}\n",
    "/proc/net/tcp": "  sl  local_address rem_address   st\n   0: 0100007F:1D51 00000000:0000 0A\n",
    "/proc/10/status": "Name:\topenvpn-agentx\nPPid:\t1\n",
}


class Machine:
    """A machine as it should be, below a folder."""

    def __init__(self, folder):
        self.folder = folder
        folder.chmod(0o755)
        for path, text in FILES.items():
            self.write(path, text)
        with open(os.path.join(os.path.dirname(program()), "generated/snmpd-openvpn-agentx.conf"),
                  encoding="utf-8") as example:
            self.write(DROP_IN, re.sub(r"^#(r[ow]user)", r"\1", example.read(), flags=re.MULTILINE))
        for path in (SOCKET, AGENTX):
            self.make_socket(path)
        self.path("/var/lib/openvpn-agentx").mkdir(parents=True)
        self.path("/var/lib/openvpn-agentx").chmod(0o777)

    def path(self, path):
        return self.folder / path.lstrip("/")

    def write(self, path, text, mode=0o644):
        self.path(path).parent.mkdir(parents=True, exist_ok=True)
        self.path(path).write_text(text, encoding="utf-8")
        self.path(path).chmod(mode)

    def change(self, path, old, new, mode=0o644):
        text = self.path(path).read_text(encoding="utf-8")
        assert old in text
        self.write(path, text.replace(old, new), mode)

    def add(self, path, text):
        self.write(path, self.path(path).read_text(encoding="utf-8") + text)

    def remove(self, path):
        self.path(path).unlink()

    def make_socket(self, path):
        self.path(path).parent.mkdir(parents=True, exist_ok=True)
        # Its own path may be too long for an address.
        folder = os.open(self.path(path).parent, os.O_RDONLY)
        with socket.socket(socket.AF_UNIX) as end:
            end.bind(f"/proc/self/fd/{folder}/{self.path(path).name}")
        os.close(folder)
        self.path(path).chmod(0o666)

    def environment(self):
        return {**os.environ, "HOME": "/home/somebody", "LC_ALL": "C.UTF-8",
                "SNMPCONFPATH": str(self.folder), "SNMP_PERSISTENT_DIR": str(self.folder / "persistent")}

    def run(self, *words, before=("-v2c", "-c", "public")):
        done = subprocess.run([program(), *before, "-t", "0.1", "-r", "0",
                               f"127.0.0.1:{free_port()}", "doctor", "--root", str(self.folder),
                               "-c", CONFIG, *words], capture_output=True, text=True, check=False,
                              timeout=60, env=self.environment())
        assert SECRET not in done.stdout + done.stderr
        assert SECRET.encode().hex() not in done.stdout
        return done

    def found(self):
        """What is wrong but for the answer of an agent who is not there."""
        done = self.run("--json")
        rows = json.loads(done.stdout)
        assert done.returncode == ILL, done
        return [row for row in rows if row["result"] in ("warn", "fail") and row["check"] != "answers"]


@pytest.fixture
def machine(tmp_path):
    folder = tmp_path / "machine"
    folder.mkdir()
    (folder / "persistent/cert_indexes").mkdir(parents=True)
    return Machine(folder)


def test_nothing_is_wrong(machine):
    assert machine.found() == []
    text = machine.run().stdout
    assert "ok    user        the agent's user\n" in text
    assert "fail  answers     127.0.0.1:" in text and "$ systemctl restart snmpd\n" in text
    assert all(len(line) <= 80 for line in text.splitlines() if "$ " not in line)
    assert machine.run("--csv").stdout.startswith("result,check,where,what,mend\n")


def test_nothing_is_wrong_with_daemons_that_connect(machine):
    reverse()(machine)
    assert machine.found() == []


def config(old, new):
    return lambda machine: machine.change(CONFIG, old, new)


def daemon(text):
    return lambda machine: machine.add(DAEMON, text)


def mode(path, bits):
    return lambda machine: machine.path(path).chmod(bits)


def password_file(bits):
    def change(machine):
        machine.write(PASSWORD, SECRET + "\n", bits)
        machine.change(CONFIG, "index = 1;", f'index = 1; password_file = "{PASSWORD}";')
        machine.change(DAEMON, " unix\n", " unix /etc/openvpn/office.pw\n")
    return change


def second_copy(machine):
    machine.write("/proc/11/status", "Name:\topenvpn-agentx\nPPid:\t1\n")
    machine.write("/proc/12/status", "Name:\topenvpn-agentx\nPPid:\t10\n")  # a child of the first one


def asked_password(machine):
    machine.change(DAEMON, " unix\n", " unix /etc/openvpn/office.pw\n")


def stolen_session(machine):
    machine.remove("/proc/10/status")
    machine.add("/proc/net/unix",
                f"0000000000000000: 00000003 00000000 00000000 0001 03 4712 {SOCKET}\n")


def without_view(name):
    def change(machine):
        text = machine.path(DROP_IN).read_text(encoding="utf-8")
        machine.write(DROP_IN, re.sub(rf"^view {name} .*\n", "", text, flags=re.MULTILINE))
    return change


def reverse(change=lambda machine: None):
    """The daemon connects to the agent, and both are set up for it."""
    def both(machine):
        machine.change(CONFIG, f"unix:{SOCKET}", f"listen:unix:{SOCKET}")
        machine.add(DAEMON, "management-client\n")
        change(machine)
    return both


def without_folder(machine):
    machine.write("/proc/net/unix", "")
    machine.path("/run/openvpn-agentx").rename(machine.path("/run/other"))


def open_folder(machine):
    machine.write("/proc/net/unix", "")
    machine.path("/run/openvpn-agentx").chmod(0o777)


def closed_folder(machine):
    machine.write("/proc/net/unix", "")
    machine.path("/run/openvpn-agentx").chmod(0o755)


# By the test of test_mistakes.py, or test_session.py: what is done, which check finds it, what it
# says, and the command.
MISTAKES = [
    ("test_snmpd_has_no_line_master_agentx",
     lambda m: m.change(DROP_IN, "\nmaster agentx", ""), "snmpd", 'no line "master agentx"',
     f"echo 'master agentx' >>{DROP_IN} && systemctl restart snmpd"),
    ("test_the_agentx_socket_is_not_for_the_agents_user", mode(AGENTX, 0o660), "agentx",
     "the agent's user may not use /var/agentx/master, whose mode is 0660",
     "chgrp openvpn-agentx /var/agentx/master && chmod g\\+rw /var/agentx/master"),
    ("test_the_folder_that_snmpd_made_at_its_first_start", mode("/var/agentx", 0o700), "agentx",
     "may not enter /var/agentx, whose mode is 0700", "systemd-tmpfiles --create"),
    ("test_a_second_copy_of_the_agent", second_copy, "services",
     "second copy of the agent: processes 1[01] and 1[01]", "kill 11"),
    ("test_the_management_socket_is_not_for_the_agents_user", mode(SOCKET, 0o600), "management",
     f"may not use {SOCKET}, whose mode is 0600", f"chmod a\\+rw {SOCKET}"),
    ("test_the_management_socket_is_not_for_the_agents_user", mode("/run/openvpn-agentx", 0o700),
     "management", "may not enter /run/openvpn-agentx, whose mode is 0700",
     "chgrp openvpn-agentx /run/openvpn-agentx && chmod g\\+x /run/openvpn-agentx"),
    ("test_the_management_path_is_wrong", config("office.sock", "office.sokc"), "management",
     "office.sokc: No such file or directory; the daemon does not run, or listens elsewhere",
     f"sensible-editor {CONFIG}"),
    ("test_the_management_path_is_wrong", config("office.sock", "office.sokc"), "openvpn",
     f"no instance of the agent has its management, {SOCKET} unix", f"sensible-editor {CONFIG}"),
    ("test_another_user_listens", config("index = 1;", "index = 1; peer_user = 54322;"),
     "management", "not of user 54322 as peer_user says", f"sensible-editor {CONFIG}"),
    ("test_the_peer_user_is_unknown", config("index = 1;", 'index = 1; peer_user = "no-such-user";'),
     "config", "the system knows no such user", f"sensible-editor {CONFIG}"),
    ("test_the_management_password_is_wrong", asked_password, "openvpn",
     "asks for a management password, but the agent's instance office has no password_file",
     f"sensible-editor {CONFIG}"),
    ("test_everybody_may_read_the_password_file", password_file(0o644), "passwords",
     f"{PASSWORD}: others can read it: refused", f"chmod g-w,o-rwx {PASSWORD}"),
    ("test_a_server_waits_for_its_management_client", daemon("management-client-auth\n"), "openvpn",
     "management-client-auth: clients wait", "sed -i .* && systemctl restart openvpn-server@office"),
    ("test_a_login_waits_since_before_contact", daemon("management-client-auth\n"), "openvpn",
     "management-client-auth: clients wait", "sed -i "),
    ("test_typing_errors", config("index", "indexx"), "config", 'did you mean "index"', "sensible-editor"),
    ("test_typing_errors", config("instances", "instance"), "config", "did you mean \"instances\"",
     "sensible-editor"),
    ("test_typing_errors", config(");", ""), "config", "syntax error", "sensible-editor"),
    ("test_all_faults_are_told", config("index = 1", "index = 0; colour = 1"), "config",
     "instances\\[0\\].colour", "sensible-editor"),
    ("test_the_check_looks_as_the_agents_user", password_file(0o600), "passwords",
     f"may not read {PASSWORD}, whose mode is 0600",
     f"chown root:openvpn-agentx {PASSWORD} && chmod 0640 {PASSWORD}"),
    ("test_the_check_looks_as_the_agents_user", mode(CONFIG, 0o600), "config",
     f"may not read {CONFIG}, whose mode is 0600", f"chmod a\\+r {CONFIG}"),
    ("test_no_configuration", lambda m: m.remove(CONFIG), "config", "there is no configuration",
     f"install -D -m 0644 .*example {CONFIG}"),
    ("test_base_modules_are_missing", lambda m: m.remove("/usr/local/share/snmp/mibs/SNMPv2-SMI"),
     "modules", "do not find the modules that the agent's builds on", ".*/base-mibs "),
    ("test_base_modules_as_readme_puts_them", lambda m: m.add("/etc/snmp/snmp.conf", "mibs :\n"),
     "modules", "an empty line mibs", ".*>>~/.snmp/snmp.conf"),
    ("session: somebody else has it", stolen_session, "management",
     "somebody else has the only management session", "ss -xp "),
    ("session: management-client-user", daemon("management-client-user nobody\n"), "openvpn",
     "management-client-user nobody shuts the agent's user openvpn-agentx out", "sed -i "),
]
# What is typed to ask is wrong, or nothing is: a machine shows nothing of it.
OF_NO_MACHINE = {
    "test_a_daemon_that_gives_up_root_later", "test_wrong_options",
    "test_an_index_that_does_not_exist", "test_names_that_do_not_exist",
}
MORE = [
    ("user", lambda m: m.write("/etc/passwd", "root:x:0:0::/root:/bin/sh\n"), "user",
     "the system knows no user openvpn-agentx", "systemd-sysusers"),
    ("no daemon", config('  { name', '#  { name'), "config", "no instances", "sensible-editor"),
    ("state", mode("/var/lib/openvpn-agentx", 0o700), "memory", "the mode of .* is 0700",
     "install -d -o openvpn-agentx -g openvpn-agentx -m 0700 /var/lib/openvpn-agentx"),
    ("no state", lambda m: m.path("/var/lib/openvpn-agentx").rmdir(), "memory", "No such file",
     "install -d "),
    ("no line management", lambda m: m.write(DAEMON, "dev tun\n"), "openvpn",
     "there is no line management", f"printf .* office >>{DAEMON}"),
    ("no unix", lambda m: m.change(DAEMON, " unix", " 7505"), "openvpn",
     "behind the path .* stands 7505, and not unix", f"sed -i .* {DAEMON}"),
    ("reverse", daemon("management-client\n"), "openvpn", "management-client: .* does not listen for it",
     f"sed -i .*management-client\\(.* {DAEMON}"),
    ("no reverse", config(f"unix:{SOCKET}", f"listen:unix:{SOCKET}"), "openvpn",
     "there is no management-client, and the agent's instance office waits",
     f"echo management-client >>{DAEMON}"),
    ("reverse, nobody listens", reverse(open_folder), "management",
     f"the agent does not listen at {SOCKET}", "systemctl restart openvpn-agentx"),
    ("reverse, no folder", reverse(without_folder), "management",
     "the folder /run/openvpn-agentx of its socket: No such file", "systemd-tmpfiles --create"),
    ("reverse, closed folder", reverse(closed_folder), "management",
     "may not make a socket in /run/openvpn-agentx: the mode of /run/openvpn-agentx is 0755",
     "chgrp openvpn-agentx /run/openvpn-agentx && chmod g\\+wx /run/openvpn-agentx"),
    ("signal", daemon("management-signal\n"), "openvpn", "restarts the tunnel", "sed -i "),
    ("hold", daemon("management-hold\n"), "openvpn", "within 90 seconds",
     "install -D .*/openvpn-server@.service.d/openvpn-agentx.conf && systemctl daemon-reload"),
    ("group", lambda m: m.change(DAEMON, "group openvpn-agentx", "group vpn"), "openvpn",
     "management-client-group vpn, which the agent's user openvpn-agentx is not in", "sed -i "),
    ("nobody listens", lambda m: m.write("/proc/net/unix", ""), "management",
     f"nobody listens at unix:{SOCKET}", "systemctl restart openvpn-server@office"),
    ("no folder", lambda m: m.path("/run/openvpn-agentx").rename(m.path("/run/other")), "management",
     "the folder /run/openvpn-agentx of its socket: No such file", "systemd-tmpfiles --create"),
    ("tcp", config(f"unix:{SOCKET}", "tcp:127.0.0.1:7506"), "management",
     "nobody listens at tcp:127.0.0.1:7506", "sensible-editor"),
    ("no includeDir", lambda m: m.change(SNMPD, "includeDir", "#includeDir"), "snmpd",
     "there is no line includeDir", "echo 'includeDir "),
    ("other socket", lambda m: m.change(DROP_IN, "unix:/var/agentx/master", "unix:/run/other"),
     "agentx", "key agentx is unix:/var/agentx/master, but snmpd's agentXSocket is unix:/run/other",
     "sed -i "),
    ("no socket", lambda m: m.remove(AGENTX), "agentx", "snmpd does not run", "systemctl restart snmpd"),
    ("no view", lambda m: m.write(DROP_IN, "master agentx\n"), "views", "nobody may see",
     f"sed -E .* >>{DROP_IN} && systemctl restart snmpd"),
    ("view's end", lambda m: m.change(DROP_IN, "view ovpnOperator included .1.3.6.1.6.3.10.2.1", ""),
     "views", "ovpnOperator: nothing stands behind", "echo 'view ovpnOperator included "),
    ("no user", lambda m: m.change(USERS, "ovpnmonitor", "other"), "users",
     "ovpnmonitor: snmpd has no such user", "systemctl stop snmpd && echo 'createUser ovpnmonitor "),
    ("no snmpd", lambda m: m.remove(SNMPD), "snmpd", "no configuration of snmpd", "apt-get install "),
    ("user is not taken",
     lambda m: m.write(USERS, 'createUser ovpnmonitor SHA-256 "never-to-be-shown" AES "x"\n'), "users",
     "ovpnmonitor: snmpd has not taken the line createUser", "systemctl "),
    ("stock snmpd", lambda m: m.remove(DROP_IN), "snmpd", 'no line "master agentx"',
     f"sed -E .* >>{DROP_IN} && systemctl restart snmpd"),
    ("a view without lines", without_view("ovpnOperator"), "views",
     'ovpnOperator: no line "view" says', f"grep '\\^view ovpnOperator ' .* >>{DROP_IN} && "),
    ("another's view without lines", lambda m: m.add(DROP_IN, "rocommunity6 x ::1 -V other\n"), "views",
     'other: no line "view" says', f"sensible-editor {SNMPD}"),
    ("module", lambda m: m.remove("/usr/share/snmp/mibs/OPENVPN-MANAGEMENT-MIB.txt"), "modules",
     "do not find the module$", "apt-get install openvpn-agentx-mib"),
]


@pytest.mark.parametrize("name, change, check, what, mend", MISTAKES + MORE,
                         ids=[f"{row[0]}-{row[2]}" for row in MISTAKES + MORE])
def test_mistake(machine, name, change, check, what, mend):
    change(machine)
    found = machine.found()
    assert [row for row in found if row["check"] == check
            and re.search(what, f"{row['where']}: {row['what']}") and re.match(mend, row["mend"])], found


def test_each_mistake_is_looked_for():
    tests = {name for name in vars(test_mistakes) if name.startswith("test_")}
    assert tests - {row[0] for row in MISTAKES} == OF_NO_MACHINE


def test_the_view_of_who_asks(machine):
    """Others may have views of other things; who asks wants to see the agent's."""
    machine.add(DROP_IN, "rouser watcher authPriv -V systemonly\nrocommunity x 127.0.0.1 1.3.6.1.2\n")
    machine.add(USERS, 'usmUser 1 3 0x80001f88 "watcher" "watcher" NULL .1.3\n')
    assert machine.found() == []
    done = machine.run("--json", before=("-v3", "-u", "watcher", "-l", "noAuthNoPriv"))
    assert [(row["where"], row["mend"]) for row in json.loads(done.stdout) if row["check"] == "views"] == [
        ("systemonly", f"sensible-editor {SNMPD}")]


def test_what_keeps_a_hold_alive(machine):
    machine.add(DAEMON, "management-hold\n")
    machine.write("/etc/systemd/system/openvpn-server@.service.d/openvpn-agentx.conf",
                  "[Service]\nTimeoutStartSec=infinity\n")
    assert machine.found() == []


@pytest.mark.skipif(os.geteuid() != 0, reason="another user's file needs root")
def test_without_snmpd(machine):
    machine.change(CONFIG, "agentx = ", 'listen = [ "udp:127.0.0.1:1161" ];\n'
                   'snmp_config = "/etc/openvpn-agentx/snmp.conf";\n#agentx = ')
    machine.remove(SNMPD)
    machine.remove(AGENTX)
    machine.write("/etc/openvpn-agentx/snmp.conf", SECRET, 0o600)
    assert [row["check"] for row in machine.found()] == ["passwords"]
    os.chown(machine.path("/etc/openvpn-agentx/snmp.conf"), USER, USER)
    assert machine.found() == []
    assert "skip  agentx      snmpd's socket for the agent: the agent answers by itself" \
        in machine.run().stdout


def test_strange_files(machine):
    """Folders and pipes in the place of files, and files without end or sense."""
    for path in (CONFIG, DAEMON, SNMPD, USERS, "/proc/net/unix", "/etc/snmp/snmp.conf"):
        text = machine.path(path).read_text(encoding="utf-8")
        machine.remove(path)
        os.mkfifo(machine.path(path))
        machine.run()
        machine.remove(path)
        machine.path(path).mkdir()
        machine.run()
        machine.path(path).rmdir()
        for strange in ("", "\0" * 3, '"', "a" * 100000, "view a\nview\nrouser -s\naccess a b\n" * 3,
                        "\xff management \"\nmanagement a b c d\n<ca>\n", "mibdirs " + "/x:" * 5000,
                        f"includeFile {path}\nincludeDir /etc/snmp\n"):
            machine.write(path, strange)
            assert machine.run().returncode in (0, ILL)
        machine.write(path, text)
    assert machine.found() == []


def test_wrong_words(machine):
    for words in (["-c", "relative"], ["--root", "relative"], ["more"], ["-z"]):
        assert machine.run(*words).returncode == 2


@pytest.mark.skipif(os.geteuid() != 0, reason="another user's eyes need root")
def test_who_is_not_root(machine, tmp_path):
    """What only root may see is named, and nothing is wrongly found."""
    machine.path(USERS).chmod(0o600)
    machine.path(DROP_IN).chmod(0o600)
    for folder in [machine.folder, *machine.folder.parents][:-2]:
        folder.chmod(0o755)
    done = subprocess.run(
        ["setpriv", "--reuid=54322", "--regid=54322", "--clear-groups", program(), "-v2c", "-c", "x",
         "-t", "0.1", "-r", "0", "127.0.0.1:9", "doctor", "--json", "--root", str(machine.folder), "-c",
         CONFIG], capture_output=True, text=True, check=False, timeout=60,
        env={**machine.environment(), "ASAN_OPTIONS": "detect_leaks=0"})
    rows = json.loads(done.stdout)
    assert [row for row in rows if row["result"] == "skip" and row["where"] == DROP_IN
            and row["mend"] == "sudo ovpnctl doctor"], done
    assert [row for row in rows if row["result"] in ("warn", "fail") and row["check"] != "answers"] == []


# The real parts


def live(snmpd, *words):
    done = Ctl(snmpd.port, snmpd.folder).run("doctor", "--json", *words)
    return [row for row in done.rows if row["check"] == "answers"]


def test_what_the_agent_says_itself(lab, pki, snmpd, start_agent, manager):
    """A wrong password is known to the agent alone."""
    right = openvpn.lone_client(lab, pki, password="right").start()
    agent = start_agent([{"name": "office", "index": 1, "management": right,
                          "password_file": lab.write("agent.pw", "wrong\n")}])
    InstanceView(lab, manager).wait(Contact="refused")
    rows = live(snmpd, "-c", agent.config)
    assert [(row["result"], row["where"], row["mend"]) for row in rows] == [
        ("fail", "office", f"sensible-editor {agent.config}")]
    assert "refused: the daemon does not take the management password" in rows[0]["what"]


def test_the_agent_cannot_listen(lab, snmpd, start_agent, manager):
    place = lab.path("gone/office.sock")
    agent = start_agent([{"name": "office", "index": 1, "management": f"listen:unix:{place}"}])
    view = InstanceView(lab, manager)
    view.wait(Contact="refused")
    assert [row["mend"] for row in live(snmpd, "-c", agent.config)] == ["systemd-tmpfiles --create"]
    folder = lab.make_folder("made")
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(os.path.join(folder, "office.sock"))
        other.listen()
        os.rename(folder, lab.path("gone"))
        lab.wait_until(lambda: "another process" in view.get("ContactError"), "it says so")
        assert [row["mend"] for row in live(snmpd, "-c", agent.config)] == ["ss -xlp"]


def test_the_agent_answers(lab, snmpd, start_fake, start_agent, manager):
    agent = start_agent([{"name": "office", "index": 1, "management": start_fake()}])
    InstanceView(lab, manager).wait(Contact="up")
    assert [row["result"] for row in live(snmpd, "-c", agent.config)] == ["ok"]
    with open(agent.config, "w", encoding="utf-8") as file:
        file.write('instances = ( { name = "a"; management = "unix:/a"; index = 1; },\n'
                   '{ name = "b"; management = "unix:/b"; index = 2; } );\n')
    rows = live(snmpd, "-c", agent.config)
    assert [row["mend"] for row in rows] == ["systemctl reload openvpn-agentx"]
    with open(agent.config, "w", encoding="utf-8") as file:
        file.write('instances = ( { name = "office"; management = "unix:/a"; index = 1; } );\n')
    rows = live(snmpd, "-c", agent.config)
    assert [row["mend"] for row in rows] == ["systemctl reload openvpn-agentx"]
    assert rows[0]["what"].endswith(", and its file says unix:/a")


def test_no_agent_answers(snmpd):
    rows = live(snmpd)
    assert rows[0]["result"] == "fail" and "the agent is not connected" in rows[0]["what"]
    assert rows[0]["mend"] == "systemctl restart openvpn-agentx"
