"""The scripted daemon, proved against the real one and against itself."""

import os
import re
import subprocess
import sys

import pytest

from fake.fake_openvpn import FakeOpenVpn
from fake.lexer import InputBuffer, LexerError, split
from fake.questions import ask_ok, ask_string, ask_user
from fake.replay import Replay
from fake.scenario import flood, say_states
from parts import openvpn
from parts.management import Management, connect
from parts.process import free_port

# Not compared: help and test have texts of their own, log depends on what happened.
ANYWHERE = [
    "version", "version 3", "version x", "pid", "pid more words", "hold", "hold bogus", "hold on",
    "hold", "hold off",
    "verb", "verb 3", "verb 99", "verb -1", "verb abc", "verb 3", "mute", "mute 0", "mute -1",
    "auth-retry", "auth-retry none", "auth-retry bogus", "load-stats", "bytecount", "bytecount 0",
    "env-filter 1", "env-filter 0", "forget-passwords", "net", "state", "state on", "state off",
    "state on bogus", "state 0", "state bogus", "log", "log bogus", "log 0", "echo", "echo all",
    "echo on all", "echo off", "signal", "signal FOO", "signal sigusr1",
    "username", "username Auth", "username Auth x", "password Auth x", "needok x ok", "needstr x y",
    "pk-sig", "rsa-sig", "certificate", "bogus", "HELP", "", "   ", "# comment", "; comment",
    "\\# x", "\\;", "\"#\"", "\"unclosed", "'unclosed", "\"quoted\" x", "'hold' bogus", "verb\t3",
    "hold \\", "hold a\\", "\"hold\\", "\\", "  hold  bogus ", "\"hold\"\"bogus\"", "hold\"bogus",
    "signal \"a b\"", "signal 'a\\b'", "signal a\\ b", "signal \"a\\\"b\"", "signal \\ a",
    "signal \\\"a", "signal a'b", "signal Jürgen", "signal " + "y" * 256, "x" * 1015,
    "verb 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20", "status 4", "status -1",
]
BAD_BACKSLASH = ["signal a\\b", "signal \"a\\b\"", "signal \\a"]
ON_SERVERS = [
    "status", "status 1", "status 2", "status 3", "status abc", "nclients", "kill", "kill nosuch",
    "kill 1.2.3.4:5", "kill 1.2.3.4:99999", "kill foo:12", "kill :", "kill \"\"", "kill a:",
    "kill \"a b\"", "kill " + "y" * 200, "client-kill", "client-kill abc", "client-kill 999",
    "client-auth-nt 1 2", "client-deny 1 2", "client-deny 1 2 x",
    "client-pending-auth 1 2 x 3", "client-pending-auth 0 2 x 3", "proxy", "proxy NONE", "remote",
    "remote ACCEPT", "cr-response x", "remote-entry-count",
    "remote-entry-get all", "pkcs11-id-count", "pkcs11-id-get 0", "kill one", "nclients",
]
IN_A_HOLD = ["status", "kill x", "nclients", "client-kill 0", "remote-entry-count", "hold",
             "signal SIGUSR1", "signal SIGHUP"]


def shape(line):
    """A line without what differs by nature: numbers, times, addresses."""
    line = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "DATE", line)
    return re.sub(r"[0-9.:/]*[0-9]", "N", line)


def shapes(session, commands):
    return {command: [shape(line) for line in session.command(command)] for command in commands}


def assert_alike(real, fake, commands):
    with real.manage() as session:
        expected = shapes(session, commands)
        heard = [line.split(":")[0] for line in session.notifications]
    with Management(fake.endpoint) as session:
        answered = shapes(session, commands)
        assert {command: (expected[command], answered[command]) for command in commands
                if expected[command] != answered[command]} == {}
        assert [line.split(":")[0] for line in session.notifications] == heard


def test_answers_like_a_real_server(lab, pki, start_fake):
    real = openvpn.server(lab, pki).start()
    openvpn.client(lab, pki, real, "one").start().wait_completed()
    fake = start_fake()
    with fake.script() as daemon:
        daemon.add_client("one", announce=False)
    assert_alike(real, fake, ANYWHERE + ON_SERVERS)


def test_answers_like_a_real_client_in_a_hold(lab, pki, start_fake):
    real = openvpn.lone_client(lab, pki, hold=True).start()
    fake = start_fake(mode="client", hold=True)
    assert_alike(real, fake, IN_A_HOLD + ANYWHERE)


@pytest.mark.parametrize("command", BAD_BACKSLASH)
def test_bad_backslash(lab, pki, start_fake, command):
    real = openvpn.lone_client(lab, pki, hold=True).start()
    start = "ERROR: Options warning: Bad backslash ('\\') usage in TCP:0: "
    for endpoint in (real.endpoint, start_fake().endpoint):
        with Management(endpoint) as session:
            assert session.command(command)[0].startswith(start)


def test_helps_with_the_same_commands(lab, pki, start_fake):
    def names(lines):
        first = {re.split(r"[ :]", line)[0] for line in lines[2:-1] if not line.startswith(" ")}
        return first - {"password", "kill"}  # some versions list them twice

    real = openvpn.lone_client(lab, pki, hold=True).start()
    with real.manage() as session:
        expected = names(session.command("help"))
    with Management(start_fake().endpoint) as session:
        lines = session.command("help")
    assert lines[1] == "Commands:" and lines[-1] == "END"
    assert names(lines) == expected


def test_overlong_lines():
    for length, lines in ((1023, [b"x" * 1023]), (1024, []), (1025, [b""])):
        assert InputBuffer(True).feed(b"x" * length + b"\n") == lines
    assert InputBuffer(True).feed(b"x" * 1025 + b"verb 7\n") == [b"verb 7"]
    assert InputBuffer(True).feed("a\r\tb\0ü\x7f\n".encode()) == ["abü".encode()]
    assert InputBuffer(False).feed("aü\n".encode()) == [b"a"]


def test_lexer_limits():
    assert split(b" ".join([b"w"] * 20)) == ["w"] * 16
    assert split(b"w " * 16 + b'"unclosed') == ["w"] * 16
    assert split(b"y" * 256) == ["y" * 256]
    with pytest.raises(LexerError, match="too long"):
        split(b"y" * 257)


def test_versions_differ(start_fake):
    interface = {"2.1.4": "1", "2.3.18": "1", "2.4.12": "1", "2.5.11": "3", "2.6.14": "5",
                 "2.7.6": "6"}
    fields = {"2.1.4": 5, "2.3.18": 5}
    for version, number in interface.items():
        fake = start_fake("fake" + version, version=version)
        with Management(fake.endpoint) as session:
            assert session.greeting.startswith(
                f">INFO:OpenVPN Management Interface Version {number} --")
            assert session.command("version")[0].startswith(
                f"OpenVPN Version: OpenVPN {version} ")
            assert session.command("state")[0].count(",") == fields.get(version, 8) - 1


def test_management_password(start_fake):
    fake = start_fake(password="open sesame")
    with Management(fake.endpoint, "open sesame") as session:
        assert session.greeting.startswith(">INFO:")
    with connect(fake.endpoint) as link, link.makefile("rb") as stream:
        link.sendall(b"no\nno\nno\npid\n")
        assert stream.read() == b"ENTER PASSWORD:" * 3
    assert fake.commands("pid") == []


def test_one_session_at_a_time(lab, start_fake):
    fake = start_fake()
    first = Management(fake.endpoint)
    second = connect(fake.endpoint, 0.1)
    with pytest.raises(TimeoutError):
        second.recv(1)
    first.close()
    second.settimeout(5)
    assert second.recv(5) == b">INFO"
    second.close()
    lab.wait_until(lambda: not fake.connected, "the session ended")


def test_real_time_streams_and_own_command_lines(start_fake):
    fake = start_fake(mode="client")
    with Management(fake.endpoint) as session:
        for stream in ("state", "log", "echo"):
            session.command(stream + " on")
        with fake.script() as daemon:
            daemon.state("RECONNECTING", "ping-restart")
            daemon.echo("hello, world")
        session.wait_notification(">ECHO:")
        seen = [re.sub(r"\d{6,}", "T", line) for line in session.notifications]
        assert seen == [">LOG:T,D,MANAGEMENT: CMD 'echo on'",
                        ">LOG:T,,MANAGEMENT: >STATE:T,RECONNECTING,ping-restart,,,,,",
                        ">STATE:T,RECONNECTING,ping-restart,,,,,"]
        assert fake.commands() == [["state", "on"], ["load-stats"], ["log", "on"], ["load-stats"],
                                   ["echo", "on"], ["load-stats"]]


def test_hold_release_and_restart(start_fake):
    fake = start_fake(mode="client", hold=True)
    with Management(fake.endpoint) as session:
        session.wait_notification(">HOLD:Waiting for hold release:0")
        session.command("state on")
        assert session.command("hold release") == ["SUCCESS: hold release succeeded"]
        session.wait_notification(">STATE:")
        assert session.command("signal SIGUSR1") == ["SUCCESS: signal SIGUSR1 thrown"]
        session.wait_notification(">HOLD:Waiting for hold release:1")


def test_questions(start_fake):
    refusals = iter(["try 'again'", None])
    fake = start_fake(mode="client", question=ask_user(judge=lambda answers: next(refusals)))
    with Management(fake.endpoint) as session:
        session.wait_notification(">PASSWORD:Need 'Auth' username/password")
        session.command("auth-retry interact")
        session.command("state on")
        assert session.command("password Other x") == [
            "ERROR: password of type 'Other' entered, but we need one of type 'Auth'"]
        session.command("password Auth secret")
        session.command('username Auth "a b"')
        session.wait_notification(">PASSWORD:Verification Failed: 'Auth' ['try 'again'']")
        session.wait_notification(">PASSWORD:Need 'Auth'")
        session.command("username Auth u")
        session.command("password Auth p")
        while ",CONNECTED," not in session.wait_notification(">STATE:"):
            pass
        for question, command in ((ask_ok(), "needok token-insertion-request ok"),
                                  (ask_string(), "needstr pkcs11-id-request text")):
            with fake.script() as daemon:
                daemon.ask(question)
            session.wait_notification(question.line)
            assert session.command(command)[0].startswith("SUCCESS: ")
    assert not any(b"secret" in line.encode() for line in fake.daemon.logs)


@pytest.mark.parametrize("fault, last", [
    ("refuse", "ERROR: The 'status' command is not supported by the current daemon mode"),
    ("cut", "CLIENT_LIST"), ("empty", None)])
def test_status_faults(start_fake, fault, last):
    fake = start_fake()
    with fake.script() as daemon:
        daemon.add_clients(5)
        daemon.status_fault = fault
    with Management(fake.endpoint) as session:
        lines = session.command("status 3")
    if fault == "cut":
        assert "END" not in lines and lines[-1].startswith("ROUTING_TABLE")
    else:
        assert lines[-1:] == ([last] if last else [])


def test_endless_status_and_drop(start_fake):
    fake = start_fake()
    with fake.script() as daemon:
        daemon.status_fault = "endless"
    with Management(fake.endpoint) as session:
        session.send("status 3\n")
        lines = [session.read_line() for _ in range(5000)]
        assert len(set(lines)) == 5000
        fake.drop()
        while session.read_line() is not None:
            pass


def test_an_overlong_row_cuts_the_status(start_fake):
    fake = start_fake()
    with fake.script() as daemon:
        daemon.add_client("one")
        daemon.add_client("two", username="u" * 480)
    with Management(fake.endpoint) as session:
        lines = session.command("status 3")
        assert lines[-1].startswith("CLIENT_LIST\tone\t")
        assert session.command("status 1")[-1] == "END"


def test_many_clients(start_fake):
    fake = start_fake()
    with fake.script() as daemon:
        clients = daemon.add_clients(100000)
        daemon.remove_clients(clients[:1000])
    with Management(fake.endpoint, deadline=30) as session:
        lines = session.command("status 3")
    rows = [line.split("\t") for line in lines if line.startswith("CLIENT_LIST")]
    assert len(rows) == 99000 and lines[-1] == "END"
    for column in (2, 3, 10):
        assert len({row[column] for row in rows}) == 99000


def test_stall_and_resume(lab, start_fake):
    fake = start_fake()
    with Management(fake.endpoint, deadline=0.2) as session:
        fake.stall()
        session.send("pid\n")
        with pytest.raises(TimeoutError):
            session.read_line()
        fake.resume()
        session.deadline = 5
        assert session.read_line() == f"SUCCESS: pid={fake.daemon.pid}"


def test_split_output(start_fake):
    fake = start_fake()
    fake.split_output(1, pause=0.002)
    link = connect(fake.endpoint)
    assert len(link.recv(100)) == 1
    link.close()


def test_flood_and_states(start_fake):
    fake = start_fake()
    with Management(fake.endpoint) as session:
        session.command("state on")
        with fake.script() as daemon:
            flood(daemon, 20000)
            say_states(daemon, 10)
        lines = [session.read_line() for _ in range(20010)]
    assert lines[19999].endswith("flood line 20000")
    assert [line.split(",")[2] for line in lines[20000:]] == [f"step-{n}" for n in range(1, 11)]


def test_fatal_death_and_a_new_process(lab, start_fake):
    fake = start_fake()
    with Management(fake.endpoint) as session:
        pid = session.command("pid")
        with fake.script() as daemon:
            daemon.fatal("the end")
        assert session.read_line() == ">FATAL:the end"
        assert session.read_line() is None
    lab.wait_until(lambda: not os.path.exists(fake.path), "the socket is gone")
    fake.restart()
    with Management(fake.endpoint) as session:
        assert session.command("pid") != pid


def test_occupied_and_mute(start_fake):
    fake = start_fake()
    fake.mute_sessions = True
    link = connect(fake.endpoint)
    assert link.recv(1) == b""
    link.close()
    fake.mute_sessions = False
    fake.occupy()
    link = connect(fake.endpoint, 0.1)
    with pytest.raises(TimeoutError):
        link.recv(1)
    link.close()


def test_replay(lab):
    text = b">INFO:hello\r\n"
    records = [(b"!", b"connected /x"), (b"<", text), (b">", b"pid\n"), (b"<", b"SUCCESS: p"),
               (b"<", b"id=1\r\n"), (b"!", b"EOF")]
    capture = lab.path("capture.txt")
    with open(capture, "wb") as file:
        file.write(b"# title\n")
        for direction, data in records:
            file.write(b"@@ +0.001 %s %d\n%s\n" % (direction, len(data), data))
    replay = lab.track(Replay(capture, lab.path("replay.sock"), strict=True)).start()
    with Management(replay.endpoint) as session:
        session.send("pid\n")
        assert session.read_line() == "SUCCESS: pid=1"
        assert session.read_line() is None
    assert replay.wait(5) and replay.differences == []


def test_program(lab):
    port = free_port()
    program = os.path.join(os.path.dirname(__file__), "..", "fake", "fake_openvpn.py")
    command = [sys.executable, "-B", program, "--tcp", str(port), "--version", "2.4.12"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          text=True) as process:
        try:
            assert process.stdout.readline().startswith("listening on tcp:")
            process.stdin.write("add 3\nbogus\n")
            process.stdin.flush()
            assert [process.stdout.readline() for _ in range(2)] == [
                "done\n", "unknown action 'bogus'\n"]
            with Management(f"tcp:127.0.0.1:{port}") as session:
                assert session.command("nclients") == ["SUCCESS: nclients=3"]
            process.stdin.close()
            assert process.wait(5) == 0
        finally:
            process.kill()


def test_tcp(lab):
    fake = lab.track(FakeOpenVpn(port=free_port())).start()
    with Management(fake.endpoint) as session:
        assert session.command("pid")
