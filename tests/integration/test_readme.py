"""README.md says the truth: its set-up is used as it stands there, with other paths, its commands
give what it shows, and the names in it exist."""

import os
import re
import signal
import subprocess

import pytest

import base_mibs
from parts import openvpn
from parts.agent import Agent, program
from parts.ovpnctl import program as ovpnctl
from parts.snmp import MIB_FOLDER, MODULE, Snmpd
from parts.view import InstanceView

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
OID_ROOT = "1.3.6.1.4.1.8072.9999.9999.1194"
USERS = {"alice": "red queen", "bob": "builder", "carol": "wonderland"}
MANAGEMENT = "/run/openvpn-agentx/"

with open(os.path.join(TOP, "README.md"), encoding="utf-8") as _file:
    README = _file.read()


def block(start):
    """The indented lines from the one that begins with start on, up to an empty one of the same
    block; list marks are no part."""
    found = re.search(rf"^    {re.escape(start)}.*\n(?:    .*\n|\n(?=    ))*", README, re.MULTILINE)
    assert found, start
    return re.sub(r"^    ", "", found.group(), flags=re.MULTILINE)


def worked():
    """(command line, lines of its output) for each that README shows."""
    pairs, shown = [], None
    for line in README.splitlines():
        if line.startswith("    $ "):
            shown = []
            pairs.append((line[6:], shown))
        elif line.startswith("    ") and shown is not None:
            shown.append(line[4:])
        elif line:
            shown = None
    return pairs


def names_of(lines):
    """The objects that stand before the equal signs, with their indexes."""
    return {re.sub(r" =( .*)?$", "", line) for line in lines}


@pytest.fixture
def shell(lab, pki, snmptrapd):
    """shell(command line): its output, on a set-up made from README."""
    if not program():
        pytest.skip("there is no agent")
    with open(os.path.join(TOP, "conf/snmpd-openvpn-agentx.conf.in"), encoding="utf-8") as file:
        drop_in = file.read().replace("@OID_ROOT@", OID_ROOT)
    sed = re.search(r"sed -E '([^']+)'", README).group(1)
    lines = subprocess.run(["sed", "-E", sed], input=drop_in, capture_output=True, text=True,
                           check=True).stdout.splitlines()
    users = re.findall(r"^    echo '(createUser .*)' >>", README, re.MULTILINE)
    # The socket and its users are the machine's; the rest is taken as it is.
    own = ("master agentx", "agentXSocket", "agentXPerms")
    snmpd = Snmpd(lab, sink=snmptrapd, extra=[*users, *(line for line in lines
                                                        if not line.startswith(own))]).start()
    server = openvpn.server(lab, pki, "office", users=USERS).start()
    openvpn.client(lab, pki, server, "branch", hold=True, extra=[
        "auth-user-pass", "management-query-passwords"]).start()
    agent = Agent(lab, snmpd, [])
    agent.write(block('agentx = "unix:').replace("unix:/var/agentx/master", snmpd.agentx)
                .replace(MANAGEMENT, lab.folder + "/")
                .replace('name = "office";', f'name = "office"; openvpn_config = "{server.config}";'))
    agent.start()
    connect(lab, pki, server, InstanceView(lab, snmpd.manager(), 1))
    InstanceView(lab, snmpd.manager(), 2).wait(30, Contact="up", HoldWaiting="true")
    lab.make_folder("home", "cert_indexes")
    lab.write("home/snmp.conf", mib_folders(block("defVersion 3")))
    return Shell(lab, snmpd)


def connect(lab, pki, server, view):
    """The server restarts; alice and bob are connected, carol was, in this order."""
    view.wait(30, Contact="up", State="connected")
    server.signal(signal.SIGUSR1)
    server.wait_completed(2)
    view.wait(30, Contact="up", State="connected")
    clients = {}
    for count, name in enumerate(("alice", "bob", "carol"), 1):
        secret = lab.write(name + ".user", f"{name}\n{USERS[name]}\n")
        clients[name] = openvpn.client(lab, pki, server, name,
                                       extra=[f"auth-user-pass {secret}"]).start()
        view.wait(30, Clients=count)
    clients["carol"].stop()
    view.wait(30, Clients=2)
    lab.wait_until(lambda: view.manager.table("ovpnSessionTable"), "carol's session is kept", 30)


def mib_folders(text):
    """The base modules are where this build has them; the module is not installed."""
    return re.sub(r"^mibdirs \+.*$", f"mibdirs +{base_mibs.folder()}:{MIB_FOLDER}", text,
                  flags=re.MULTILINE)


class Shell:
    """Runs command lines as somebody with README's ~/.snmp/snmp.conf."""

    def __init__(self, lab, snmpd):
        self.lab = lab
        self.snmpd = snmpd
        self.environment = {name: value for name, value in os.environ.items()
                            if name not in ("MIBS", "MIBDIRS")}
        self.environment |= {"SNMPCONFPATH": lab.path("home"),
                             "SNMP_PERSISTENT_DIR": lab.path("home"), "COLUMNS": "",
                             "PATH": os.path.dirname(ovpnctl()) + ":" + os.environ["PATH"]}

    def run(self, line):
        """Standard output and error, as lines."""
        line = line.replace(" localhost ", f" 127.0.0.1:{self.snmpd.port} ")
        # Without a host it is this one.
        line = re.sub(r"^ovpnctl ", f"ovpnctl 127.0.0.1:{self.snmpd.port} ", line)
        done = subprocess.run(["sh", "-c", line], stdout=subprocess.PIPE, text=True, check=False,
                              stderr=subprocess.STDOUT, env=self.environment)
        return [line for line in done.stdout.splitlines() if line]


def settle(shell, line):
    """What must have happened before the next command makes sense."""
    if "HoldRelease" in line:
        shell.lab.wait_until(lambda: "Auth" in " ".join(shell.run(
            "snmpwalk -OQs localhost ovpnRequestName.2")), "branch asks for its password", 20)
    if "CredentialPassword" in line:  # before office restarts
        InstanceView(shell.lab, shell.snmpd.manager(), 2).wait(30, State="connected")


def with_own_serial(shell, starts, line):
    """The line with the serial number of this agent, which starts where it likes: as far from its
    start as README's is."""
    for name, shown in re.findall(r"(ovpnControlSerial\.\d+) i (\d+)", line):
        if name not in starts:
            starts[name] = int(shell.run(f"snmpget -OQv localhost {name}")[0]) - int(shown)
        line = line.replace(f"{name} i {shown}", f"{name} i {int(shown) + starts[name]}")
    return line


ROW = re.compile(r"(\.\d+)\.(\d{6,10})\b")


def with_own_rows(known, line):
    """The line with the indexes that this agent gives, which begin behind a random number."""
    return ROW.sub(lambda found: known.get(found.group(), found.group()), line)


def learn_rows(known, shown, output):
    """Of rows that README shows for the first time: which are they here?"""
    for line, own in zip(shown, output):
        found, here = ROW.search(line.split(" =")[0]), ROW.search(own.split(" =")[0])
        if found and here and found.group() not in known:
            assert found.group(1) == here.group(1) and here.group() not in known.values()
            known[found.group()] = here.group()


def test_the_worked_commands(shell):
    pairs = worked()
    assert len(pairs) > 25
    serials, known = {}, {}
    for line, shown in pairs:
        output = shell.run(with_own_rows(known, with_own_serial(shell, serials, line)))
        assert shown, f"README shows no output of {line}"
        if "LogMessage" in line:  # numbers of lines vary
            assert len(shown) == len(output) and "ovpnLogMessage.1." in output[0], (line, output)
        elif line.startswith(("snmptable", "ovpnctl")):
            assert shown[0].split() == output[0].split()
            assert len(shown) == len(output), (line, output)
        else:
            learn_rows(known, shown, output)
            shown = [with_own_rows(known, text) for text in shown]
            assert names_of(shown) == names_of(output), (line, output)
        settle(shell, line)


def test_names_exist():
    with open(os.path.join(MIB_FOLDER, MODULE + ".txt"), encoding="utf-8") as file:
        module = set(re.findall(r"\bovpn\w+", file.read()))
    views = {"ovpnmonitor", "ovpnoperator", "ovpnsecrets", "ovpnsha", "ovpntraps", "ovpnctl"}
    named = set(re.findall(r"\bovpn[A-Za-z0-9]\w*", README))
    assert named - module - views == set()
    # "ovpnInstanceState, ..StateName": the same table's columns.
    for line in README.splitlines():
        table = None
        for word, short in re.findall(r"\b(ovpn\w+)|\.\.(\w+)", line):
            if word:
                table = re.match(r"ovpn[A-Z]?[a-z]+", word).group()
            else:
                assert table + short in module, line


def test_each_command_and_message_has_its_place():
    """Those of the management notes."""
    section = README.partition("## OpenVPN's words in the MIB")[2].partition("\n## ")[0]
    named = set(re.findall(r"`([\w-]+|>[\w-]+:)", section))
    commands = """auth-retry echo exit forget-passwords help hold kill log mute needok needstr net
        password pkcs11-id-count pkcs11-id-get quit signal state status username verb version"""
    messages = ">ECHO: >FATAL: >HOLD: >INFO: >LOG: >NEED-OK: >NEED-STR: >PASSWORD: >STATE:"
    assert {*commands.split(), *messages.split()} - named == set()


def test_keys_and_words_are_those_of_the_manual():
    with open(os.path.join(TOP, "man/openvpn-agentx.conf.5.in"), encoding="utf-8") as file:
        manual = file.read()
    keys = set(re.findall(r"^\.It Ic (\w+)", manual, re.MULTILINE)) - {
        "agentx", "listen", "snmp_config", "state_dir", "instances"}
    table = README.partition("| key of an instance |")[2].partition("\n\n")[0]
    shown = {word for line in table.splitlines()[2:]
             for word in re.findall(r"`(\w+)`", line.split("|")[1])}
    assert shown == keys
    words = manual.partition(".Ss Words of allow")[2].partition(".Ss Words of notify")[0]
    allowed = {word for line in re.findall(r"^\.It Cm (.*)$", words, re.MULTILINE)
               for word in line.split(" , ")}
    row = next(line for line in table.splitlines() if line.startswith("| `allow`"))
    assert set(re.findall(r"`([\w:-]+)`", row)) - {"allow"} == allowed


def test_messages_of_troubleshooting_exist():
    """Each message that the table begins a row with is in the source, in this wording."""
    source = ""
    for folder in ("src", "agent"):
        for where, _, names in os.walk(os.path.join(TOP, folder)):
            for name in names:
                with open(os.path.join(where, name), encoding="utf-8") as file:
                    source += re.sub(r'"\s*"', "", file.read())
    table = README.partition("## Troubleshooting")[2].partition("\n\nFor more,")[0]
    for text in re.findall(r"^\| `([^`]+)`", table, re.MULTILINE):
        text = re.sub(r":? (No such|Permission denied|Too many|Address already).*", "", text)  # the system's words
        for part in re.split(r" ?\.\.\.\S*| (?=\()", text):
            assert part.strip() in source, part
