"""The agent as its own SNMP agent: who is let in, what is kept over restarts, what a file of users may
not do, and what reaches managers."""

import itertools
import os
import re

import pytest

from fake import questions
from parts.agent import Agent
from parts.control import CONTROL_TABLE, Background, entry, refused
from parts.fastset import FastSet
from parts.snmp import SnmpTimeout, Snmptrapd
from parts.standalone import Alone
from parts.view import InstanceView, question, rows, told

PASSPHRASE = "a long password"
BOOTS = "SNMP-FRAMEWORK-MIB::snmpEngineBoots.0"
ENGINE = "SNMP-FRAMEWORK-MIB::snmpEngineID.0"
USERS = (f'createUser admin SHA-256 "{PASSPHRASE}" AES "{PASSPHRASE}"', "rwuser admin noauth",
         "rocommunity watcher 127.0.0.1")
WRONG = 78  # exit status of a wrong configuration


@pytest.fixture
def alone(lab, snmptrapd):
    return Alone(lab, sink=snmptrapd, extra=USERS)


@pytest.fixture
def manager(alone):
    return alone.manager()


@pytest.fixture
def fake(start_fake):
    return start_fake(mode="server")


@pytest.fixture
def start(lab, alone, fake, start_agent):
    """Starts the agent with that daemon, waits for contact."""
    def run(**options):
        agent = start_agent([entry(fake)], master=alone, **options)
        InstanceView(lab, alone.manager()).wait(30, Contact="up", State="connected")
        return agent

    return run


def user(alone, level="authPriv", passphrase=PASSPHRASE, words=(), name="admin"):
    manager = alone.manager()
    manager.credentials = ["-v3", "-u", name, "-l", level, *words]
    if level != "noAuthNoPriv":
        manager.credentials += ["-a", "SHA-256", "-A", passphrase]
    if level == "authPriv":
        manager.credentials += ["-x", "AES", "-X", passphrase]
    return manager


def community(alone, version, name):
    manager = alone.manager()
    manager.credentials = [f"-v{version}", "-c", name]
    return manager


def test_every_version_and_level(alone, start):
    start()
    managers = [community(alone, version, name) for version in ("1", "2c")
                for name in ("watcher", "private")]
    managers += [user(alone, level) for level in ("noAuthNoPriv", "authNoPriv", "authPriv")]
    for manager in managers:
        assert manager.get("ovpnInstanceName.1") == "fake"
        assert "openvpn-agentx" in manager.get("SNMPv2-MIB::sysDescr.0")
    for manager in (community(alone, "2c", "stranger"), user(alone, passphrase="another one")):
        with pytest.raises((SnmpTimeout, RuntimeError)):
            manager.get("ovpnInstanceName.1")
    assert refused(community(alone, "2c", "watcher"), ("ovpnControlVerb.1", "i", 4)) == "noAccess"


def test_what_an_agent_has(alone, start, manager):
    start()
    assert str(manager.get("SNMPv2-MIB::sysObjectID.0")).endswith("ovpnAgentIdentity")
    assert manager.get("SNMPv2-MIB::sysUpTime.0") >= 0
    assert "OPENVPN-MANAGEMENT-MIB::ovpnManagementMIB" in [
        varbind.value for varbind in manager.walk("SNMPv2-MIB::sysORID")]
    for group in ("1.3.6.1.2.1.11", "1.3.6.1.6.3.10.2", "1.3.6.1.6.3.15.1.1", "1.3.6.1.6.3.16.1"):
        assert manager.walk("." + group), group


def test_nothing_but_the_daemons_can_be_set(alone, start, manager):
    start()
    assert refused(manager, ("SNMPv2-MIB::sysContact.0", "s", "x")) == "noAccess"
    assert refused(manager, ("SNMPv2-MIB::snmpEnableAuthenTraps.0", "i", "1")) == "noAccess"
    manager.set(("ovpnControlVerb.1", "i", 5))
    assert manager.get("ovpnInstanceVerb.1") == 5


def test_secrets_are_for_privacy_alone(lab, alone, start_agent, start_fake):
    fake = start_fake(mode="client", question=questions.ask_user())
    start_agent([entry(fake)], master=alone)
    InstanceView(lab, alone.manager()).wait(30, Contact="up", PendingRequests=1)
    credential = (f"ovpnCredentialUsername.{question(alone.manager())}", "s", "carol")
    weak = [community(alone, "2c", "private"), user(alone, "noAuthNoPriv"), user(alone, "authNoPriv")]
    for manager in weak:
        assert manager.walk("OPENVPN-MANAGEMENT-MIB::ovpnSecrets") == []
        assert refused(manager, credential) == "noAccess"
        assert manager.walk("OPENVPN-MANAGEMENT-MIB::ovpnControl")
    strong = user(alone)
    assert strong.walk("OPENVPN-MANAGEMENT-MIB::ovpnSecrets")
    strong.set(credential)
    assert fake.commands("username") == [["username", "Auth", "carol"]]


def test_managers_know_it_again(lab, alone, start):
    """Also behind kill -9, and one that remembers engine ID, boots and time of before."""
    agent = start()
    manager = user(alone)
    engine = manager.get(ENGINE)
    assert manager.get(BOOTS) == 1
    number = "0x" + re.sub(r"\W", "", str(engine))
    for boots, end in ((2, agent.stop), (3, agent.kill), (4, agent.kill)):
        end()
        agent.start()
        assert [manager.get(ENGINE), manager.get(BOOTS)] == [engine, boots]
    remembering = user(alone, words=("-e", number, "-Z", "1,5"))
    assert remembering.get(BOOTS) == 4
    agent.reload()
    lab.wait_until(lambda: "configuration reloaded" in agent.log, "the reload")
    assert manager.get(BOOTS) == 4


def ends(lab, alone, *words, options=()):
    """Starts an agent that must refuse to; its exit status and its log."""
    agent = Agent(lab, alone, [{"name": "a", "index": 1, "management": "unix:/nonexistent/x"}],
                  name=f"agent{len(lab.parts)}", options=[*words, *options])
    agent.spawn()
    status = agent.wait_exit(60)
    return status, agent.log


REFUSED = ["perl print 1", "master agentx", "agentaddress udp:127.0.0.1:1", "extend x /bin/true",
           "pass .1.3 /bin/true", "dlmod x /x.so", "royser x", "trap2sink tcp:127.0.0.1:162",
           "view v forward .1.3", "access g", "createUser x SHA-1024 \"a long password\""]


@pytest.mark.parametrize("line", REFUSED)
def test_a_line_that_stops_the_start(lab, alone, line):
    alone.write(["# one", line])
    with open(alone.users, encoding="utf-8") as file:
        at = 1 + file.read().splitlines().index(line)
    for words in ((), ("-t",)):
        status, log = ends(lab, alone, *words)
        assert status == WRONG, log
        assert re.search(rf"{re.escape(alone.users)}:({at}:| line {at}:)", log), log
        assert "long password" not in log and not os.path.exists(alone.state)


def test_what_else_stops_the_start(lab, alone, start):
    other = Alone(lab, name="other", port=alone.port)
    start()
    status, log = ends(lab, other)
    assert status == 1 and f"cannot listen on udp:127.0.0.1:{alone.port}: Address already in use" in log
    other = Alone(lab, name="third")
    lab.write("third/state", "no folder")
    status, log = ends(lab, other)
    assert status == 1 and "state: not a folder" in log
    os.unlink(other.state)
    os.mkdir(other.state)
    os.chmod(other.state, 0o777)
    status, log = ends(lab, other)
    assert status == 1 and "group or others can write there" in log
    os.chmod(other.users, 0o644)
    status, log = ends(lab, other)
    assert status == WRONG and "others can read it" in log
    status, log = ends(lab, Alone(lab, name="fourth"), "-x", "unix:/x")
    assert status == 1 and "--agentx: with listen" in log


@pytest.mark.skipif(os.geteuid() != 0, reason="takes root")
def test_a_privileged_port(lab, alone):
    alone.port = 161
    agent = Agent(lab, alone, [{"name": "a", "index": 1, "management": "unix:/nonexistent/x"}],
                  identity=(65534, 65534), name="weak")
    os.chown(alone.folder, 65534, 65534)
    os.chown(alone.users, 65534, 65534)
    agent.spawn()
    assert agent.wait_exit(60) == 1
    assert "Permission denied; ports below 1024 take the capability CAP_NET_BIND_SERVICE" in agent.log


def descriptors(agent):
    return len(os.listdir(f"/proc/{agent.pid}/fd"))


def test_reloads(lab, alone, start, snmptrapd):
    agent = start()
    seen = []
    for count in range(1, 11):
        agent.reload()
        lab.wait_until(lambda: agent.log.count("configuration reloaded") == count, "a reload", 30)
        seen.append(descriptors(agent))
    assert len(set(seen)) == 1
    assert user(alone).get("ovpnInstanceName.1") == "fake"
    # A sink that was opened twice would get this twice.
    before = len(snmptrapd.traps())
    stranger = community(alone, "2c", "stranger")
    alone.write([*USERS, "authtrapenable 1"])
    agent.reload()
    lab.wait_until(lambda: agent.log.count("configuration reloaded") == 11, "a reload", 30)
    with pytest.raises(SnmpTimeout):
        stranger.get("ovpnInstanceName.1")
    snmptrapd.wait_traps("authenticationFailure")
    assert len(snmptrapd.traps()) == before + 1


def test_a_reload_takes_users_and_their_passwords(lab, alone, start):
    agent = start()
    old = user(alone)
    assert old.get(BOOTS) == 1
    new = PASSPHRASE[::-1]
    alone.write([f'createUser admin SHA-256 "{new}" AES "{new}"', "rouser admin"])
    agent.reload()
    lab.wait_until(lambda: "configuration reloaded" in agent.log, "a reload", 30)
    assert user(alone, passphrase=new).get(BOOTS) == 1
    with pytest.raises((SnmpTimeout, RuntimeError)):
        old.get(BOOTS)
    # What is wrong changes nothing.
    for line in ("royser x", "view v forward .1.3"):
        alone.write([line])
        agent.reload()
        lab.wait_until(lambda: f"{alone.users}:" in agent.log, "the fault is told", 30)
        lab.wait_until(lambda: "the configuration in force stays" in agent.log, "it stays", 30)
        assert user(alone, passphrase=new).get(BOOTS) == 1
    # Nor is a user remembered that is not there any more.
    alone.write()
    agent.stop()
    agent.start()
    with pytest.raises((SnmpTimeout, RuntimeError)):
        user(alone, passphrase=new).get(BOOTS)


def test_a_set_that_comes_again_runs_once(alone, start, fake):
    start()
    raw = FastSet(alone.port)
    raw._requests = itertools.repeat(7)
    for _ in range(3):
        assert raw.set((*CONTROL_TABLE, 5, 1), 5) == "noError"
    assert fake.commands("verb")[-1] == ["verb", "5"]
    assert fake.commands("verb").count(["verb", "5"]) == 1
    assert raw.set((*CONTROL_TABLE, 5, 1), 6) == "noError"  # another SET with the same number
    assert fake.commands("verb").count(["verb", "6"]) == 1
    raw.close()


def test_a_set_that_comes_again_while_it_runs(alone, start, fake, manager):
    """The daemon does not answer in time; the manager asks again and again."""
    start()
    fake.stall()
    manager.timeout, manager.retries = 0.2, 8
    count = commands_asked(alone)
    assert refused(manager, ("ovpnControlVerb.1", "i", 5)) == "commitFailed"
    fake.resume()
    assert commands_asked(alone) == count + 1


def commands_asked(alone):
    return len(rows(alone.manager(), "ovpnCommandTable"))


def test_a_get_beside_a_set(alone, start, fake, manager):
    start()
    fake.stall()
    background = Background(manager, ("ovpnControlVerb.1", "i", 5))
    assert manager.get("ovpnInstanceName.1") == "fake"
    assert background.join() == "commitFailed"
    fake.resume()


def test_a_getbulk_without_measure(alone, start, fake, manager):
    with fake.script() as daemon:
        daemon.add_clients(500)
    start()
    out = manager.getbulk(["ovpnClientTable"], 1000000)
    assert "ovpnClientInstanceName" in out
    assert len(manager.bulkwalk("ovpnClientCommonName", 1000)) == 500


def test_it_starts_and_is_told(lab, alone, start, snmptrapd, fake):
    start()
    snmptrapd.wait_traps("coldStart")
    fake.stop()
    trap, = snmptrapd.wait_traps("ovpnContactLost")
    assert trap.values["ovpnInstanceName"] == "fake"


def test_traps_of_version_3(lab, alone, start, fake):
    """Encrypted, with the user and the engine of the agent."""
    start().stop()
    with open(os.path.join(alone.state, "openvpn-agentx.conf"), encoding="utf-8") as file:
        engine = re.search(r"^oldEngineID (0x\w+)", file.read(), re.MULTILINE).group(1)
    receiver = Snmptrapd(lab, name="secure")
    with open(lab.path("secure", "snmptrapd.conf"), "a", encoding="utf-8") as file:
        file.write(f'createUser -e {engine} traps SHA-256 "{PASSPHRASE}" AES "{PASSPHRASE}"\n')
    receiver.start()
    alone.write([*USERS, f'createUser traps SHA-256 "{PASSPHRASE}" AES "{PASSPHRASE}"',
                 f'trapsess -v3 -u traps -l authPriv -a SHA-256 -A "{PASSPHRASE}" -x AES '
                 f'-X "{PASSPHRASE}" {receiver.address}'])
    again = Agent(lab, alone, [entry(fake)], name="again").start()
    receiver.wait_traps("coldStart", deadline=20)
    assert again.stop() == 0


def test_informs_wait_for_nobody(lab, fake, start_agent):
    """Their receiver is not there, comes, and goes; the agent answers all the while."""
    receiver = Snmptrapd(lab, name="late")
    alone = Alone(lab, sink=receiver, informs=True)
    start_agent([entry(fake)], master=alone)
    manager = alone.manager()
    manager.timeout = 1
    InstanceView(lab, manager).wait(30, Contact="up")
    receiver.start()
    fake.stop()
    receiver.wait_traps("ovpnContactLost", deadline=20)
    receiver.stop()
    fake.start()
    InstanceView(lab, manager).wait(40, Contact="up")
    assert manager.get("ovpnInstanceName.1") == "fake"


# What has a time in it, begins at random, or counts what the other agent was asked.
def test_both_ways_show_the_same(lab, alone, snmpd, start_fake, start_agent):
    """Two agents with daemons that are alike, one under snmpd."""
    shown = []
    for master in (snmpd, alone):
        fake = start_fake("office" if master is snmpd else "branch", mode="server")
        with fake.script() as daemon:
            daemon.add_clients(7)
        start_agent([{**entry(fake), "name": "same", "status_interval": 3600}], master=master,
                    name="under" if master is snmpd else "alone-agent")
        manager = master.manager() if master is snmpd else user(alone)
        InstanceView(lab, manager).wait(30, Contact="up", State="connected", Clients=7)
        lab.wait_until(lambda: len(manager.bulkwalk("ovpnRouteAddress")) == 7, "the routes")
        values = {name: value.replace(fake.name, "NAME") if isinstance(value, str) else value
                  for name, value in told(manager).items()}
        shown.append(values)
    under, by_itself = shown
    assert len(under) > 200
    assert {name for name in under.keys() | by_itself.keys()
            if under.get(name) != by_itself.get(name)} == set()
