"""A server that asks for a second factor: the test is the server's manager, the agent the client's."""

import base64

import pytest

from parts import openvpn
from parts.control import entry, last, refused
from parts.view import InstanceView, question, rows

pytestmark = [pytest.mark.both_ways, pytest.mark.private]

CODE = "Xq7-very-secret"


def test_a_second_factor(lab, pki, start_agent, manager, snmptrapd):
    server = openvpn.server(lab, pki, extra=["management-client-auth",
                                             "auth-user-pass-optional"]).start()
    client = openvpn.client(lab, pki, server, "alice", extra=["setenv IV_SSO crtext,openurl"])
    with server.manage() as office:
        office.deadline = 20
        client.start()
        agent = start_agent([entry(client)])
        view = InstanceView(lab, manager)
        view.wait(Contact="up")
        cid, kid = office.wait_notification(">CLIENT:CONNECT").split(",")[1:3]
        assert office.command(f"client-pending-auth {cid} {kid} \"CR_TEXT:E,R:Enter the code\" 40")
        view.wait(20, PendingRequests=1, State="authPending")
        (index, row), = rows(manager, "ovpnRequestTable").items()
        assert (row["Kind"], row["Name"], row["Prompt"], row["Echo"]) == (
            "challenge", "CR_TEXT", "Enter the code", "true")
        assert snmptrapd.wait_traps("ovpnInputNeeded")[0].values["ovpnRequestName"] == "CR_TEXT"
        assert view.get("Info") == ""
        where = f"ovpnCredentialResponse.{index[0]}.{index[1]}"
        assert refused(manager, (where.replace("Response", "Password"), "s", "x")
                       ) == "inconsistentValue"
        manager.set((where, "s", CODE))
        assert last(manager) == ["success", "command succeeded"]
        answer = office.wait_notification(">CLIENT:CR_RESPONSE")
        assert base64.b64decode(answer.split(",")[3]).decode() == CODE
        assert office.command(f"client-auth-nt {cid} {kid}")
        view.wait(30, State="connected", PendingRequests=0)
    row, = rows(manager, "ovpnRequestTable").values()
    assert row["Status"] == "answered"
    shown = str(manager.bulkwalk("OPENVPN-MANAGEMENT-MIB::ovpnRecords"))
    for secret in (CODE, base64.b64encode(CODE.encode()).decode()):
        assert secret not in agent.log + shown


@pytest.fixture
def view(lab, manager):
    """Instance 1."""
    return InstanceView(lab, manager)


@pytest.fixture
def fake(start_fake, start_agent, view):
    """A scripted client that is connected."""
    daemon = start_fake(mode="client")
    start_agent([entry(daemon)])
    view.wait(Contact="up", State="connected")
    return daemon


def ask(daemon, *messages, seconds=60):
    """What a daemon says when its server asks, in its order."""
    daemon.state("AUTH_PENDING", f"timeout {seconds}")
    for message in messages:
        daemon.emit(f">INFOMSG:{message}")
    daemon.state("GET_CONFIG")


def asked(manager):
    return [(row["Kind"], row["Name"], row["Prompt"], row["Status"])
            for row in rows(manager, "ovpnRequestTable").values()]


def test_a_question_whose_time_is_over(fake, manager, snmptrapd, view):
    with fake.script() as daemon:
        ask(daemon, "CR_TEXT:R:Enter the code", seconds=3)
    view.wait(PendingRequests=1, State="authPending")
    trap, = snmptrapd.wait_traps("ovpnInputEnded")
    assert trap.values["ovpnRequestName"] == "CR_TEXT"
    view.wait(PendingRequests=0, State="getConfig")
    assert asked(manager) == [("challenge", "CR_TEXT", "Enter the code", "withdrawn")]
    answer = (f"ovpnCredentialResponse.{question(manager)}", "s", "1")
    assert refused(manager, answer) == "inconsistentValue"
    row = list(rows(manager, "ovpnCommandTable").values())[-1]
    assert (row["Command"], row["Reply"]) == ("cr-response ***", "the question is no longer open")


def test_a_connected_client_has_no_questions(fake, manager, snmptrapd, view):
    with fake.script() as daemon:
        ask(daemon, "CR_TEXT:R:Enter the code", f"OPEN_URL:https://a.example/{CODE}",
            f"WEB_AUTH:hidden:https://b.example/?t={CODE}")
    view.wait(PendingRequests=3, State="authPending", Info="")
    questions = [("challenge", "CR_TEXT", "Enter the code"),
                 ("other", "OPEN_URL", "https://a.example/***"),
                 ("other", "WEB_AUTH", "https://b.example/***")]
    assert asked(manager) == [(*question, "pending") for question in questions]
    traps = snmptrapd.wait_traps("ovpnInputNeeded", 3)
    assert {trap.values["ovpnRequestPrompt"] for trap in traps} == {
        prompt for _, _, prompt in questions}
    with fake.script() as daemon:
        daemon.state("CONNECTED", "SUCCESS", "10.9.0.2", remote=("127.0.0.1", 1194))
    view.wait(PendingRequests=0, State="connected")
    snmptrapd.wait_traps("ovpnInputEnded", 3)
    assert asked(manager) == [(*question, "withdrawn") for question in questions]
    assert CODE not in str(manager.bulkwalk("OPENVPN-MANAGEMENT-MIB::ovpnManagementMIB"))
    assert CODE not in str([str(trap) for trap in snmptrapd.traps()])


def test_two_questions_in_a_row(fake, manager, view):
    for number, prompt in enumerate(("First code", "Second code"), 1):
        with fake.script() as daemon:
            ask(daemon, f"CR_TEXT:R:{prompt}")
        view.wait(PendingRequests=1, State="authPending")
        manager.set((f"ovpnCredentialResponse.{question(manager)}", "s", f"{CODE}{number}"))
        view.wait(PendingRequests=0, State="getConfig")
    assert asked(manager) == [("challenge", "CR_TEXT", "First code", "answered"),
                              ("challenge", "CR_TEXT", "Second code", "answered")]
    assert [base64.b64decode(words[1]).decode() for words in fake.commands()
            if words[0] == "cr-response"] == [f"{CODE}1", f"{CODE}2"]


def test_a_restart_ends_a_question(fake, manager, snmptrapd, view):
    with fake.script() as daemon:
        ask(daemon, "CR_TEXT:R:Enter the code")
    view.wait(PendingRequests=1, State="authPending")
    with fake.script() as daemon:
        daemon.signal("SIGUSR1")
    view.wait(PendingRequests=0, State="connected")
    with fake.script() as daemon:
        ask(daemon, "CR_TEXT:R:Another code")
    view.wait(PendingRequests=1, State="authPending")
    fake.restart()
    view.wait(Contact="up", State="connected", PendingRequests=0)
    assert asked(manager) == [("challenge", "CR_TEXT", "Enter the code", "withdrawn"),
                              ("challenge", "CR_TEXT", "Another code", "withdrawn")]
    snmptrapd.wait_traps("ovpnInputEnded", 2)
