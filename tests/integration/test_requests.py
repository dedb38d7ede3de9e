"""What a daemon waits for, and what passes by that is secret: tables, notifications and log."""

import pytest

from fake import questions
from parts import openvpn
from parts.control import entry
from parts.view import InstanceView, question, rows

pytestmark = [pytest.mark.both_ways, pytest.mark.private]

SECRET = "Xq7-very-secret"


def instance(name, daemon, index=1, **others):
    return {"name": name, "index": index, "management": daemon, "status_interval": 1, **others}


@pytest.fixture
def view(lab, manager):
    """Instance 1."""
    return InstanceView(lab, manager)


def test_a_private_key_password(lab, pki, start_agent, snmptrapd, manager, view):
    daemon = openvpn.lone_client(lab, pki, identity=pki.encrypted_client("locked"),
                                 extra=["management-query-passwords"]).start()
    start_agent([instance("branch", daemon)])
    view.wait(Contact="up", PendingRequests=1)
    row, = rows(manager, "ovpnRequestTable").values()
    assert row["Kind"] == "password"
    assert row["Name"] == "Private Key"
    assert row["Status"] == "pending"
    trap = snmptrapd.wait_traps("ovpnInputNeeded")[0]
    assert trap.values["ovpnRequestName"] == "Private Key"


def test_a_user_name_and_password(lab, pki, start_agent, snmptrapd, manager, view):
    daemon = openvpn.lone_client(lab, pki, extra=["auth-user-pass", "management-query-passwords"])
    daemon.start()
    start_agent([instance("branch", daemon)])
    view.wait(Contact="up", PendingRequests=1)
    row, = rows(manager, "ovpnRequestTable").values()
    assert row["Kind"] == "usernamePassword"
    assert row["Name"] == "Auth"
    daemon.signal(15)
    snmptrapd.wait_traps("ovpnInputEnded")
    view.wait(Contact="disconnected")


def test_a_failed_authentication(start_agent, start_fake, snmptrapd, manager, view):
    fake = start_fake(mode="client")
    start_agent([instance("branch", fake)])
    view.wait(Contact="up")
    with fake.script() as daemon:
        daemon.emit(">PASSWORD:Verification Failed: 'Auth' ['no, it's \"wrong\"']")
        daemon.emit(f">PASSWORD:Verification Failed: 'Auth' ['CRV1:R,E:{SECRET}:dXNlcg==:PIN?']")
        daemon.emit(">PASSWORD:Need 'Auth' username/password")
    traps = snmptrapd.wait_traps("ovpnAuthenticationFailed", 2)
    assert traps[0].values["ovpnRequestReason"] == "no, it's \"wrong\""
    view.wait(PendingRequests=1)
    table = list(rows(manager, "ovpnRequestTable").values())
    assert [row["Echo"] for row in table] == ["unknown", "true", "true"]
    question = table[-1]
    assert question["Prompt"] == "PIN?"
    assert question["Status"] == "pending"
    assert SECRET not in str([str(trap) for trap in snmptrapd.traps()])
    assert SECRET not in str(rows(manager, "ovpnRequestTable"))


@pytest.mark.parametrize("version", ["2.3.18", "2.7.6"])
def test_a_wrong_passphrase_that_only_ends_the_daemon(start_agent, start_fake, snmptrapd, manager,
                                                      view, version):
    fake = start_fake(version=version, mode="client", question=questions.ask_password())
    start_agent([entry(fake)])
    view.wait(Contact="up", PendingRequests=1)

    def verify(daemon, _):
        daemon.emit("SUCCESS: 'Private Key' password entered, but not yet verified")
        daemon.fatal("Error: private key password verification failed")

    with fake.script() as daemon:
        daemon.overrides["password"] = verify
    manager.set((f"ovpnCredentialPassword.{question(manager)}", "s", SECRET))
    trap, = snmptrapd.wait_traps("ovpnAuthenticationFailed")
    assert trap.values["ovpnRequestName"] == "Private Key"
    row, = rows(manager, "ovpnRequestTable").values()
    assert row["Status"] == "failed"


def test_a_line_feed_in_a_logged_text(start_agent, start_fake, manager, view):
    """A text of a script that is logged goes on in a line that looks like a message."""
    fake = start_fake(mode="client")
    start_agent([entry(fake)])
    view.wait(Contact="up", State="connected")
    asked = fake.commands().count(["hold"])
    for flag, waiting in ((False, "false"), (True, "true")):
        with fake.script() as daemon:
            daemon.hold_flag = flag
            daemon.log("N", "script said: no")
            daemon.emit(">HOLD:Waiting for hold release:10")
            daemon.log("W", f"behind it: {flag}")
        asked += 1
        view.lab.wait_until(lambda: fake.commands().count(["hold"]) == asked, "it is asked")
        view.lab.wait_until(lambda: f"behind it: {flag}" in str(rows(manager, "ovpnLogTable")),
                            "the log is shown")
        view.wait(HoldWaiting=waiting)


def test_secrets_go_nowhere(start_agent, start_fake, snmptrapd, manager, view):
    fake = start_fake(mode="server")
    agent = start_agent([instance("office", fake, notify=[
        "state-all", "fatal", "hold", "contact", "input", "auth", "client", "echo", "log:IFNWD"])])
    view.wait(Contact="up")
    with fake.script() as daemon:
        daemon.emit(f">PASSWORD:Auth-Token:{SECRET}")
        daemon.log("", "PUSH: Received control message: "  # as 2.3 does
                       f"'PUSH_REPLY,auth-token {SECRET},peer-id 0'")
        for line in ("CONNECT,3,1", f"ENV,password={SECRET}", "ENV,END"):
            daemon.emit(f">CLIENT:{line}")
        for line in ("ESTABLISHED,3", f"ENV,password={SECRET}", "ENV,END"):
            daemon.emit(f">CLIENT:{line}")
        daemon.emit(f">LOG:1795454000,D,MANAGEMENT: CMD 'username \"Auth\" \"{SECRET}\"'")
        daemon.emit(f">INFOMSG:WEB_AUTH::https://login.example/{SECRET}?token={SECRET}")
        daemon.emit(">LOG:1795454000,W,the end")
    snmptrapd.wait_traps("ovpnLogAlert", 1, 10, lambda trap: "the end" in str(trap))
    seen = [varbind.value for varbind in manager.bulkwalk("OPENVPN-MANAGEMENT-MIB::ovpnMonitor")]
    seen += [varbind.value for varbind in manager.bulkwalk("OPENVPN-MANAGEMENT-MIB::ovpnRecords")]
    assert len(seen) > 80
    assert SECRET not in str(seen)
    assert SECRET not in str([str(trap) for trap in snmptrapd.traps()])
    assert SECRET not in agent.log
    # A server that waits for its management client's word is a fault of the set-up.
    assert "management-client-auth" in view.get("ContactError")
