"""The shipped settings of snmpd: three users, three views, and what each sees and sets."""

import os
import random
import re

import pytest

from fake import questions
from parts import openvpn
from parts.control import entry, refused
from parts.snmp import Snmpd
from parts.view import InstanceView, question

OID_ROOT = "1.3.6.1.4.1.8072.9999.9999.1194"
CONFIGURATION = os.path.join(os.path.dirname(__file__),
                             "../../conf/snmpd-openvpn-agentx.conf.in")
PASSPHRASE = "a long password"
SUBTREES = ("ovpnMonitor", "ovpnRecords", "ovpnControl", "ovpnSecrets")


def shipped(users):
    """The lines of the file with its users switched on; the socket is the test's."""
    with open(CONFIGURATION, encoding="utf-8") as file:
        text = file.read().replace("@OID_ROOT@", OID_ROOT)
    text = re.sub(r"^#(r[ow]user )", r"\1", text, flags=re.MULTILINE)
    lines = [line for line in text.splitlines()
             if line.startswith(("view ", "rouser ", "rwuser "))]
    return [f'createUser {user} SHA-256 "{PASSPHRASE}" AES "{PASSPHRASE}"'
            for user in users] + lines


@pytest.fixture
def guarded(lab, snmptrapd, way):
    return way(lab, sink=snmptrapd, name="guarded",
               extra=shipped(("ovpnmonitor", "ovpnoperator", "ovpnsecrets"))).start()


def user(snmpd, name, level="authPriv"):
    manager = snmpd.manager()
    manager.credentials = ["-v3", "-u", name, "-l", level, "-a", "SHA-256", "-A", PASSPHRASE]
    if level == "authPriv":
        manager.credentials += ["-x", "AES", "-X", PASSPHRASE]
    return manager


def visible(manager):
    return [name for name in SUBTREES if manager.walk(f"OPENVPN-MANAGEMENT-MIB::{name}")]


@pytest.mark.all_ways
def test_each_user_sees_and_sets_what_its_view_gives(lab, guarded, start_agent, start_fake):
    fake = start_fake(mode="client", question=questions.ask_user())
    start_agent([entry(fake)], master=guarded)
    InstanceView(lab, guarded.manager()).wait(Contact="up", PendingRequests=1)
    monitor, operator, secrets = (user(guarded, "ovpn" + name)
                                  for name in ("monitor", "operator", "secrets"))
    verb = ("ovpnControlVerb.1", "i", 4)
    username = (f"ovpnCredentialUsername.{question(secrets)}", "s", "carol")
    assert visible(monitor) == ["ovpnMonitor"]
    assert refused(monitor, verb) == "noAccess"
    assert refused(monitor, username) == "noAccess"
    assert visible(operator) == ["ovpnMonitor", "ovpnRecords", "ovpnControl"]
    operator.set(verb)
    assert refused(operator, username) == "noAccess"
    assert visible(secrets) == list(SUBTREES)
    secrets.set(username)
    secrets.set(("ovpnControlVerb.1", "i", 3))
    weak = user(guarded, "ovpnsecrets", "authNoPriv")
    with pytest.raises(Exception, match="authorizationError"):
        weak.get("ovpnInstanceName.1")
    assert fake.commands("username") == [["username", "Auth", "carol"]]


def test_a_client_that_connects_only_after_it_was_answered(lab, pki, guarded, start_agent):
    server = openvpn.server(lab, pki, users={"carol": "wonderland"}).start()
    daemon = openvpn.client(lab, pki, server,
                            extra=["auth-user-pass", "management-query-passwords"]).start()
    start_agent([entry(daemon)], master=guarded)
    manager = user(guarded, "ovpnsecrets")
    InstanceView(lab, manager).wait(Contact="up", PendingRequests=1)
    row = question(manager)
    manager.set((f"ovpnCredentialUsername.{row}", "s", "carol"),
                (f"ovpnCredentialPassword.{row}", "s", "wonderland"))
    InstanceView(lab, manager).wait(30, State="connected")


USERS = ("ovpnmonitor", "ovpnoperator", "ovpnsecrets")
# Each with its first columns: where a view ends, in the middle of a table, and what stands around.
TABLES = ("1.1", "1.2.1", "1.3.1", "1.4.1", "1.5.1", "1.6.1", "1.7.1", "2.1.1", "2.2.1", "2.3.1",
          "2.4.1", "2.5.1", "2.6.1", "2.7.1", "3.1.1.1", "3.1.2.1", "3.1.3.1", "3.2.1.1")
AROUND = ("1.3.6.1.2.1.1.1", "1.3.6.1.2.1.1.9.1.4", "1.3.6.1.4.1", OID_ROOT, OID_ROOT + ".0",
          OID_ROOT + ".1", OID_ROOT + ".2", OID_ROOT + ".3", OID_ROOT + ".4", "1.3.6.1.6.3", "2")


def place(dice):
    """An OID that a manager may ask behind."""
    if dice.random() < 0.2:
        return dice.choice(AROUND)
    name = f"{OID_ROOT}.{dice.choice(TABLES)}.{dice.randrange(9)}"
    for _ in range(dice.randrange(3)):
        name += f".{dice.choice((0, 1, 2, 9, 4294967295))}"
    return name


@pytest.fixture
def busy(lab, guarded, start_agent, start_fake):
    """Something in most tables."""
    fake = start_fake(mode="server")
    with fake.script() as daemon:
        daemon.add_clients(7)
    start_agent([entry(fake)], master=guarded)
    InstanceView(lab, guarded.manager()).wait(Contact="up", Clients=7)
    return guarded


# Pairs of columns, the second behind the end of some view.
PAIRS = (("1.7.1.3", "2.2.1.2"), ("1.7.1.3", "3.1.1.1.1"), ("1.3.1.22", "3.1.2.1.1"),
         ("2.5.1.7", "3.2.1.1.1"), ("3.1.1.1.20", "3.2.1.1.4"), ("1.5.1.8", "2.7.1.4"))


@pytest.mark.parametrize("name", USERS)
def test_a_getbulk_ends(busy, name):
    """snmpd 5.9.3 loops without end where a view ends in what a subagent registered and nothing
    stands behind it that snmpd serves by itself: the first of the pairs, and the lowest user."""
    manager = user(busy, name)
    for pair in PAIRS:
        manager.getbulk([f"{OID_ROOT}.{column}" for column in pair], 40)


def getbulks_at_random(manager, dice, count=40):
    """Each is answered, without an error."""
    manager.options += ["-Ir"]  # the places need not be of the MIB
    for _ in range(count):
        places = [place(dice) for _ in range(dice.randrange(1, 6))]
        manager.getbulk(places, dice.choice((1, 2, 5, 20, 40, 100)),
                        dice.choice((0, 0, 0, dice.randrange(len(places)))))


@pytest.mark.all_ways
@pytest.mark.parametrize("name", USERS)
def test_random_getbulks(busy, name):
    getbulks_at_random(user(busy, name), random.Random(name))


def test_a_view_with_a_mask(lab, start_agent, start_fake):
    """One daemon of two, and the line that the shipped views have."""
    fakes = [start_fake(name, mode="server") for name in ("one", "two")]
    for fake in fakes:
        with fake.script() as daemon:
            daemon.add_clients(7)
    last, = {line.split()[3] for line in shipped(()) if ".1.3.6.1.6.3" in line}
    # All but the column, which is number 14.
    snmpd = Snmpd(lab, extra=["com2sec tenant default tenant", "group tenants v2c tenant",
                              f"view oneDaemon included .{OID_ROOT}.1.3.1.0.2 ff:fb",
                              f"view oneDaemon included {last}",
                              'access tenants "" v2c noauth exact oneDaemon none none']).start()
    start_agent([entry(fake, index) for index, fake in enumerate(fakes, 1)], master=snmpd)
    for index in (1, 2):
        InstanceView(lab, snmpd.manager(), index).wait(Contact="up", Clients=7)
    manager = snmpd.manager()
    manager.credentials = ["-v2c", "-c", "tenant"]
    assert {index for index, _ in manager.table("ovpnClientTable")} == {2}
    getbulks_at_random(manager, random.Random("tenant"))
