"""check_openvpn_snmp, the plugin for Icinga and Nagios: each mode, each exit status, the real agent."""

import os
import re
import subprocess
import time

import pytest

from fake import questions
from parts import openvpn
from parts.process import free_port
from parts.snmp import COMMUNITY, MONITOR_USER, Snmpd
from parts.view import InstanceView

OK, WARNING, CRITICAL, UNKNOWN = range(4)
V3 = ("-U", "ovpnmonitor", "-a", "SHA-256", "-A", "a long password", "-x", "AES",
      "-X", "another long password")
# What the guidelines say that performance data looks like.
DATUM = re.compile(r"'[^'=|]+'=-?\d+(?:c|s)?;[^; ]*;[^; ]*;0(?:;\d+)?")


@pytest.fixture
def snmpd(lab, snmptrapd):
    return Snmpd(lab, sink=snmptrapd, extra=MONITOR_USER).start()


@pytest.fixture
def check(lab, snmpd):
    """check(*words) runs the plugin and returns (exit status, text); its line has the right form."""
    folder = lab.make_folder("plugin")
    os.makedirs(os.path.join(folder, "persistent", "cert_indexes"), exist_ok=True)

    def run(*words, credentials=("-P", "2c", "-C", COMMUNITY), port=snmpd.port):
        program = os.path.join(os.environ["OVPN_AGENTX_BUILD"], "check_openvpn_snmp")
        done = subprocess.run(
            [program, "-H", "127.0.0.1", "-p", str(port), *credentials, *map(str, words)],
            text=True, capture_output=True, check=False, timeout=60,
            env={**os.environ, "SNMPCONFPATH": folder,
                 "SNMP_PERSISTENT_DIR": os.path.join(folder, "persistent")})
        line, = done.stdout.splitlines()
        word = ("OK", "WARNING", "CRITICAL", "UNKNOWN")[done.returncode]
        assert re.match(rf"OPENVPN [A-Z]+ {word} - .", line), line
        text, _, data = line.partition(" | ")
        assert DATUM.sub("", data).strip() == ""
        return done.returncode, line

    return run


class Pair:
    """A server with a client, and a client in a hold."""

    def __init__(self, lab, manager, start_fake, start_agent):
        self.lab, self.manager = lab, manager
        self.office = start_fake("office", mode="server")
        self.branch = start_fake("branch", mode="client", hold=True)
        with self.office.script() as server:
            server.add_client("alice", received=1500, sent=2500000)
        self.agent = start_agent([
            {"name": name, "index": index, "management": daemon, "status_interval": 1}
            for name, index, daemon in (("office", 1, self.office), ("branch", 2, self.branch))])
        self.view(1).wait(60, Contact="up", State="connected", Clients=1)
        self.view(2).wait(60, Contact="up", HoldWaiting="true")

    def view(self, index):
        return InstanceView(self.lab, self.manager, index)


@pytest.fixture
def pair(lab, manager, start_fake, start_agent):
    return Pair(lab, manager, start_fake, start_agent)


def test_agent(check, pair):
    assert check("-m", "agent")[0] == OK
    pair.branch.close()
    pair.view(2).wait(Contact="disconnected")
    status, line = check("-m", "agent")
    assert status == CRITICAL and "2 daemons, 1 of them without contact" in line
    assert "'lost'=1;;0;0;2" in line
    assert check("-m", "agent", "-w", "0")[0] == WARNING
    assert check("-m", "agent", "-c", "~:")[0] == OK
    pair.agent.stop()
    status, line = check("-m", "agent")
    assert status == CRITICAL and "does not run" in line
    for mode in ("contact", "tunnel", "clients", "logins", "expiry"):
        assert check("-m", mode)[0] == UNKNOWN


def test_contact_and_tunnel(check, pair):
    assert check("-m", "contact")[0] == OK
    assert check("-m", "contact", "-d", "office", "-c", "@0:100000")[0] == CRITICAL
    status, line = check("-m", "tunnel", "-d", "office")
    assert status == OK and re.search(r"office: connected for \d+ s \| 'seconds'=", line)
    assert check("-m", "tunnel", "-d", "office", "-w", "100000000000:")[0] == WARNING
    status, line = check("-m", "tunnel")
    assert status == WARNING and "branch: waits for a hold release" in line
    assert "'office seconds'=" in line
    with pair.branch.script() as daemon:
        daemon.release()
        daemon.ask(questions.ask_user())
    pair.view(2).wait(PendingRequests=1)
    status, line = check("-m", "tunnel", "-d", "branch")
    assert status == WARNING and "waits for input" in line
    pair.branch.close()
    pair.view(2).wait(Contact="disconnected")
    status, line = check("-m", "contact")
    assert status == CRITICAL and "branch: disconnected: " in line
    assert check("-m", "contact", "-d", "office")[0] == OK
    assert check("-m", "tunnel", "-d", "branch")[0] == UNKNOWN
    # What is known to be bad is told before what is not known.
    assert check("-m", "clients", "-c", "0")[0] == CRITICAL


def test_a_tunnel_that_is_down(lab, pki, check, start_agent, manager):
    client = openvpn.lone_client(lab, pki).start()
    start_agent([{"name": "branch", "index": 1, "management": client, "status_interval": 1}])
    InstanceView(lab, manager).wait(Contact="up", State="wait")
    status, line = check("-m", "tunnel")
    assert status == CRITICAL and "branch: wait for" in line


def test_clients_and_users(check, pair):
    status, line = check("-m", "clients", "-d", "office", "-w", "5", "-c", "10")
    assert status == OK and "office: 1 clients | 'clients'=1;5;10;0" in line
    assert check("-m", "clients", "-d", "office", "-w", "0", "-c", "10")[0] == WARNING
    assert check("-m", "clients", "-d", "office", "-w", "0", "-c", "0")[0] == CRITICAL
    status, line = check("-m", "clients", "-d", "office", "--percent", "-w", "80")
    assert status == UNKNOWN and "openvpn_config" in line
    status, line = check("-m", "user", "-d", "office", "-u", "alice")
    assert status == OK and "'in'=1500c;;;0" in line
    assert check("-m", "user", "-u", "alice", "-c", "2:")[0] == CRITICAL
    status, line = check("-m", "user", "-u", "nobody")
    assert status == CRITICAL and "never connected" in line
    with pair.office.script() as server:
        server.remove_clients(list(server.clients))
    pair.view(1).wait(Clients=0)
    status, line = check("-m", "user", "-u", "alice")
    assert status == CRITICAL and "0 sessions" in line
    pair.office.close()
    pair.view(1).wait(Contact="disconnected")
    assert check("-m", "user", "-u", "alice")[0] == UNKNOWN


def test_logins(lab, pki, check, start_agent, manager):
    server = openvpn.server(lab, pki, users={"alice": "right"}).start()
    start_agent([{"name": "office", "index": 1, "management": server, "status_interval": 1}])
    view = InstanceView(lab, manager)
    view.wait(Contact="up", State="connected")
    state = lab.path("logins")
    words = ("-m", "logins", "-d", "office", "--state", state)
    assert check(*words)[0] == OK
    password = lab.write("words", "alice\nwrong\n")
    mallory = openvpn.client(lab, pki, server, "mallory", extra=[
        f"auth-user-pass {password}", "auth-retry nointeract"]).start()
    lab.wait_until(lambda: view.get("LoginsRejected") > 0, "a login fails", 40)
    status, line = check(*words, "-c", "0")
    assert status == CRITICAL and "failed logins in a minute" in line
    mallory.kill()
    # Another daemon's file, a broken one, and no place for one.
    for text in ("1 1 other\n", "rubbish", "\0" * 500, ""):
        lab.write("logins", text)
        assert check(*words, "-c", "0")[0] == OK
    assert check("-m", "logins", "-d", "office", "--state", lab.path("no", "folder"))[0] == UNKNOWN
    assert check("-m", "logins", "--state", state)[0] == UNKNOWN


def test_expiry_and_capacity(lab, pki, check, start_agent, manager):
    server = openvpn.server(lab, pki, extra=["max-clients 2"]).start()
    start_agent([{"name": "office", "index": 1, "management": server, "status_interval": 1,
                  "openvpn_config": server.config}])
    openvpn.client(lab, pki, server, "alice").start()
    InstanceView(lab, manager).wait(30, Contact="up", ClientsMax=2, Clients=1)
    lab.wait_until(lambda: manager.table("ovpnCertificateTable"), "certificates")
    status, line = check("-m", "clients", "--percent", "-w", "40", "-c", "60")
    assert status == WARNING and "'office clients'=1;;;0;2" in line
    rows = manager.table("ovpnCertificateTable").values()
    days = min(row["ovpnCertificateSecondsLeft"] for row in rows) // 86400
    status, line = check("-m", "expiry", "-w", "0:", "-c", "0:")
    assert status == OK and f"'days'={days};0:;0:;0" in line
    assert check("-m", "expiry", "-w", f"{days + 2}:", "-c", "0:")[0] == WARNING
    assert check("-m", "expiry", "-c", f"{days + 2}:")[0] == CRITICAL


def test_snmp(lab, check, pair, snmpd):
    assert check("-m", "contact", credentials=V3)[0] == OK
    status, line = check("-m", "contact", credentials=[*V3[:5], "not the password", *V3[6:]])
    assert status == UNKNOWN and "password" in line
    assert "a long password" not in line
    status, line = check("-m", "contact", "-t", "2", port=free_port())
    assert status == UNKNOWN
    # An agent that takes its time.
    snmpd.freeze()
    begin = time.monotonic()
    assert check("-m", "contact", "-t", "2")[0] == UNKNOWN
    assert time.monotonic() - begin < 5
    snmpd.thaw()


@pytest.mark.parametrize("words", [
    (), ("-m", "nonsense"), ("-m", "contact", "-w", "x"), ("-m", "contact", "-c", "20:10"),
    ("-m", "user"), ("-m", "contact", "--percent"), ("-m", "contact", "-d", "no such"),
    ("-m", "contact", "-t", "0"), ("-m", "contact", "left over"), ("-m", "contact", "--wrong"),
    ("-m", "contact", "-a", "ROT13"),
])
def test_what_makes_no_sense_is_unknown(check, pair, words):
    assert check(*words)[0] == UNKNOWN


def test_help_names_all_modes(lab):
    program = os.path.join(os.environ["OVPN_AGENTX_BUILD"], "check_openvpn_snmp")
    text = subprocess.run([program, "--help"], check=True, capture_output=True, text=True,
                          timeout=20).stdout
    page = os.path.join(os.path.dirname(__file__), "../../integrations/icinga/README.md")
    with open(page, encoding="utf-8") as file:
        modes = re.findall(r"^\| `(\w+)` \|", file.read(), re.MULTILINE)
    assert len(modes) == 7
    assert re.findall(r"^ (\w+) ", text.partition("usual ones:")[2].partition("Examples:")[0],
                      re.MULTILINE) == modes
    assert max(map(len, text.splitlines())) <= 100
