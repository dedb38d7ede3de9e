"""SETs against a scripted daemon: questions, old versions, stalls, late answers, hostile text."""

import base64
import random
import threading
import time

import pytest

from fake import questions
from parts.agent import Agent
from parts.control import CONTROL_TABLE, Background, entry, last, refused
from parts.fastset import FastSet
from parts.network import Network
from parts.snmp import SnmpError, Snmpd
from parts.view import InstanceView, question, rows

pytestmark = [pytest.mark.both_ways, pytest.mark.private]

SECRET = "Xq7-very-secret"


@pytest.fixture
def view(lab, manager):
    """Instance 1."""
    return InstanceView(lab, manager)


@pytest.fixture
def server(start_fake, start_agent, view):
    fake = start_fake(mode="server")
    start_agent([entry(fake)])
    view.wait(Contact="up", State="connected")
    return fake


def start_asking(start_fake, start_agent, view, question, **others):
    """A client that has asked."""
    fake = start_fake(mode="client", question=question, **others)
    agent = start_agent([entry(fake)])
    view.wait(Contact="up", PendingRequests=1)
    return fake, agent


def commands(fake, *names):
    return [words for words in fake.commands() if words[0] in names]


def test_values_that_are_wrong(server, manager, snmpd):
    raw = FastSet(snmpd.port)  # the tools know the module and would not send these
    assert raw.set((*CONTROL_TABLE, 5, 1), b"x") == "wrongType"
    assert raw.set((*CONTROL_TABLE, 8, 1), 1) == "wrongType"
    assert raw.set((*CONTROL_TABLE, 9, 1), b"1" * 65) == "wrongLength"
    assert raw.set((*CONTROL_TABLE, 5, 1, 1), 3) == "noCreation"
    assert raw.set((*CONTROL_TABLE, 99, 1), 3) == "notWritable"
    assert raw.set((*CONTROL_TABLE, 18, 1), 3) == "notWritable"
    assert raw.set((*CONTROL_TABLE[:-4], 1, 2, 1, 33, 1), 3) == "notWritable"  # ovpnInstanceVerb
    assert raw.set((*CONTROL_TABLE, 5, 1), 16) == "wrongValue"
    raw.close()
    assert refused(manager, ("ovpnControlVerb.1", "i", -1)) == "wrongValue"
    assert refused(manager, ("ovpnControlMute.1", "i", -1)) == "wrongValue"
    assert refused(manager, ("ovpnControlHoldFlag.1", "i", "unknown")) == "wrongValue"
    assert refused(manager, ("ovpnControlAuthRetry.1", "i", "unknown")) == "wrongValue"
    assert refused(manager, ("ovpnControlKillCommonName.1", "s", "a\nkill b")) == "wrongValue"
    assert refused(manager, ("ovpnControlVerb.2", "i", 3)) == "noCreation"
    assert refused(manager, ("ovpnClientControlAction.1.99", "i", "kill")) == "noCreation"
    assert refused(manager, ("ovpnConfirmConfirm.1.1", "i", "ok")) == "noCreation"
    for name, value in (("HoldRelease", "ready"), ("Signal", "none"), ("Refresh", "ready"),
                        ("ForgetPasswords", "ready")):
        manager.set((f"ovpnControl{name}.1", "i", value))
    manager.set(("ovpnControlKillCommonName.1", "s", ""), ("ovpnControlKillAddress.1", "s", ""))
    assert manager.table("ovpnCommandTable") == {}
    assert commands(server, "verb", "kill", "mute", "hold") == [["verb"], ["hold"], ["mute"]]


def test_changes_that_contradict(server, manager):
    verb = ("ovpnControlVerb.1", "i", 4)
    assert refused(manager, verb, verb) == "inconsistentValue"
    assert refused(manager, ("ovpnControlKillCommonName.1", "s", "a"),
                   ("ovpnControlSignal.1", "i", "sigusr1")) == "inconsistentValue"
    assert refused(manager, ("ovpnControlKillCommonName.1", "s", "a:b")) == "inconsistentValue"
    assert "cannot take this name" in last(manager)[1]
    assert refused(manager, ("ovpnControlKillAddress.1", "s", "::1")) == "inconsistentValue"
    assert commands(server, "kill", "signal") == []


def test_the_serial_number(server, manager):
    serial = manager.get("ovpnControlSerial.1")
    manager.set(("ovpnControlSerial.1", "i", serial), ("ovpnControlVerb.1", "i", 4))
    after = (serial + 1) % (1 << 31)
    assert manager.get("ovpnControlSerial.1") == after
    for _ in range(2):
        assert refused(manager, ("ovpnControlSerial.1", "i", serial),
                       ("ovpnControlVerb.1", "i", 5)) == "inconsistentValue"
    assert last(manager) == ["success", "verb level changed"]
    assert refused(manager, ("ovpnControlSerial.1", "i", after),
                   ("ovpnControlKillCommonName.1", "s", "nobody")) == "commitFailed"
    assert manager.get("ovpnControlSerial.1") == after


def test_what_is_not_allowed(start_fake, start_agent, manager, view):
    fake = start_fake(mode="server")
    agent = start_agent([entry(fake, allow=["signal:SIGUSR1", "verb"])])
    view.wait(Contact="up", State="connected")
    manager.set(("ovpnControlVerb.1", "i", 4))
    for name, value in (("Mute", 3), ("HoldFlag", "true"), ("HoldRelease", "release"),
                        ("AuthRetry", "none"), ("ForgetPasswords", "forget"),
                        ("Refresh", "refresh"), ("NetRefresh", "refresh"),
                        ("Session", "detached")):
        assert refused(manager, (f"ovpnControl{name}.1", "i", value)) == "notWritable"
    assert refused(manager, ("ovpnControlKillCommonName.1", "s", "alice")) == "notWritable"
    assert 'fake: refused "kill alice": the configuration does not allow it' in agent.log
    assert refused(manager, ("ovpnControlSignal.1", "i", "sigterm")) == "inconsistentValue"
    assert last(manager) == ["rejected", "the configuration does not allow this signal"]
    assert manager.get("ovpnControlMute.1") == 0
    manager.set(("ovpnControlSignal.1", "i", "sigusr1"))


def test_nothing_is_allowed_by_default(start_fake, start_agent, manager, view):
    fake = start_fake(mode="server")
    start_agent([{"name": "fake", "index": 1, "management": fake}])
    view.wait(Contact="up")
    assert refused(manager, ("ovpnControlSerial.1", "i", 0)) == "notWritable"
    assert refused(manager, ("ovpnControlVerb.1", "i", 4)) == "notWritable"
    assert len(manager.bulkwalk("ovpnControlTable")) == 20


def test_a_confirmation(start_fake, start_agent, manager, view):
    fake, _ = start_asking(start_fake, start_agent, view, questions.ask_ok())
    row = question(manager)
    assert list(rows(manager, "ovpnConfirmTable")) == list(rows(manager, "ovpnRequestTable"))
    assert manager.table("ovpnCredentialTable") == {}
    assert refused(manager, (f"ovpnCredentialPassword.{row}", "s", "x")) == "noCreation"
    manager.set((f"ovpnConfirmConfirm.{row}", "i", "none"))
    manager.set((f"ovpnConfirmConfirm.{row}", "i", "ok"))
    assert commands(fake, "needok") == [["needok", "token-insertion-request", "ok"]]
    view.wait(PendingRequests=0, State="connected")
    assert refused(manager, (f"ovpnConfirmConfirm.{row}", "i", "ok")) == "inconsistentValue"
    assert last(manager) == ["rejected", "the question is no longer open"]


def test_a_string(start_fake, start_agent, manager, view):
    fake, agent = start_asking(start_fake, start_agent, view, questions.ask_string())
    row = question(manager)
    assert refused(manager, (f"ovpnCredentialString.{row}", "s", "")) == "wrongValue"
    manager.set((f"ovpnCredentialString.{row}", "s", SECRET))
    assert commands(fake, "needstr") == [["needstr", "pkcs11-id-request", SECRET]]
    view.wait(PendingRequests=0)
    assert last(manager)[0] == "success"
    assert SECRET not in agent.log
    assert SECRET not in str(manager.bulkwalk("OPENVPN-MANAGEMENT-MIB::ovpnRecords"))


def test_secrets_over_a_network(lab, start_fake):
    """The master agent has the address of another host, as far as the agent can know."""
    network = Network(lab)
    inside = network.inside(network.left)
    snmpd = Snmpd(lab, agentx=f"tcp:{network.left_address}:705", prefix=inside).start()
    manager = snmpd.manager()
    fake = start_fake(mode="client", question=questions.ask_string())
    agent = Agent(lab, snmpd, [entry(fake)], wrapper=inside).start()
    InstanceView(lab, manager).wait(Contact="up", PendingRequests=1)
    row = question(manager)
    assert refused(manager, (f"ovpnCredentialString.{row}", "s", SECRET)) == "notWritable"
    assert commands(fake, "needstr") == []
    manager.set(("ovpnControlVerb.1", "i", 4))  # what is no secret goes on
    agent.stop()
    assert SECRET not in agent.log


def test_a_static_challenge(start_fake, start_agent, manager, view):
    fake, _ = start_asking(start_fake, start_agent, view,
                           questions.ask_user(challenge=" SC:1,Your PIN"))
    row = question(manager)
    assert refused(manager, (f"ovpnCredentialPassword.{row}", "s", "x")) == "inconsistentValue"
    assert "password and response are wanted together" in last(manager)[1]
    manager.set((f"ovpnCredentialUsername.{row}", "s", "carol"),
                (f"ovpnCredentialPassword.{row}", "s", "pass"),
                (f"ovpnCredentialResponse.{row}", "s", "1234"))
    encoded = [base64.b64encode(part).decode() for part in (b"pass", b"1234")]
    assert commands(fake, "username", "password") == [
        ["username", "Auth", "carol"], ["password", "Auth", "SCRV1:" + ":".join(encoded)]]
    view.wait(PendingRequests=0)


def test_a_challenge_that_is_appended(start_fake, start_agent, manager, view):
    fake, _ = start_asking(start_fake, start_agent, view,
                           questions.ask_user(challenge=" SC:3,Your PIN"))
    row = question(manager)
    manager.set((f"ovpnCredentialResponse.{row}", "s", "1234"),
                (f"ovpnCredentialPassword.{row}", "s", "pass"),
                (f"ovpnCredentialUsername.{row}", "s", "carol"))
    assert commands(fake, "username", "password") == [
        ["username", "Auth", "carol"], ["password", "Auth", "pass1234"]]


@pytest.fixture
def challenged(start_fake, start_agent, manager, view):
    """A client that was told a dynamic challenge and asks for its answer; the row that it has."""
    fake = start_fake(mode="client")
    start_agent([entry(fake)])
    view.wait(Contact="up")
    user = base64.b64encode(b"carol").decode()
    with fake.script() as daemon:
        daemon.emit(f">PASSWORD:Verification Failed: 'Auth' ['CRV1:R:{SECRET}:{user}:PIN?']")
        daemon.ask(questions.ask_user())
    view.wait(PendingRequests=1)
    return fake, max(index for _, index in rows(manager, "ovpnCredentialTable"))


def test_a_dynamic_challenge(challenged, manager, view):
    fake, row = challenged
    assert refused(manager, (f"ovpnCredentialPassword.1.{row}", "s", "x"),
                   (f"ovpnCredentialResponse.1.{row}", "s", "1234")) == "inconsistentValue"
    manager.set((f"ovpnCredentialResponse.1.{row}", "s", "1234"))
    assert commands(fake, "username", "password") == [
        ["username", "Auth", "carol"], ["password", "Auth", f"CRV1::{SECRET}::1234"]]
    view.wait(PendingRequests=0)
    assert SECRET not in str(manager.bulkwalk("OPENVPN-MANAGEMENT-MIB::ovpnManagementMIB"))


def test_a_password_despite_a_dynamic_challenge(challenged, manager, view):
    fake, row = challenged
    manager.set((f"ovpnCredentialUsername.1.{row}", "s", "carol"),
                (f"ovpnCredentialPassword.1.{row}", "s", "pass"))
    assert commands(fake, "username", "password") == [
        ["username", "Auth", "carol"], ["password", "Auth", "pass"]]
    view.wait(PendingRequests=0)


def test_certificates_of_a_token(start_fake, start_agent, manager, view, lab):
    fake, _ = start_asking(start_fake, start_agent, view, questions.ask_string())
    with fake.script() as daemon:
        daemon.overrides["pkcs11-id-count"] = lambda it, _: it.emit(">PKCS11ID-COUNT:2")
        daemon.overrides["pkcs11-id-get"] = lambda it, words: it.emit(
            f">PKCS11ID-ENTRY:'{words[1]}', ID:'vendor/model/{words[1]}', BLOB:'TUlJQw=='")
    manager.set(("ovpnControlPkcs11Refresh.1", "i", "refresh"))
    lab.wait_until(lambda: manager.get("ovpnControlPkcs11UpdatedUnix.1") > 0, "it is asked")
    assert manager.get("ovpnControlPkcs11Count.1") == 2
    assert [(index, row["Id"], row["Blob"], row["Truncated"])
            for index, row in rows(manager, "ovpnPkcs11Table").items()] == [
        ((1, 1), "vendor/model/0", "TUlJQw==", "false"),
        ((1, 2), "vendor/model/1", "TUlJQw==", "false")]


def test_net(server, manager, lab):
    with server.script() as daemon:
        def net(it, _):
            for line in ("SYSTEM ROUTING TABLE", "0.0.0.0 0.0.0.0 192.0.2.1", "END"):
                it.emit(line)
        daemon.overrides["net"] = net
    manager.set(("ovpnControlNetRefresh.1", "i", "refresh"))
    lab.wait_until(lambda: manager.get("ovpnControlNetUpdatedUnix.1") > 0, "it is read")
    assert [row["Text"] for row in rows(manager, "ovpnNetTable").values()] == [
        "SYSTEM ROUTING TABLE", "0.0.0.0 0.0.0.0 192.0.2.1"]


def kill_a_client(fake, manager, view, lab, action="kill"):
    with fake.script() as daemon:
        daemon.add_client("alice", real="192.0.2.7:4000")
    view.wait(Contact="up", Clients=1)
    index, = rows(manager, "ovpnClientTable")
    manager.set((f"ovpnClientControlAction.1.{index[1]}", "i", action))
    return commands(fake, "kill", "client-kill")


def test_kill_by_row_in_an_old_version(start_fake, start_agent, manager, view, lab):
    fake = start_fake(mode="server", version="2.3.18")
    start_agent([entry(fake)])
    with pytest.raises(SnmpError, match="inconsistentValue"):
        kill_a_client(fake, manager, view, lab, "halt")
    assert last(manager) == ["rejected", "the daemon cannot tell this client to stay away"]
    index, = rows(manager, "ovpnClientTable")
    manager.set((f"ovpnClientControlAction.1.{index[1]}", "i", "kill"))
    assert commands(fake, "kill", "client-kill") == [["kill", "192.0.2.7:4000"]]


def test_halt_since_clients_have_numbers(start_fake, start_agent, manager, view, lab):
    fake = start_fake(mode="server", version="2.4.12")
    start_agent([entry(fake)])
    assert kill_a_client(fake, manager, view, lab, "halt") == [["client-kill", "0", "HALT"]]


def test_kill_in_a_new_version(start_fake, start_agent, manager, view, lab):
    fake = start_fake(mode="server", version="2.7.6")
    start_agent([entry(fake)])
    assert kill_a_client(fake, manager, view, lab) == [["client-kill", "0"]]
    assert refused(manager, ("ovpnControlKillAddress.1", "s", "192.0.2.7:1")) == "inconsistentValue"
    with fake.script() as daemon:
        daemon.add_client("bob", real="192.0.2.8:4000", proto="tcp4-server")
    bob = "tcp4-server:192.0.2.8:4000"
    lab.wait_until(lambda: [row["RealText"] for row in rows(manager, "ovpnClientTable").values()
                            if "RealText" in row] == [bob], "bob is the only one")
    manager.set(("ovpnControlKillAddress.1", "s", bob))
    assert len(commands(fake, "client-kill")) == 2
    assert refused(manager, ("ovpnControlKillAddress.1", "s", "tcp4-server:192.0.2.9:4000")
                   ) == "commitFailed"
    assert commands(fake, "kill") == [["kill", "tcp:192.0.2.9:4000"]]


def test_a_signal_that_is_refused_without_a_word(server, manager):
    with server.script() as daemon:
        daemon.overrides["signal"] = lambda it, _: it.emit(">HOLD:Waiting for hold release")
    assert refused(manager, ("ovpnControlSignal.1", "i", "sigusr1")) == "commitFailed"
    assert last(manager) == ["error", "the daemon did not answer"]


def test_the_row_is_another_client_by_now(server, manager, view):
    """The daemon restarts and counts its clients from 0 again while the SET is on its way."""
    with server.script() as daemon:
        daemon.add_client("alice")
    view.wait(Clients=1)
    index, = rows(manager, "ovpnClientTable")

    def restart_first(daemon, words):
        del daemon.overrides["load-stats"]
        daemon._restart("SIGUSR1")
        daemon.add_client("bob")
        daemon.emit("SUCCESS: nclients=1,bytesin=0,bytesout=0")

    with server.script() as daemon:
        daemon.overrides["load-stats"] = restart_first
    status = refused(manager, (f"ovpnClientControlAction.1.{index[1]}", "i", "kill"))
    assert status in ("commitFailed", "noCreation")
    assert commands(server, "client-kill") == []
    with server.script() as daemon:
        assert [client.common_name for client in daemon.clients] == ["bob"]


def test_a_stalled_daemon(start_fake, start_agent, manager, view, lab):
    fake, other = start_fake("fake"), start_fake("other")
    start_agent([entry(fake, status_interval=3600), entry(other, 2)])
    view.wait(Contact="up", State="connected")
    InstanceView(lab, manager, 2).wait(Contact="up", State="connected")
    lab.wait_until(lambda: fake.commands("status"), "the first poll is over")
    fake.stall()
    begin = time.monotonic()
    assert refused(manager, ("ovpnControlVerb.1", "i", 5)) == "commitFailed"
    first = time.monotonic() - begin
    assert last(manager) == ["timedOut", "the daemon did not answer"]
    assert 0.7 < first < 3
    assert refused(manager, ("ovpnControlVerb.1", "i", 5)) == "resourceUnavailable"
    assert refused(manager, ("ovpnControlSignal.1", "i", "sigusr1")) == "resourceUnavailable"
    manager.set(("ovpnControlVerb.2", "i", 5))
    fake.resume()

    def works_again():
        try:
            manager.set(("ovpnControlVerb.1", "i", 6))
            return True
        except Exception:  # pylint: disable=broad-except  # refused for the moment
            return False

    lab.wait_until(works_again, "SETs work again")
    assert fake.commands("verb")[-1] == ["verb", "6"]
    assert ["verb", "5"] not in fake.commands("verb")


def test_a_late_success_is_put_back(server, manager, lab):
    held = []

    def keep_quiet(daemon, words):
        if len(words) == 1:
            daemon.emit(f"SUCCESS: verb={daemon.verb}")
        else:
            held.append(words)

    with server.script() as daemon:
        daemon.overrides["verb"] = keep_quiet
    assert refused(manager, ("ovpnControlMute.1", "i", 9), ("ovpnControlVerb.1", "i", 5)
                   ) == "undoFailed"
    assert last(manager)[0] in ("timedOut", "pending")
    table = list(rows(manager, "ovpnCommandTable").values())
    assert [(row["Command"], row["Result"]) for row in table[:2]] == [
        ("mute 9", "success"), ("verb 5", "timedOut")]
    with server.script() as daemon:
        del daemon.overrides["verb"]
        daemon.verb = 5
        daemon.emit("SUCCESS: verb level changed")
    lab.wait_until(lambda: server.commands("verb")[-1] == ["verb", "3"], "verb is put back")
    lab.wait_until(lambda: server.commands("mute")[-1] == ["mute", "0"], "mute is put back")
    lab.wait_until(lambda: {row["Result"] for row in rows(manager, "ovpnCommandTable").values()}
                   == {"success"}, "the table says what came of it")
    assert manager.get("ovpnInstanceVerb.1", "ovpnInstanceMute.1") == [3, 0]
    assert held == [["verb", "5"]]


def test_two_daemons_in_one_pdu(start_fake, start_agent, manager, lab):
    one, two = start_fake("one"), start_fake("two")
    start_agent([entry(one), entry(two, 2)])
    for index in (1, 2):
        InstanceView(lab, manager, index).wait(Contact="up", State="connected")
    manager.set(("ovpnControlVerb.1", "i", 5), ("ovpnControlVerb.2", "i", 6),
                ("ovpnControlSignal.2", "i", "sigusr1"))
    assert two.commands("signal") == [["signal", "SIGUSR1"]]
    with two.script() as daemon:
        daemon.overrides["kill"] = lambda it, _: it.emit("ERROR: no")
    assert refused(manager, ("ovpnControlKillCommonName.2", "s", "x"),
                   ("ovpnControlMute.1", "i", 5)) == "commitFailed"
    assert manager.get("ovpnInstanceMute.1") == 0
    assert refused(manager, ("ovpnControlSignal.1", "i", "sigusr1"),
                   ("ovpnControlSignal.2", "i", "sigusr1")) == "inconsistentValue"


def test_the_error_is_where_it_belongs(start_fake, start_agent, manager, snmpd, lab):
    """One daemon refuses while another is still being read."""
    one, two = start_fake("one"), start_fake("two")
    agent = start_agent([entry(one), entry(two, 2)])
    for index in (1, 2):
        InstanceView(lab, manager, index).wait(Contact="up", State="connected")
    reading = threading.Event()

    def read_late(daemon, _words):
        reading.set()

    with one.script() as daemon:
        daemon.overrides["verb"] = read_late
    with two.script() as daemon:
        daemon.overrides["verb"] = lambda it, words: it.emit(
            "ERROR: no" if len(words) > 1 else "SUCCESS: verb=3")
    waiting = Background(snmpd.manager(), ("ovpnControlVerb.1", "i", 5),
                         ("ovpnControlVerb.2", "i", 5))
    assert reading.wait(5)
    lab.wait_until(lambda: 'two: asked for "verb 5": not done' in agent.log, "two has refused")
    with one.script() as daemon:
        daemon.emit("SUCCESS: verb=3")
    assert waiting.join() == "commitFailed"
    assert waiting.index == "OPENVPN-MANAGEMENT-MIB::ovpnControlVerb.2"
    assert one.commands("verb")[-1] == ["verb"]
    assert last(manager) == [
        "rejected", "not sent: something else that was asked for with it has failed"]
    assert 'one: asked for "verb 5": not done' in agent.log


def hostile(generator):
    """A text that looks for a hole: quotes, escapes, separators, comments, any byte."""
    pools = [b"\"'\\ ;#", b"abc XYZ 019", bytes(range(0x20, 0x7F)), bytes(range(256)),
             b"\n\r\t\0\x7f", "äöü€".encode()]
    size = generator.choice([1, 2, 5, 20, 64, 127, 128, 200, 255, 256, 300])
    return bytes(generator.choice(generator.choice(pools)) for _ in range(size))


def expected_of(text):
    if len(text) > 255:
        return "wrongLength"
    if any(byte < 0x20 or byte == 0x7F for byte in text):
        return "wrongValue"
    if b":" in text or len(text) > 127:
        return "inconsistentValue"
    return "commitFailed"


def test_hostile_texts(server, snmpd):
    """What arrives is what was sent, as one parameter, or nothing."""
    generator = random.Random(1194)
    link = FastSet(snmpd.port)
    wanted = []
    for _ in range(2000):
        text = hostile(generator)
        status = link.set((*CONTROL_TABLE, 8, 1), text)
        assert status == expected_of(text), text
        if status == "commitFailed":
            wanted.append(["kill", text.decode("utf-8", "surrogateescape")])
    link.close()
    assert commands(server, "kill") == wanted
    known = {"version", "pid", "state", "echo", "log", "hold", "verb", "mute", "auth-retry", "help",
             "load-stats", "status", "kill"}
    assert {words[0] for words in server.commands()} == known
    assert len(wanted) > 200
