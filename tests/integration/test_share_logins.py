"""Guests who answer: for clients of a server that asks, and for a daemon that asks itself."""

import re
import threading

import pytest

from parts import openvpn
from parts.control import refused
from parts.management import connect
from parts.share import ALL, enter, share, shared
from parts.view import InstanceView, question, rows

pytestmark = [pytest.mark.both_ways, pytest.mark.private]


@pytest.fixture
def view(lab, manager):
    """Instance 1."""
    return InstanceView(lab, manager)


def user(lab, pki, server, name, **others):
    """A client that logs in by a password again and again."""
    words = lab.write(name + ".words", f"{name}\nopen-Zq9\n")
    return openvpn.client(lab, pki, server, name, extra=[
        f"auth-user-pass {words}", "auth-retry nointeract", "connect-retry 1 1"], **others)


def login(guest):
    """The numbers of the next client that waits, and what is told of it."""

    def line():
        return guest.notifications.pop(0) if guest.notifications else guest.read_line()

    begin = line()
    while not begin.startswith(">CLIENT:CONNECT,"):
        begin = line()
    told = [line()]
    while told[-1] != ">CLIENT:ENV,END":
        told.append(line())
    return begin.split(",")[1:], told


@pytest.fixture
def asking(lab, pki):
    """A server that asks its manager of each client."""
    return openvpn.server(lab, pki, extra=["management-client-auth", "auth-user-pass-optional",
                                           "hand-window 10"])


def test_who_answers_first_is_the_only_one(lab, pki, asking, start_agent, view):
    """The daemon would let a client in that was denied a moment ago."""
    asking.start()
    judges, readers = share(lab, "sso", allow=("clients",)), share(lab, "readers")
    agent = start_agent([shared(asking, judges, readers)])
    first, second, reader = enter(lab, judges), enter(lab, judges), enter(lab, readers)
    client = user(lab, pki, asking, "alice").start()
    numbers, told = login(first)
    assert login(second)[0] == numbers
    seen_numbers, seen = login(reader)
    assert seen_numbers == numbers
    assert ">CLIENT:ENV,password=open-Zq9" in told
    assert ">CLIENT:ENV,username=alice" in seen
    assert not [line for line in seen if "Zq9" in line]
    assert view.get("ContactError") == ""
    cid, kid = numbers
    assert reader.one(f"client-auth-nt {cid} {kid}") == (
        "ERROR: the 'client-auth-nt' command is not allowed here")
    assert first.one(f'client-deny {cid} {kid} "no"') == "SUCCESS: client-deny command succeeded"
    assert second.one(f"client-auth-nt {cid} {kid}") == "ERROR: client-auth command failed"
    assert second.block(f"client-auth {cid} {kid}", 'push "x"') == "ERROR: client-auth command failed"
    assert first.one(f"client-deny {cid} {kid} no").startswith("ERROR: client-deny command failed")
    client.wait_log("AUTH_FAILED")
    # It comes again: the other lets it in.
    (cid, kid), _ = login(second)
    assert second.one(f"client-pending-auth {cid} {kid} CR_TEXT:R:x 20").startswith("SUCCESS")
    assert first.one(f"client-deny {cid} {kid} no").startswith("ERROR: client-deny command failed")
    assert second.block(f"client-auth {cid} {kid}", 'push "echo let-in"') == (
        "SUCCESS: client-auth command succeeded")
    client.wait_completed()
    view.wait(Clients=1, LoginsAccepted=1)
    assert "no client can log in" not in agent.log and "Zq9" not in agent.log
    # Nobody is left who could.
    first.close()
    second.close()
    lab.wait_until(lambda: "no client can log in" in view.get("ContactError"), "that is told")


def test_blocks_that_nobody_waits_for(lab, asking, start_agent):
    """The daemon would run their lines."""
    asking.start()
    place = share(lab, allow=ALL)
    start_agent([shared(asking, place)])
    with enter(lab, place) as guest:
        assert guest.block("pk-sig", "AAAA") == "ERROR: The pk-sig command is not currently available"
        assert guest.block("client-auth 0 1", "hold on") == (
            "ERROR: the lines of this command cannot be sent")
        assert guest.block("client-auth 0 1", 'push "x"') == "ERROR: client-auth command failed"
        assert guest.one("hold") == "SUCCESS: hold=0"
    assert "AAAA" not in asking.log and "CMD 'push" not in asking.log
    assert asking.alive


def test_a_script_that_lets_people_in(lab, pki, asking, start_agent, manager, view, snmptrapd):
    """A single-sign-on daemon behind a share, while a manager looks on."""
    asking.start()
    place = share(lab, allow=("clients",))
    start_agent([shared(asking, place, notify=["client", "input"])])
    judged = []

    def serve(guest):
        while len(judged) < 3:
            (cid, kid), told = login(guest)
            name = next(line for line in told if "ENV,username=" in line).rpartition("=")[2]
            good = name != "mallory"
            answer = (guest.block(f"client-auth {cid} {kid}", f'push "echo {name}"') if good
                      else guest.one(f"client-deny {cid} {kid} unknown"))
            judged.append((name, answer))

    with enter(lab, place) as guest:
        daemon = threading.Thread(target=serve, args=(guest,))
        daemon.start()
        clients = {name: user(lab, pki, asking, name).start() for name in ("alice", "bob")}
        for client in clients.values():
            client.wait_completed()
        user(lab, pki, asking, "mallory").start().wait_log("AUTH_FAILED")
        daemon.join(20)
        assert dict(judged) == {"alice": "SUCCESS: client-auth command succeeded",
                                "bob": "SUCCESS: client-auth command succeeded",
                                "mallory": "SUCCESS: client-deny command succeeded"}
        view.wait(Clients=2, ContactError="")
        snmptrapd.wait_traps("ovpnClientConnected", 2)
    assert rows(manager, "ovpnRequestTable") == {}


def test_kill_and_close(lab, pki, start_agent, manager, view):
    """As openvpn-monitor does: it says what it wants and reads nothing."""
    server = openvpn.server(lab, pki).start()
    client = openvpn.client(lab, pki, server, "alice").start()
    client.wait_completed()
    place = share(lab, allow=("kill",))
    start_agent([shared(server, place)])
    enter(lab, place).close()
    link = connect(place["listen"])
    link.sendall(b"client-kill 0\nquit\n")
    link.close()
    client.wait_completed(2)
    view.wait(Clients=1)
    row = list(rows(manager, "ovpnCommandTable").values())[-1]
    assert (row["Command"], row["Result"]) == ("client-kill 0", "success")


def test_a_question_has_one_answer(lab, pki, start_agent, manager, view):
    """A second user name would take the place of the first before the password completes it."""
    server = openvpn.server(lab, pki, users={"carol": "secret"}).start()
    daemon = openvpn.client(lab, pki, server, hold=True, extra=[
        "auth-user-pass", "management-query-passwords", "auth-retry interact"]).start()
    place = share(lab, allow=("passwords", "hold"))
    agent = start_agent([shared(daemon, place)])
    one, other = enter(lab, place), enter(lab, place)
    for guest in (one, other):
        guest.wait_notification(">HOLD:")
    assert other.one("hold release") == "SUCCESS: hold release succeeded"
    for guest in (one, other):
        guest.wait_notification(">PASSWORD:Need 'Auth' username/password")
    view.wait(HoldWaiting="false", PendingRequests=1)
    assert one.one("username Auth carol") == "SUCCESS: 'Auth' username entered, but not yet verified"
    busy = "ERROR: this question is being answered by somebody else"
    assert other.one("username Auth mallory") == busy
    assert other.one("password Auth secret") == busy
    row = question(manager)
    assert refused(manager, (f"ovpnCredentialUsername.{row}", "s", "mallory"),
                   (f"ovpnCredentialPassword.{row}", "s", "x")) == "inconsistentValue"
    late = enter(lab, place)
    assert late.read_line().startswith(">PASSWORD:Need 'Auth' username/password")
    assert one.one("password Auth secret") == "SUCCESS: 'Auth' password entered, but not yet verified"
    view.wait(30, State="connected", PendingRequests=0)
    shown = [row["Command"] for row in rows(manager, "ovpnCommandTable").values()]
    assert "username Auth ***" in shown and "password Auth ***" in shown
    assert not re.search("'secret'|secret\"", agent.log)


def test_who_begins_an_answer_and_goes(lab, pki, start_agent, view):
    daemon = openvpn.lone_client(lab, pki, extra=["auth-user-pass",
                                                  "management-query-passwords"]).start()
    place = share(lab, allow=("passwords",))
    start_agent([shared(daemon, place)])
    one, other = enter(lab, place), enter(lab, place)
    other.wait_notification(">PASSWORD:Need")
    assert one.one("username Auth first").startswith("SUCCESS")
    assert other.one("username Auth second").startswith("ERROR: this question")
    one.close()
    lab.wait_until(lambda: other.one("username Auth second").startswith("SUCCESS"), "it is free")
    assert other.one("password Auth x").startswith("SUCCESS")
    view.wait(PendingRequests=0)


def test_clients_wait_for_a_guest(lab, pki, start_agent, view):
    """OpenVPN clients that a guest holds and lets go."""
    server = openvpn.server(lab, pki).start()
    daemon = openvpn.client(lab, pki, server, hold=True).start()
    place = share(lab, allow=("hold", "signal:SIGUSR1"))
    start_agent([shared(daemon, place)])
    with enter(lab, place) as guest:
        for count in (1, 2):
            guest.wait_notification(">HOLD:")
            view.wait(HoldWaiting="true")
            assert guest.one("hold release") == "SUCCESS: hold release succeeded"
            daemon.wait_completed(count)
            assert guest.one("signal SIGUSR1") == "SUCCESS: signal SIGUSR1 thrown"
