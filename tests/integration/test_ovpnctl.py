"""ovpnctl beside the real snmpd and the agent: each command, without a terminal and on one."""

import csv
import io
import os
import re
import signal
import subprocess
import time

import pytest

from fake import questions
from parts import openvpn
from parts.evil import Evil
from parts.fastset import tlv
from parts.ovpnctl import Ctl, program
from parts.process import free_port
from parts.snmp import Snmpd
from parts.view import InstanceView

# Exit statuses, as ovpnctl(1) has them.
USAGE, NO_CONTACT, DENIED, REFUSED, NOT_FOUND, DECLINED = range(2, 8)
OFFICE, BRANCH = 1, 2
ALLOW = ["hold", "kill", "verb", "passwords", "confirm", "signal:SIGUSR1"]


@pytest.fixture
def ctl(snmpd):
    return Ctl(snmpd.port, snmpd.folder)


class Pair:
    """A server with two clients, and a client in a hold."""

    def __init__(self, lab, manager, start_fake, start_agent):
        self.office = start_fake("office", mode="server")
        self.branch = start_fake("branch", mode="client", hold=True)
        with self.office.script() as server:
            server.add_client("alice", received=1500, sent=2500000)
            server.add_client("bob")
        self.agent = start_agent([
            {"name": name, "index": index, "management": daemon, "status_interval": 1,
             "allow": ALLOW}
            for name, index, daemon in (("office", OFFICE, self.office),
                                        ("branch", BRANCH, self.branch))])
        InstanceView(lab, manager, OFFICE).wait(60, Contact="up", State="connected", Clients=2)
        InstanceView(lab, manager, BRANCH).wait(60, Contact="up", HoldWaiting="true")

    def ask(self, question):
        """Lets the client go on until it asks."""
        with self.branch.script() as daemon:
            daemon.release()
            daemon.ask(question)


@pytest.fixture
def pair(lab, manager, start_fake, start_agent):
    return Pair(lab, manager, start_fake, start_agent)


def only(rows, **wanted):
    """The one row that has these values."""
    found = [row for row in rows if all(row[key] == value for key, value in wanted.items())]
    assert len(found) == 1, rows
    return found[0]


# What is there


def test_status(ctl, pair):
    rows = ctl.rows("status")
    office = only(rows, daemon="office")
    assert (office["contact"], office["state"], office["clients"]) == ("up", "connected", 2)
    assert abs(office["since"] - time.time()) < 300
    assert only(rows, daemon="branch")["waits_for"] == "release"
    table = ctl.table("status").output
    assert re.search(r"^office +connected +\S+ ", table, re.MULTILINE)
    assert re.search(r"^branch .* release ", table, re.MULTILINE)
    assert [row["daemon"] for row in ctl.rows("status", "branch")] == ["branch"]
    assert [row["daemon"] for row in ctl.rows("status", BRANCH)] == ["branch"]


def test_status_says_why_there_is_no_contact(lab, ctl, manager, start_agent):
    start_agent([{"name": "lost", "index": 1, "management": "unix:" + lab.path("none.sock")}])
    lab.wait_until(lambda: manager.answers("ovpnInstanceName.1"), "the agent answers", 60)
    lab.wait_until(lambda: ctl.rows("status")[0]["contact_error"], "contact was tried", 60)
    done = ctl.table("status")
    assert re.search(r"^lost +disconnected ", done.output, re.MULTILINE)
    assert "\nlost: cannot connect: No such file or directory" in done.output


def test_status_with_rates(lab, ctl, pair):
    def shows_rate():
        waiting = ctl.on_terminal("status", "-w", "5", "office")
        end = time.monotonic() + 60
        while "office" not in waiting.text and time.monotonic() < end:
            with pair.office.script() as server:
                server.bytes_in += 1000000
            waiting.read(0.1)
        assert waiting.end() == 0
        return re.search(r"office .* [\d.]+ MB/s", waiting.text)

    # An agent on a slow machine asks the daemon less often, maybe not within these five seconds.
    lab.wait_until(shows_rate, "there is traffic between the two readings", 120)


def test_clients(ctl, pair):
    rows = ctl.rows("clients")
    alice = only(rows, common_name="alice")
    assert (alice["daemon"], alice["bytes_in"], alice["bytes_out"]) == ("office", 1500, 2500000)
    assert only(rows, common_name="bob")["from"].startswith("127.1.0.1:")
    assert ctl.rows("clients", "branch") == []
    assert ctl.table("clients", "branch").output == "Nobody is connected.\n"
    text = ctl.table("clients").output
    assert "1.50 kB  2.50 MB" in text
    table = list(csv.DictReader(io.StringIO(ctl.table("clients", "--csv").output)))
    assert [row["common_name"] for row in table] == ["alice", "bob"]
    assert [row["bytes_in"] for row in table] == ["1500", "0"]


def test_output_fits_the_page(lab, ctl, pair):
    name = "a client with a name that is much longer than all that a page has room for"
    with pair.office.script() as server:
        server.add_client(name)
        server.bytes_in += 1  # so that the agent asks for a status
    lab.wait_until(lambda: len(ctl.rows("clients")) == 3, "the client has a row", 60)
    for width in (80, 60, 120):
        lines = ctl.table("clients", COLUMNS=str(width)).lines
        assert max(map(len, lines)) <= width
        assert any("a clien" in line for line in lines)
    assert only(ctl.rows("clients"), common_name=name)


def test_colours_are_for_terminals(ctl, pair):
    assert "\x1b" not in ctl.table("status").output
    for words, coloured in (({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)):
        shown = ctl.on_terminal("status", **words)
        assert shown.end() == 0 and "office" in shown.text
        assert ("\x1b[32mconnected" in shown.received) == coloured


def test_a_real_server_and_client(lab, pki, ctl, manager, start_agent):
    server = openvpn.server(lab, pki, "office").start()
    client = openvpn.client(lab, pki, server, "alice").start()
    client.wait_completed()
    start_agent([{"name": "office", "index": 1, "management": server, "status_interval": 1,
                  "allow": ["kill", "verb"]}])
    InstanceView(lab, manager).wait(60, Contact="up", Clients=1)
    row = only(ctl.rows("clients"), common_name="alice")
    assert row["from"].startswith("127.0.0.1:") and row["bytes_in"] > 0
    assert ctl.table("verb", "office", 4).output == "office: verb level changed\n"
    done = ctl.table("kill", "alice", "--yes")
    assert done.output.startswith("office: client-kill command succeeded")
    lab.wait_until(lambda: ctl.rows("sessions"), "the session has ended", 60)
    assert only(ctl.rows("sessions"), common_name="alice")["bytes_in"] > 0


def test_sessions(lab, ctl, pair):
    with pair.office.script() as server:
        server.remove_clients([server.clients[0]])
    lab.wait_until(lambda: ctl.rows("sessions"), "alice has left", 60)
    session = only(ctl.rows("sessions"), common_name="alice")
    assert (session["bytes_in"], session["bytes_out"]) == (1500, 2500000)
    assert session["connected"] <= session["ended"]
    then = f"@{session['ended'] - 1}" if session["ended"] > session["connected"] else "-0s"
    assert [row["common_name"] for row in ctl.rows("sessions", "--at", "-0s")] == ["bob"]
    assert {row["common_name"] for row in ctl.rows("sessions", "--at", then)} >= {"bob"}
    assert ctl.rows("sessions", "--at", "2020-01-01") == []
    assert ctl.run("sessions", "--at", "lately").status == USAGE


def test_histories(lab, ctl, pair):
    states = ctl.rows("state", "office")
    assert states[-1]["state"] == "CONNECTED"
    assert len(ctl.table("state", "-n", "1", "office").lines) == 2
    with pair.office.script() as server:
        server.echo("hello there")
    lab.wait_until(lambda: ctl.rows("echo"), "the echo has arrived", 60)
    assert ctl.rows("echo")[-1]["message"] == "hello there"
    assert ctl.rows("requests") == [] and ctl.rows("commands") == []
    assert ctl.run("users").status == 0 and ctl.run("certificates").status == 0


def test_log(lab, ctl, pair):
    with pair.office.script() as server:
        server.log("N", "something \x1b[2J is odd")
    lab.wait_until(lambda: "odd" in ctl.run("log").output, "the line has arrived", 60)
    line = ctl.table("log", "-n", 1, "office").output
    assert re.fullmatch(r"\d\d:\d\d:\d\d office N something  \[2J is odd\n", line)
    assert ctl.rows("log", "office")[-1]["flags"] == "N"
    assert ctl.run("log", "-f", "--csv").status == USAGE


def test_log_follows(ctl, pair):
    following = ctl.on_terminal("log", "-f", "-n", "0")
    for number in range(200):
        with pair.branch.script() as daemon:
            daemon.log("I", f"line {number}")
        following.read(0.2)
        if following.text.count("line") >= 2:
            break
    found = [int(number) for number in re.findall(r"branch I line (\d+)\n", following.text)]
    assert len(found) >= 2 and found == list(range(found[0], found[0] + len(found)))
    following.signal(signal.SIGINT)
    assert following.end() == -signal.SIGINT


# Remote control


def test_a_client_is_ended(lab, ctl, pair):
    done = ctl.run("kill", "bob")
    assert done.status == DECLINED and "--yes" in done.errors
    assert len(ctl.rows("clients")) == 2
    asked = ctl.on_terminal("kill", "office/bob")
    asked.wait_text("End the session of bob from")
    asked.type("n\n")
    assert asked.end() == DECLINED
    asked = ctl.on_terminal("kill", "office/bob")
    asked.wait_text("[y/N]")
    asked.type("y\n")
    assert asked.end() == 0 and "client-kill command succeeded" in asked.text
    lab.wait_until(lambda: len(ctl.rows("clients")) == 1, "bob is gone", 60)
    done = ctl.run("kill", "bob", "--yes")
    assert (done.status, done.output) == (NOT_FOUND, "")
    assert "no client \"bob\"" in done.errors
    assert only(ctl.rows("commands"), result="success")["daemon"] == "office"


def test_settings(ctl, pair, manager):
    assert ctl.table("verb", "office", 5).output == "office: verb level changed\n"
    assert manager.get(f"ovpnInstanceVerb.{OFFICE}") == 5
    assert ctl.table("hold", OFFICE).status == 0
    assert manager.get(f"ovpnInstanceHoldFlag.{OFFICE}") == "true"
    assert ctl.table("hold", "office", "off").status == 0
    assert manager.get(f"ovpnInstanceHoldFlag.{OFFICE}") == "false"
    assert ctl.run("verb", "office", 16).status == USAGE
    assert ctl.run("hold", "office", "maybe").status == USAGE


def test_release_and_signal(lab, ctl, pair):
    done = ctl.run("release", "office", "--yes")
    assert done.status == REFUSED and "not in a hold" in done.errors
    assert ctl.run("release", "branch").status == DECLINED
    assert ctl.table("release", "branch", "--yes").status == 0
    lab.wait_until(lambda: only(ctl.rows("status"), daemon="branch")["state"] == "connected",
                   "branch is connected", 60)
    assert ctl.table("signal", "branch", "sigusr1", "--yes").status == 0
    done = ctl.run("signal", "branch", "SIGTERM", "--yes")
    assert done.status == REFUSED and "does not allow" in done.errors
    assert ctl.run("signal", "branch", "SIGKILL", "--yes").status == USAGE


def test_what_nobody_may_do(lab, ctl, manager, start_fake, start_agent):
    start_agent([{"name": "office", "index": 1, "management": start_fake("office", mode="server")}])
    InstanceView(lab, manager).wait(60, Contact="up")
    done = ctl.run("verb", "office", 4)
    assert done.status == DENIED and "`allow'" in done.errors and '"verb"' in done.errors


def test_each_change_carries_the_serial_number(ctl, pair, manager):
    before = manager.get(f"ovpnControlSerial.{OFFICE}")
    ctl.table("verb", "office", 4)
    assert manager.get(f"ovpnControlSerial.{OFFICE}") == before + 1


def test_answer(lab, ctl, pair, manager):
    pair.ask(questions.ask_user())
    lab.wait_until(lambda: ctl.rows("requests"), "the question has arrived", 60)
    assert "1 answer" in only(ctl.rows("status"), daemon="branch")["waits_for"]
    question = only(ctl.rows("requests"), daemon="branch")
    assert (question["kind"], question["name"]) == ("usernamePassword", "Auth")
    asked = ctl.on_terminal("answer", "branch")
    asked.wait_text("branch asks for Auth")
    asked.wait_text("User name: ")
    asked.type("carol\n")
    asked.wait_text("Password: ")
    asked.wait(lambda terminal: not terminal.echoes, "what is typed does not show")
    asked.type("wonderland\n")
    assert asked.end() == 0
    assert "wonderland" not in asked.text and "branch: done" in asked.text
    lab.wait_until(lambda: ctl.rows("requests") == [], "it is answered", 60)
    assert only(ctl.rows("requests", "-a"), daemon="branch")["status"] == "answered"
    assert "wonderland" not in str(ctl.rows("commands")) + ctl.table("log").output
    assert ctl.run("answer", "branch").status == NOT_FOUND


def test_an_answer_needs_a_terminal_and_privacy(lab, ctl, pair):
    pair.ask(questions.ask_password())
    lab.wait_until(lambda: ctl.rows("requests"), "the question has arrived", 60)
    done = subprocess.run(["setsid", *ctl.command("answer", "branch")], env=ctl.environment,
                          stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=60)
    assert done.returncode == DECLINED and b"terminal" in done.stderr


def test_an_interrupted_answer_leaves_the_terminal_as_it_was(lab, ctl, pair):
    pair.ask(questions.ask_password())
    lab.wait_until(lambda: ctl.rows("requests"), "the question has arrived", 60)
    asked = ctl.on_terminal("answer", "branch")
    asked.wait(lambda terminal: "Password: " in terminal.text and not terminal.echoes, "it asks")
    keeper = os.dup(asked.file)
    asked.type("\x03")
    assert asked.end() == -signal.SIGINT
    asked.file = keeper
    assert asked.echoes
    os.close(keeper)
    assert len(ctl.rows("requests")) == 1


# The page


def test_top(ctl, pair):
    top = ctl.on_terminal("top", "-d", "1", lines=12)
    top.wait_text("bob")
    assert not top.echoes
    top.type("s")
    top.wait_text("by bytes in")
    top.type("r")
    top.wait_text("reversed")
    top.type("/ali\n")
    top.wait_text("1 shown")
    top.resize(50, 10)
    top.wait(lambda top: "alice" in top.page and max(map(len, top.page.split("\n"))) <= 50,
             "a page of 50 columns")
    for _ in range(2):  # and none is wider after that
        top.received = ""
        top.wait(lambda top: "alice" in top.page, "another page")
        for line in top.page.split("\n"):
            assert len(line) <= 50, line
    top.type("q")
    assert top.end() == 0
    assert top.received.endswith("\x1b[?1049l")


def test_top_shows_rates(ctl, pair):
    top = ctl.on_terminal("top", "-d", "1", columns=100)
    for _ in range(300):
        with pair.office.script() as server:
            server.bytes_in += 1000000
            server.clients[1].received += 1000000
        top.read(0.2)
        if re.search(r"bob .* [\d.]+ [kMG]B/s", top.text):
            break
    assert re.search(r"bob .* [\d.]+ [kMG]B/s", top.text)
    top.type("q")
    assert top.end() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT,
                                    signal.SIGABRT])
def test_top_gives_the_terminal_back(ctl, pair, number):
    top = ctl.on_terminal("top")
    top.wait_text("alice")
    keeper = os.dup(top.file)
    top.signal(number)
    assert top.end() == -number
    assert top.received.endswith("\x1b[?1049l")
    top.file = keeper
    assert top.echoes
    os.close(keeper)


# Notifications


def watching(lab, ctl, *options, credentials=("-v2c", "-c", "public")):
    """A receiver, and the address that snmpd sends to."""
    address = f"udp:127.0.0.1:{free_port()}"
    watcher = Ctl(1, ctl.folder if hasattr(ctl, "folder") else lab.folder, credentials)
    watch = watcher.on_terminal("watch", "--listen", address, *options, columns=100)
    watch.wait_text("listening")
    watch.address = address
    return watch


@pytest.mark.parametrize("informs", [False, True])
def test_watch(lab, start_fake, start_agent, informs):
    watch = watching(lab, lab)
    snmpd = Snmpd(lab, sink=watch, informs=informs).start()
    fake = start_fake("branch", mode="client", hold=True)
    start_agent([{"name": "branch", "index": 1, "management": fake}], master=snmpd)
    watch.wait_text("branch is held")
    with fake.script() as daemon:
        daemon.release()
    watch.wait_text("branch is not held any more")
    assert re.search(r"^\d\d:\d\d:\d\d branch is held$", watch.text, re.MULTILINE)
    watch.signal(signal.SIGTERM)
    watch.end()


def test_watch_for_programs_and_other_communities(lab, start_fake, start_agent):
    deaf = watching(lab, lab, credentials=("-v2c", "-c", "another"))
    watch = watching(lab, lab, "--json")
    snmpd = Snmpd(lab, sink=watch, extra=[f"trap2sink {deaf.address} public"]).start()
    fake = start_fake("branch", mode="client", hold=True)
    start_agent([{"name": "branch", "index": 1, "management": fake}], master=snmpd)
    watch.wait_text('"notification": "ovpnHoldWaiting", "severity": "MINOR"')
    assert '"ovpnInstanceName": "branch"' in watch.text
    deaf.read(0.5)
    assert "held" not in deaf.text
    for terminal in (deaf, watch):
        terminal.signal(signal.SIGTERM)
        terminal.end()


ENGINE = "0x8000000001020304"
SECRETS = ("-l", "authPriv", "-a", "SHA-256", "-A", "authentication", "-x", "AES", "-X",
           "confidential")


def test_watch_takes_encrypted_notifications(lab, start_fake, start_agent):
    watch = watching(lab, lab, credentials=("-v3", "-e", ENGINE, "-u", "traps", *SECRETS))
    words = " ".join(("-v3", "-e", ENGINE, "-u", "traps", *SECRETS))
    snmpd = Snmpd(lab, extra=[f"trapsess {words} {watch.address}",
                              f"trap2sink {watch.address} public"]).start()
    fake = start_fake("branch", mode="client", hold=True)
    start_agent([{"name": "branch", "index": 1, "management": fake}], master=snmpd)
    watch.wait_text("branch is held")
    watch.read(1)
    assert watch.text.count("branch is held") == 1, "what anybody may send is not taken"
    watch.signal(signal.SIGTERM)
    watch.end()


def test_watch_takes_encrypted_informs(lab, start_fake, start_agent):
    """Their receiver is the authoritative engine: the user is known by the engine of the watcher, which
    snmpd asks for."""
    watch = watching(lab, lab, credentials=("-v3", "-u", "traps", *SECRETS))
    words = " ".join(("-Ci", "-v3", "-u", "traps", *SECRETS))
    snmpd = Snmpd(lab, extra=[f"trapsess {words} {watch.address}"]).start()
    fake = start_fake("branch", mode="client", hold=True)
    start_agent([{"name": "branch", "index": 1, "management": fake}], master=snmpd)
    watch.wait_text("branch is held")
    with fake.script() as daemon:
        daemon.release()
    watch.wait_text("branch is not held any more")
    assert watch.text.count("branch is held") == 1, "it is acknowledged, and not repeated"
    watch.signal(signal.SIGTERM)
    watch.end()


# Words, users and other agents


def test_wrong_words(ctl):
    for words in ([], ["nothing"], ["clients", "a", "b"], ["verb", "office"], ["log", "-x"],
                  ["log", "-n", "x"], ["status", "-w", "0"]):
        done = ctl.run(*words)
        assert (done.status, done.output) == (USAGE, ""), done
        assert "--help" in done.errors or "takes" in done.errors


def test_help_and_version():
    for word in ("--help", "-h", "--version"):
        done = subprocess.run([program(), word], capture_output=True, text=True, check=True)
        assert done.stdout.startswith(("Usage: ovpnctl", "ovpnctl "))
        assert max(map(len, done.stdout.splitlines())) <= 80


def test_no_such_daemon(ctl, pair):
    done = ctl.run("clients", "ofice")
    assert done.status == NOT_FOUND
    assert done.errors == 'ovpnctl: there is no daemon "ofice": office, branch\n'


USERS = ['createUser boss SHA-256 "authentication" AES "confidential"', "rwuser boss authPriv",
         'createUser poller SHA-256 "authentication"',
         "view monitor included .1.3.6.1.4.1.8072.9999.9999.1194.1",
         "view monitor included .1.3.6.1.6.3.10.2.1", "rouser poller auth -V monitor"]


def test_users_of_snmpv3(lab, start_fake, start_agent):
    snmpd = Snmpd(lab, extra=USERS).start()
    fake = start_fake("office", mode="server")
    start_agent([{"name": "office", "index": 1, "management": fake, "allow": ["verb"]}],
                master=snmpd)
    manager = snmpd.manager()
    lab.wait_until(lambda: manager.answers("ovpnInstanceName.1"), "the agent answers", 60)
    InstanceView(lab, manager).wait(60, Contact="up")

    def run(credentials, *words):
        ctl = Ctl(snmpd.port, snmpd.folder, ("-v3", *credentials))
        if credentials[-1] == "confidentiax":
            ctl.patience = ("-t", "1", "-r", "0")  # there is no answer to wait for
        done = ctl.run(*words)
        assert "authentic" not in done.errors and "confident" not in done.errors
        return done

    poller = ("-u", "poller", "-l", "authNoPriv", "-a", "SHA-256", "-A", "authentication")
    assert run(("-u", "boss", *SECRETS), "verb", "office", "4").status == 0
    assert run(poller, "status").status == 0
    done = run(poller, "verb", "office", "4")
    assert done.status == DENIED and "view" in done.errors
    done = run((*poller[:-1], "authenticatiox"), "status")
    assert done.status == DENIED and "password" in done.errors
    done = run(("-u", "stranger", *poller[2:]), "status")
    assert done.status == DENIED and "no user of this name" in done.errors
    done = run(("-u", "boss", *SECRETS[:-1], "confidentiax"), "status")
    assert done.status == NO_CONTACT
    done = run(("-u", "poller", "-l", "noAuthNoPriv"), "status")
    assert done.status == DENIED and "authorizationError" in done.errors


def test_nobody_answers(lab):
    ctl = Ctl(free_port(), lab.folder)
    ctl.patience = ("-t", "0.3", "-r", "0")
    done = ctl.run("status")
    assert done.status == NO_CONTACT and "no answer" in done.errors
    ctl.credentials = ("-v2c",)
    done = ctl.run("status")
    assert done.status == USAGE and "no community" in done.errors
    ctl.credentials = ("-v1", "-c", "public")
    assert ctl.run("status").status == USAGE


def test_an_agent_without_daemons(ctl):
    """snmpd without a subagent."""
    done = ctl.run("clients")
    assert done.status == NOT_FOUND and "no OpenVPN daemons" in done.errors


# Answers of others than the agent

COLUMN = len("1.3.6.1.4.1.8072.9999.9999.1194.1.2.1.2".split("."))  # of ovpnInstanceName, arcs
INSTANCES = 2  # ovpnInstanceTable below ovpnMonitor


def column_of(name):
    return name[:COLUMN]


def same_again(names, repetitions):
    return [(column_of(name) + (5,), tlv(4, b"x")) for name in names] * repetitions


def strange_index(names, _repetitions):
    return [(column_of(name) + (1, 2, 3), tlv(4, b"x")) for name in names]


def elsewhere(names, _repetitions):
    return [((1, 3, 6, 1, 9, 9), tlv(4, b"x")) for _ in names]


def nothing_at_all(_names, _repetitions):
    return []


def noise(_names, _repetitions):
    return os.urandom(500)


def cut_short(_names, _repetitions):
    return bytes.fromhex("3082ffff020101")


def one_row(value):
    """A daemon all of whose cells have this value."""
    def answer(names, _repetitions):
        return [(name + (1,), value) if len(name) == COLUMN and name[-3] == INSTANCES else
                ((1, 3, 6, 1, 9, 9), tlv(5, b"")) for name in names]
    return answer


@pytest.mark.parametrize("answer, status", [
    (same_again, 1), (strange_index, 1), (nothing_at_all, 1), (elsewhere, NOT_FOUND),
    (noise, NO_CONTACT), (cut_short, NO_CONTACT),
    (one_row(tlv(4, b"\x1b[2J\x9b\xff" * 500)), 0), (one_row(tlv(2, b"\x80" + bytes(7))), 0),
    (one_row(tlv(0x46, b"\xff" * 8)), 0), (one_row(tlv(6, bytes([43, 6, 1]))), 0),
    (one_row(tlv(4, b"")), 0)])
def test_evil_agents(lab, answer, status):
    ctl = Ctl(Evil(lab, answer).port, lab.folder)
    if status == NO_CONTACT:
        ctl.patience = ("-t", "1", "-r", "0")
    for words in (["status"], ["status", "--json"], ["log"]):
        done = ctl.run(*words)
        assert done.status == status, done
        assert "\x1b" not in done.output + done.errors and "\x9b" not in done.output
