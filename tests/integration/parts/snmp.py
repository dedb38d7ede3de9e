"""A real snmpd, a real snmptrapd and the Net-SNMP tools as a manager.

Names are used throughout: get("ovpnInstanceName.1"), a table by its name, notifications by theirs.
Enumerations read as their labels, numbers as int, all else as text.
"""

import os
import re
import subprocess
from dataclasses import dataclass, field

import base_mibs
from parts.process import Child, free_port

MODULE = "OPENVPN-MANAGEMENT-MIB"
MIB_FOLDER = os.path.abspath(os.path.join(os.path.dirname(__file__), "../../../mib"))
COMMUNITY = "private"
# Of the shipped drop-in and README.md, for NMSes.
MONITOR_USER = ['createUser ovpnmonitor SHA-256 "a long password" AES "another long password"',
                "rouser ovpnmonitor authPriv"]

# Of every agent of the tests, snmpd or ours: the one who may answer what daemons ask.
_PASSPHRASE = "a keeper's long password"
KEEPER_USER = [f'createUser keeper SHA-256 "{_PASSPHRASE}" AES "{_PASSPHRASE}"', "rwuser keeper authPriv"]
KEEPER = ["-v3", "-u", "keeper", "-l", "authPriv", "-a", "SHA-256", "-A", _PASSPHRASE, "-x", "AES",
          "-X", _PASSPHRASE]

_OUTPUT = "-OQUt"  # names with module, no types, no units, TimeTicks as numbers
_VARBIND = re.compile(r"(?:[A-Za-z][\w-]*::)?([A-Za-z][\w-]*)((?:\.\d+)*) = ?(.*)", re.DOTALL)
_LINE_START = re.compile(r"^(?=[A-Za-z][\w-]*::[A-Za-z][\w-]*(?:\.\d+)* = ?)", re.MULTILINE)
_ABSENT = ("No Such Object available", "No Such Instance currently exists",
           "No more variables left in this MIB View")


class SnmpError(Exception):
    """The agent answered with an error status, named in `status`; `index` counts from 1."""

    def __init__(self, status, index, text):
        super().__init__(f"{status} at {index}: {text}")
        self.status = status
        self.index = index


class SnmpTimeout(Exception):
    """No answer came."""


class Absent(Exception):
    """noSuchObject, noSuchInstance or endOfMibView."""


@dataclass
class Varbind:
    name: str  # the object's descriptor, e.g. ovpnInstanceName
    index: tuple  # its instance as numbers
    value: object

    def __str__(self):
        return ".".join([self.name, *map(str, self.index)])


def environment(folder):
    """The tools' environment: our module, no configuration of the machine or its users."""
    module = os.path.exists(os.path.join(MIB_FOLDER, MODULE + ".txt"))
    return {
        "MIBDIRS": f"{base_mibs.folder()}:{MIB_FOLDER}",
        "MIBS": ":".join(["SNMPv2-MIB", "SNMP-FRAMEWORK-MIB", *([MODULE] if module else [])]),
        "SNMPCONFPATH": folder,
        "SNMP_PERSISTENT_DIR": os.path.join(folder, "persistent"),
    }


def _split(text):
    """The texts of the varbinds in the tools' output; values may span lines."""
    return [part.removesuffix("\n") for part in _LINE_START.split(text) if part.strip()]


def parse_varbinds(text):
    return [parse_varbind(part) for part in _split(text)]


def parse_varbind(text):
    match = _VARBIND.fullmatch(text)
    if match is None:
        raise ValueError(f"not a varbind: {text!r}")
    name, index, value = match.groups()
    if value.startswith(_ABSENT):
        raise Absent(text)
    return Varbind(name, tuple(int(part) for part in index.split(".")[1:]), _value(value))


def _value(text):
    if re.fullmatch(r"-?\d+", text):
        return int(text)
    if len(text) >= 2 and text[0] == text[-1] == '"':
        return re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.DOTALL)
    return text


class Manager:
    """Runs the Net-SNMP tools against one agent.

    timeout is in seconds for each try.  The default waits long and never repeats, because a
    repeated SET is executed again.  prefix comes before each tool.  With private it is the user who
    may answer questions, not a community.
    """

    def __init__(self, port, folder, community=COMMUNITY, options=(), timeout=5.0, retries=0,
                 prefix=(), private=False):
        self.port = port
        self.folder = folder
        self.credentials = list(KEEPER) if private else ["-v2c", "-c", community]
        self.options = list(options)
        self.timeout = timeout
        self.retries = retries
        self.prefix = list(prefix)

    def get(self, *names):
        """One object's value, or the values of several as a list."""
        values = self.values(*names)
        return values[0] if len(names) == 1 else values

    def values(self, *names):
        return [varbind.value for varbind in self._run("snmpget", names)]

    def getnext(self, *names):
        found = self._run("snmpgetnext", names)
        return found[0] if len(names) == 1 else found

    def walk(self, name):
        return self._walk("snmpwalk", name)

    def bulkwalk(self, name, repetitions=25):
        return self._walk("snmpbulkwalk", name, f"-Cr{repetitions}")

    def getbulk(self, names, repetitions, non_repeaters=0):
        """The output of snmpbulkget, lines of it that say that there is no more included."""
        return self._output("snmpbulkget", names, f"-Cn{non_repeaters}", f"-Cr{repetitions}")

    def set(self, *changes):
        """Each change is (name, type letter of snmpset, value); all go in one PDU."""
        words = [str(word) for change in changes for word in change]
        return self._run("snmpset", words)

    def table(self, name):
        """Rows by index tuple, each a dict of column values by descriptor."""
        rows = {}
        for varbind in self.bulkwalk(name):
            rows.setdefault(varbind.index, {})[varbind.name] = varbind.value
        return rows

    def answers(self, name="SNMPv2-MIB::sysUpTime.0"):
        """Whether the agent answers at all, asked once with little patience."""
        try:
            self._run("snmpget", [name], timeout=0.3)
            return True
        except (SnmpTimeout, SnmpError, Absent):
            return False

    def _walk(self, tool, name, *options):
        """What stands before the end of the view; [] where there is nothing."""
        found = []
        for part in _split(self._output(tool, [name], *options)):
            try:
                found.append(parse_varbind(part))
            except Absent:
                break
        return found

    def _run(self, tool, words, *options, timeout=None):
        return parse_varbinds(self._output(tool, words, *options, timeout=timeout))

    def _output(self, tool, words, *options, timeout=None):
        timeout = timeout or self.timeout
        command = [*self.prefix, tool, *self.credentials, "-t", str(timeout), "-r",
                   str(self.retries), _OUTPUT, *self.options, *options, f"127.0.0.1:{self.port}",
                   *words]
        done = subprocess.run(command, capture_output=True, check=False,
                              env={**os.environ, **environment(self.folder)})
        output = done.stdout.decode("utf-8", "replace")
        errors = done.stderr.decode("utf-8", "replace")
        if done.returncode:
            raise _failure(errors, output)
        return output


def _failure(errors, output):
    reason = re.search(r"Reason: \(?([\w-]+)", errors + output)
    if reason:
        position = re.search(r"Failed object: (.*)", errors + output)
        return SnmpError(reason.group(1), position and position.group(1).strip(), errors.strip())
    if "Timeout" in errors + output:
        return SnmpTimeout(errors.strip())
    return RuntimeError(errors + output)


@dataclass
class Trap:
    name: str  # descriptor of snmpTrapOID.0
    values: dict = field(default_factory=dict)  # by descriptor
    varbinds: list = field(default_factory=list)  # in their order, without the first two
    text: str = ""


class Snmptrapd(Child):
    """Prints each notification between marks into its log file, `traps()` reads them back.

    Over UDP a burst can be too much for its socket; over "tcp" nothing is lost.  extra are lines for
    the configuration.
    """

    _BEGIN = "@@TRAP@@"
    _NEXT = "@@VARBIND@@"
    _END = "@@END@@"

    def __init__(self, lab, name="snmptrapd", transport="udp", extra=()):
        self.port = free_port()
        self.address = f"{transport}:127.0.0.1:{self.port}"
        self._traps, self._offset = [], 0
        folder = lab.make_folder(name)
        configuration = lab.write(name + "/snmptrapd.conf",
                                  "\n".join(["disableAuthorization yes", *extra]) + "\n")
        shape = f"{self._BEGIN}\\n%V{self._NEXT}\\n%v\\n{self._END}\\n"
        super().__init__(lab, name, [
            "snmptrapd", "-f", "-n", "-C", "-c", configuration, "-Lo", _OUTPUT, "-F", shape,
            self.address], environment(folder))

    def start(self):
        self.spawn()
        self.lab.wait_until(lambda: "NET-SNMP version" in self.log, "snmptrapd listens")
        return self

    def traps(self, name=None):
        """All notifications received so far, or those of one name."""
        self._read_new()
        return [trap for trap in self._traps if name in (None, trap.name)]

    def _read_new(self):
        with open(self.log_path, "rb") as file:
            file.seek(self._offset)
            text = file.read()
        end = text.rfind(b"\n" + self._END.encode())
        if end < 0:
            return
        self._offset += end
        for part in text[:end].decode("utf-8", "replace").split(self._BEGIN + "\n")[1:]:
            self._traps.append(self._parse(part.partition("\n" + self._END)[0]))

    def wait_traps(self, name, count=1, deadline=10.0, where=lambda trap: True):
        """Waits for count notifications of that name, returns all of them."""
        def arrived():
            traps = [trap for trap in self.traps(name) if where(trap)]
            return traps if len(traps) >= count else None

        def what():
            names = [trap.name for trap in self.traps()]
            return f"{count} {name} arrive; so far: {names}"

        return self.lab.wait_until(arrived, what, deadline)

    def _parse(self, body):
        varbinds = [parse_varbind(part.removesuffix("\n"))
                    for part in body.split(self._NEXT + "\n")]
        # sysUpTime.0 and snmpTrapOID.0 come first; the latter's value is MODULE::name.
        name = str(varbinds[1].value).rpartition("::")[2]
        values = {varbind.name: varbind.value for varbind in varbinds[2:]}
        return Trap(name, values, varbinds[2:], body)


class Snmpd(Child):
    """A master agent on an unprivileged port of 127.0.0.1, AgentX on a unix socket in the lab.

    sink is a Snmptrapd; with informs it gets acknowledged notifications.  extra are lines for the
    configuration.  A restart keeps port and socket.  agentx is the address for subagents, by
    default a unix socket in the lab with permissions for all; permissions None leaves them to snmpd.
    prefix comes before the program and before its managers' tools.
    """

    for_agents = {}  # environment of the agents below it

    def __init__(self, lab, sink=None, informs=False, name="snmpd", extra=(), debug=(),
                 agentx=None, permissions="0777 0777", prefix=()):
        self.port = free_port()
        self.prefix = prefix
        self.agentx = agentx or "unix:" + lab.path(name + "-agentx.sock")
        self.folder = lab.make_folder(name)
        lines = [
            f"agentaddress udp:127.0.0.1:{self.port}",
            f"rwcommunity {COMMUNITY} 127.0.0.1",
            *KEEPER_USER,
            "master agentx",
            f"agentXSocket {self.agentx}",
            *([f"agentXPerms {permissions}"] if permissions else []),
            *extra,
        ]
        if sink is not None:
            word = "informsink" if informs else "trap2sink"
            lines.append(f"{word} {sink.address} public")
        configuration = lab.write(name + "/snmpd.conf", "\n".join(lines) + "\n")
        super().__init__(lab, name, [*prefix, "snmpd", "-f", "-r", "-C", "-c", configuration, "-LE",
                                     "5", *debug], {**environment(self.folder), "MIBS": ""})

    def start(self):
        self.spawn()
        manager = self.manager()
        self.lab.wait_until(manager.answers, "snmpd answers")
        return self

    def manager(self, **options):
        return Manager(self.port, self.folder, prefix=self.prefix, **options)


class Unhurried(Snmpd):
    """One whose agents leave all that is read to the SNMP library."""

    for_agents = {"OVPN_EXPRESS": "0"}
