"""The shipped settings of snmpd: three users, three views, and what each sees and sets."""

import os
import re

import pytest

from fake import questions
from parts import openvpn
from parts.control import entry, refused
from parts.snmp import Snmpd
from parts.view import InstanceView

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
def guarded(lab, snmptrapd):
    return Snmpd(lab, sink=snmptrapd, name="guarded",
                 extra=shipped(("ovpnmonitor", "ovpnoperator", "ovpnsecrets"))).start()


def user(snmpd, name, level="authPriv"):
    manager = snmpd.manager()
    manager.credentials = ["-v3", "-u", name, "-l", level, "-a", "SHA-256", "-A", PASSPHRASE]
    if level == "authPriv":
        manager.credentials += ["-x", "AES", "-X", PASSPHRASE]
    return manager


def visible(manager):
    return [name for name in SUBTREES if manager.walk(f"OPENVPN-MANAGEMENT-MIB::{name}")]


def test_each_user_sees_and_sets_what_its_view_gives(lab, guarded, start_agent, start_fake):
    fake = start_fake(mode="client", question=questions.ask_user())
    start_agent([entry(fake)], master=guarded)
    InstanceView(lab, guarded.manager()).wait(Contact="up", PendingRequests=1)
    monitor, operator, secrets = (user(guarded, "ovpn" + name)
                                  for name in ("monitor", "operator", "secrets"))
    verb = ("ovpnControlVerb.1", "i", 4)
    username = ("ovpnCredentialUsername.1.1", "s", "carol")
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
    manager.set(("ovpnCredentialUsername.1.1", "s", "carol"),
                ("ovpnCredentialPassword.1.1", "s", "wonderland"))
    InstanceView(lab, manager).wait(30, State="connected")
