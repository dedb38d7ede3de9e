"""Guests of the one management session of real daemons."""

import grp
import os
import re
import socket
import stat
import subprocess
import threading

import pytest

from parts import openvpn
from parts.share import ALL, Guest, enter, share, shared
from parts.view import InstanceView, rows

# What the daemon is asked directly, and its twin by way of a share.
LINES = """
help|version|pid|nclients|load-stats|status|status 1|status 2|status 3|status 4|status 0|status x
state|state 1|state 0|state x|state all|state on|state off|state on all|state off all|state on x
state on off|state "on" 1|log|log on|log off|log x|log 0|log on x|log off x|log on off|echo|echo on
echo all|echo 1|echo on all|echo off|echo x|bytecount|bytecount 0|bytecount 5|bytecount x
bytecount -1|env-filter|env-filter 2|env-filter x|env-filter 0
verb|verb 4|verb 3|verb 16|verb -1|mute|mute 5|mute 0|mute -1|auth-retry|auth-retry interact
auth-retry bad|auth-retry none|hold|hold on|hold off|hold maybe|hold release|HOLD|Pid|pid extra
kill|kill nobody|kill 1.2.3.4:5|kill 1.2.3.4|client-kill|client-kill 99|client-kill x
client-kill 99 HALT|client-deny|client-deny 0 1|client-deny x 1 no
client-auth-nt|client-auth-nt 5|client-auth-nt x 1|client-auth-nt 5 x
client-pending-auth|signal|signal SIGWHAT|username|username Auth|username Auth x
password|password Auth x|needok|needok x ok|needstr x|needstr x y|forget-passwords
cr-response|remote|proxy|net|test|test 0|test 3|test 12
remote-entry-count|remote-entry-get|remote-entry-get 0
push-update-broad|push-update-cid|push-update-cid 1
rubbish|rubbish with words||   |# a comment|; another|pid # comment
"pid"|'pid'|pi\\d|"pid|'pid|pid "|"verb" "4"|verb '3'|\\"pid|pid \\x|status "3"|verb "|kill ""
""".strip().replace("\n", "|").split("|")

# What it answers otherwise: it knows the commands of later versions, and shortens what is long.
DIFFER = {"push-update-broad", "push-update-cid", "push-update-cid 1", "pi\\d", "pid \\x"}

# Guests with a wrong password: more than the log tells of in a while.
STORM = 60


def plain(lines):
    """Without numbers and traces of the session."""
    own = re.compile(r"MANAGEMENT: (CMD|Client|>STATE)")
    return [re.sub(r"\d+", "N", line) for line in lines if not own.search(line)]


@pytest.fixture
def client(lab, pki):
    return openvpn.lone_client(lab, pki).start()


@pytest.fixture
def view(lab, manager):
    """Instance 1."""
    return InstanceView(lab, manager)


def test_a_twin_answers_the_same(lab, pki, start_agent, snmpd):
    direct = openvpn.server(lab, pki, "direct").start()
    twin = openvpn.server(lab, pki, "twin").start()
    direct.wait_completed()
    twin.wait_completed()
    place = share(lab, allow=ALL)
    start_agent([shared(twin, place)])
    guest = enter(lab, place)
    with direct.manage() as host, guest:
        assert guest.greeting == host.greeting
        differ = {}
        for line in LINES:
            theirs, ours = plain(host.command(line)), plain(guest.command(line))
            if theirs != ours and line not in DIFFER:
                differ[line] = (theirs, ours)
    assert len(LINES) > 100
    assert differ == {}


def test_guests_and_managers_do_not_mind_each_other(lab, client, start_agent, manager, snmptrapd,
                                                    view):
    place = share(lab)
    start_agent([shared(client, place, notify=["state-all"])])
    guests = [enter(lab, place) for _ in range(8)]
    asked = [("pid", f"SUCCESS: pid={client.pid}"), ("mute", "SUCCESS: mute="),
             ("load-stats", "SUCCESS: nclients="), ("verb 4", "ERROR: the 'verb' command is not"),
             ("state off", "SUCCESS: real-time state notification"), ("rubbish", "ERROR: unknown")]
    wrong = []

    def ask(guest):
        guest.send("".join(asked[number % len(asked)][0] + "\n" for number in range(200)))
        for number in range(200):
            answer = guest.reply()
            if not answer.startswith(asked[number % len(asked)][1]):
                wrong.append((number, answer))

    threads = [threading.Thread(target=ask, args=(guest,)) for guest in guests]
    for thread in threads:
        thread.start()
    for number in range(20):
        manager.set(("ovpnControlMute.1", "i", number))
    manager.set(("ovpnControlSignal.1", "i", "sigusr1"))
    for thread in threads:
        thread.join(60)
    assert wrong == [] and not any(thread.is_alive() for thread in threads)
    snmptrapd.wait_traps("ovpnStateChange")
    view.wait(Contact="up", Mute=19)


def test_every_write_goes_through_control(lab, client, start_agent, manager, view):
    place = share(lab, allow=("verb", "mute", "hold", "signal:SIGUSR1"))
    start_agent([shared(client, place, allow=[])])
    with enter(lab, place) as guest:
        assert guest.one("mute 7") == "SUCCESS: mute level changed"
        assert guest.one("hold on") == "SUCCESS: hold flag set to ON"
        assert view.get("Mute", "HoldFlag") == [7, "true"]
        assert guest.one("signal SIGTERM").startswith("ERROR: the 'signal' command is not allowed")
        assert guest.one("signal SIGUSR1") == "SUCCESS: signal SIGUSR1 thrown"
        guest.wait_notification(">HOLD:")
        view.wait(HoldWaiting="true")
        with enter(lab, place) as late:
            assert late.read_line().startswith(">HOLD:Waiting for hold release")
            assert late.one("hold release") == "SUCCESS: hold release succeeded"
        view.wait(HoldWaiting="false")
        with enter(lab, place) as later:
            assert later.one("hold") == "SUCCESS: hold=1"
            assert not [line for line in later.notifications if line.startswith(">HOLD")]
    table = list(rows(manager, "ovpnCommandTable").values())
    assert [(row["Command"], row["Result"]) for row in table] == [
        ("mute 7", "success"), ("hold on", "success"), ("signal SIGUSR1", "success"),
        ("hold release", "success")]
    assert all(row["Source"].startswith(f"share {place['listen']}, uid {os.geteuid()} pid ")
               for row in table)


def test_verb_at_its_height(lab, client, start_agent, view):
    """`log on` and verb 9 together would be the daemon's last words."""
    place = share(lab, allow=("verb",))
    start_agent([shared(client, place, log_lines=0)])
    with enter(lab, place) as guest, enter(lab, place) as other:
        for each in (guest, other):
            assert each.one("log on") == "SUCCESS: real-time log notification set to ON"
        guest.wait_notification(">LOG:")
        assert other.one("verb 9") == "SUCCESS: verb level changed"
        client.wait_log("I/O WAIT")
        for _ in range(5):
            assert guest.one("pid") == f"SUCCESS: pid={client.pid}"
        view.wait(Contact="up", Verb=9)
        assert guest.one("log on") == "SUCCESS: real-time log notification set to ON"
        assert other.one("verb 4") == "SUCCESS: verb level changed"
        del guest.notifications[:]
        guest.wait_notification(">LOG:")
        view.wait(Verb=4)


def test_streams_are_a_guests_own(lab, client, start_agent, view):
    place = share(lab, allow=("signal:SIGUSR1",))
    start_agent([shared(client, place)])
    with enter(lab, place) as states, enter(lab, place) as counts, enter(lab, place) as nothing:
        assert states.command("state on all")[-1] == "END"
        assert counts.one("bytecount 1") == "SUCCESS: bytecount interval changed"
        assert counts.wait_notification(">BYTECOUNT:")
        assert nothing.one("signal SIGUSR1") == "SUCCESS: signal SIGUSR1 thrown"
        assert "RECONNECTING,SIGUSR1" in states.wait_notification(">STATE:")
        assert nothing.one("pid").startswith("SUCCESS: pid=")
        assert nothing.notifications == []
        assert not [line for line in states.notifications if not line.startswith(">STATE:")]
        assert counts.one("bytecount 0") == "SUCCESS: bytecount interval changed"
        # Traces of others' commands are not in a list of the log.
        assert not [line for line in nothing.command("log all") if "MANAGEMENT: C" in line]
    view.wait(Contact="up")


def test_a_password(lab, client, start_agent):
    port = openvpn.free_port()
    words = lab.write("share.pw", "right-Zq9\n")
    place = {"listen": f"tcp:127.0.0.1:{port}", "password_file": words, "rate": 1000}
    local = share(lab)
    agent = start_agent([shared(client, place, local)])
    enter(lab, local).close()
    with Guest(place, "right-Zq9") as guest:
        assert guest.greeting.startswith(">INFO:")
        assert guest.one("pid") == f"SUCCESS: pid={client.pid}"
    for _ in range(STORM):
        with socket.create_connection(("127.0.0.1", port), 10) as link:
            link.sendall(b"wrong\npid\nright-Zq\nright-Zq9\n")
            heard = b"".join(iter(lambda: link.recv(4096), b""))
        assert heard == b"ENTER PASSWORD:" * 3
    assert "Zq9" not in agent.log
    # Whoever tries words does not fill the log.
    assert 1 <= agent.log.count("gave 3 wrong passwords") < STORM


def test_the_socket(lab, client, start_agent, view):
    """Its mode, a stale one in its place, one that somebody has, and what a reload leaves."""
    group = grp.getgrgid(os.getgid() or 1)  # one that is not the agent's own where it may give it
    open_to_group = share(lab, "group", mode="0660", group=group.gr_name)
    taken, stale = share(lab, "taken"), share(lab, "stale")
    holder = socket.socket(socket.AF_UNIX)
    holder.bind(lab.path("taken.guests"))
    holder.listen(1)
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(lab.path("stale.guests"))
        dead.listen(1)
    agent = start_agent([shared(client, open_to_group, taken, stale)])
    guest = enter(lab, stale)
    gone = enter(lab, open_to_group)

    def mode(place):
        return stat.S_IMODE(os.stat(place["listen"].partition(":")[2]).st_mode)

    assert os.stat(lab.path("group.guests")).st_gid == group.gr_gid
    assert (mode(open_to_group), mode(stale)) == (0o660, 0o600)
    assert agent.log.count("taken.guests: cannot listen: Address already in use") == 1
    holder.setblocking(False)
    with pytest.raises(BlockingIOError):
        holder.accept()
    holder.close()
    lab.wait_until(lambda: "shared at " + taken["listen"] in agent.log, "it is free", 20)
    agent.reload([shared(client, taken, {**stale, "allow": ("mute",), "mode": "0666"})])
    assert gone.read_line() is None
    assert not os.path.exists(lab.path("group.guests"))
    assert guest.one("mute 3") == "SUCCESS: mute level changed"
    assert mode(stale) == 0o666
    guest.close()
    agent.stop()
    assert not os.path.exists(lab.path("stale.guests"))


def test_contact_comes_and_goes(lab, client, start_agent, manager, view):
    place = share(lab)
    start_agent([shared(client, place)])
    guest = enter(lab, place)
    manager.set(("ovpnControlSession.1", "i", "detached"))
    assert guest.wait_notification(">FATAL:") == ">FATAL:the agent has lost contact with the daemon"
    assert guest.read_line() is None
    with Guest(place) as early:
        assert early.greeting == ">FATAL:the agent has no contact with the daemon"
        assert early.read_line() is None
    manager.set(("ovpnControlSession.1", "i", "attached"))
    guest = enter(lab, place)
    client.kill()
    assert guest.wait_notification(">FATAL:")
    assert guest.read_line() is None
    client.start()
    enter(lab, place, deadline=30).close()


def test_as_many_as_may_be(lab, client, start_agent):
    place = share(lab, guests=2, rate=1)
    start_agent([shared(client, place)])
    first, second = enter(lab, place), enter(lab, place)
    with Guest(place) as third:
        assert third.greeting is None
    # Who asks more than may be waits, and has all answers in the end.
    first.send("pid\n" * 4)
    second.send("load-stats\n" * 50)
    assert [second.reply().split("=")[0] for _ in range(50)] == ["SUCCESS: nclients"] * 50
    assert [first.reply().split("=")[0] for _ in range(4)] == ["SUCCESS: pid"] * 4
    first.send("quit\n")
    assert first.read_line() is None
    enter(lab, place).close()


def test_a_large_status_for_three(lab, start_fake, start_agent, manager):
    """They ask at once, one exchange serves them, and SNMP goes on."""
    place = share(lab)
    fake = start_fake(mode="server")
    with fake.script() as daemon:
        daemon.add_clients(20000)
    agent = start_agent([shared(fake, place, status_interval=3600)], lean=True)
    InstanceView(lab, manager).wait(120, Contact="up", Clients=20000)
    guests = [enter(lab, place, deadline=60) for _ in range(3)]
    before = len(fake.commands("status"))
    for guest in guests:
        guest.send("status 3\n")
    assert manager.get("ovpnInstanceClients.1") == 20000
    lists = [list(iter(guest.read_line, "END")) for guest in guests]
    assert lists[0] == lists[1] == lists[2]
    assert sum(line.startswith("CLIENT_LIST") for line in lists[0]) == 20000
    assert len(fake.commands("status")) - before <= 2
    for guest in guests:
        guest.close()
    assert agent.alive


def test_a_guest_that_does_not_read(lab, start_fake, start_agent):
    fake = start_fake("flood")
    place = share(lab)
    agent = start_agent([shared(fake, place, log_lines=0)])
    _, listener = guests = enter(lab, place), enter(lab, place)
    for guest in guests:
        assert guest.one("log on").startswith("SUCCESS")
    lab.wait_until(lambda: fake.commands("log"), "the stream is on")
    with fake.script() as daemon:
        for _ in range(12000):
            daemon.log("I", "x" * 200)
    for _ in range(12000):
        listener.wait_notification(">LOG:")
    assert "does not read: it is dropped" in agent.log
    assert listener.one("pid").startswith("SUCCESS")


@pytest.mark.parametrize("program", [["nc", "-N", "-U"], ["socat", "-t5", "-"]])
def test_common_programs(lab, client, start_agent, program):
    place = share(lab)
    start_agent([shared(client, place)])
    enter(lab, place).close()
    path = lab.path("share.guests")
    where = path if program[0] == "nc" else f"UNIX-CONNECT:{path}"
    done = subprocess.run([*program, where], input="pid\nversion\nquit\n", capture_output=True,
                          text=True, timeout=30, check=True)
    lines = done.stdout.splitlines()
    assert lines[0].startswith(">INFO:") and lines[1] == f"SUCCESS: pid={client.pid}"
    assert lines[-1] == "END"
