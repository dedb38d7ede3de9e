"""The part of scripts/demo that runs behind the build: starts everything and shows it."""

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import textwrap
import time

sys.dont_write_bytecode = True
TESTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests")
sys.path[:0] = [os.path.join(TESTS, "integration"), TESTS]

from fake.fake_openvpn import FakeOpenVpn  # noqa: E402  (the path comes first)
from parts import openvpn, snmp, tunnel, view  # noqa: E402
from parts.agent import Agent  # noqa: E402
from parts.pki import Pki  # noqa: E402
from parts.process import Child, Lab  # noqa: E402
from parts.standalone import Alone  # noqa: E402

OFFICE, BRANCH, ALICE = 1, 2, 3  # ovpnInstanceIndex
LOG_TAIL = 8  # lines
WIDTH = 80  # of the page, without a terminal
PACKETS, SIZE = 1000, 1000  # of the traffic to alice, octets
# In a notification.
DULL = ("StateName", "SessionTunnelText", "ClientIndex")
NOTIFY = ["state", "fatal", "hold", "contact", "input", "auth", "client"]


def say(text=""):
    print(text, flush=True)


def cut(text, width):
    return text if len(text) <= width else text[:max(width - 3, 0)] + "..."


def page_width():
    return shutil.get_terminal_size((WIDTH, 0)).columns


def show(title, columns, rows, dull=()):
    """Prints rows, dicts of texts, as a table.  What is wider than the page loses the dull columns, one
    after the other, and then the end of its last column."""
    say(f"\n{title}")
    for left_out in (None, *dull):
        columns = [column for column in columns if column != left_out]
        lines = [columns, *([str(row.get(column, "")) for column in columns] for row in rows)]
        widths = [max(map(len, column)) for column in zip(*lines)]
        last = page_width() - sum(widths[:-1]) - 2 * len(widths)
        if last >= widths[-1]:
            break
    for line in lines:
        cells = [cell.ljust(width) for cell, width in zip(line, widths)]
        say("  " + "  ".join([*cells[:-1], cut(line[-1], last)]).rstrip())
    if not rows:
        say("  (no rows)")


def clock(seconds):
    return time.strftime("%H:%M:%S", time.localtime(seconds)) if seconds else ""


# The device's queue takes 500 packets.
_SEND = """
import socket, sys, time
address, count, size = sys.argv[1], *map(int, sys.argv[2:])
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
    for number in range(count):
        link.sendto(bytes(size), (address, 9))
        if number % 100 == 99:
            time.sleep(0.05)
"""


def _own_network(lab):
    """A network namespace with nothing but its loopback interface, so that nothing of the machine's
    network is touched.  Returns the words before a command that is to run in there."""
    holder = Child(lab, "network", ["unshare", "--net", "sh", "-c",
                                    "ip link set lo up && echo ready && exec sleep infinity"])
    holder.spawn()
    lab.wait_until(lambda: "ready" in holder.log, "there is a network namespace")
    return ["nsenter", f"--net=/proc/{holder.pid}/ns/net"]


class Real:
    """OpenVPN itself: a server, two clients, and a client that waits for its release."""

    def __init__(self, lab):
        pki = Pki(lab.make_folder("pki"))
        inside = _own_network(lab)
        self.office = openvpn.server(lab, pki, "office", prefix=inside)
        self.alice, self.branch, bob, self.carol = (
            openvpn.client(lab, pki, self.office, name, prefix=inside, hold=name == "branch")
            for name in ("alice", "branch", "bob", "carol"))
        for daemon in (self.office, self.alice, self.branch, bob):
            daemon.start()
        self.office.wait_completed()
        for words in ("address add 10.9.0.1/24 dev tun0", "link set tun0 up"):
            subprocess.run([*inside, "ip", *words.split()], check=True)
        self.inside = inside

    def send_to_alice(self, address):
        self.send_to(address, PACKETS)

    def send_to(self, address, packets):
        subprocess.run([*self.inside, sys.executable, "-c", _SEND, address, str(packets), str(SIZE)],
                       check=True)

    def carol_comes(self):
        self.carol.start()

    def carol_goes(self):
        self.carol.stop()

    def hold_was_released(self):
        """The server sees the client by itself."""


class Scripted:
    """Daemons that only speak the management protocol."""

    def __init__(self, lab):
        def daemon(name, **others):
            path = lab.path(name + ".sock")
            return lab.track(FakeOpenVpn(path, name=name, **others)).start()

        self.office = daemon("office", mode="server")
        self.alice = daemon("alice", mode="client")
        self.branch = daemon("branch", mode="client", hold=True)
        for name, received, sent in (("alice", 48213, 1920334), ("bob", 5120, 7008)):
            with self.office.script() as server:
                server.add_client(name, received=received, sent=sent)

    def _client(self, server, name):
        return next(client for client in server.clients if client.common_name == name)

    def send_to_alice(self, _address):
        with self.office.script() as server:
            self._client(server, "alice").sent += PACKETS * SIZE

    def carol_comes(self):
        with self.office.script() as server:
            server.add_client("carol")

    def carol_goes(self):
        with self.office.script() as server:
            server.remove_clients([self._client(server, "carol")])

    def hold_was_released(self):
        with self.office.script() as server:
            server.add_client("branch")


class Demo:
    """Everything that runs, and what a person does with it."""

    def __init__(self, lab, scripted, alone, snmpd_lines=(), sink_lines=()):
        self.lab = lab
        self.traps_shown = 0
        self._progress("snmptrapd" if alone else "snmptrapd and snmpd")
        self.sink = snmp.Snmptrapd(lab, extra=sink_lines).start()
        self.snmpd = (Alone if alone else snmp.Snmpd)(lab, self.sink, extra=snmpd_lines).start()
        self.manager = self.snmpd.manager()
        self._progress("scripted daemons" if scripted else
                       "an OpenVPN server, its clients alice and bob, and one in a hold, branch")
        self.daemons = (Scripted if scripted else Real)(lab)
        self._progress("openvpn-agentx, which is its own SNMP agent" if alone else "openvpn-agentx")
        self.agent = Agent(lab, self.snmpd, [
            self._instance(OFFICE, self.daemons.office, ["verb", "kill"]),
            self._instance(BRANCH, self.daemons.branch, ["hold"]),
            self._instance(ALICE, self.daemons.alice, []),
        ]).start()

    @staticmethod
    def _instance(index, daemon, allow):
        return {"name": daemon.name, "index": index, "management": daemon, "status_interval": 1,
                "allow": allow, "notify": NOTIFY}

    @staticmethod
    def _progress(what):
        say(f"starting {what}")

    def wait(self, condition, what, deadline=30.0):
        """Waits and says for what, with a dot each second."""
        print(f"waiting until {what} ", end="", flush=True)
        dots = [time.monotonic()]

        def looked():
            while time.monotonic() - dots[-1] >= 1:
                print(".", end="", flush=True)
                dots.append(dots[-1] + 1)
            try:
                return condition()
            except (snmp.Absent, snmp.SnmpTimeout, snmp.SnmpError):
                return False

        begin = time.monotonic()
        try:
            self.lab.wait_until(looked, what, deadline)
        finally:
            say(f" {time.monotonic() - begin:.1f} s")

    def rows(self, table):
        """Without those that came while the table was read, of which columns are missing."""
        found = view.rows(self.manager, table)
        columns = list(max(found.values(), key=len, default={}))
        ends = {*columns[:1], *columns[-1:]}
        return {index: row for index, row in found.items() if ends <= set(row)}

    def names(self):
        """The common names of the server's clients."""
        return {row["CommonName"] for index, row in self.rows("ovpnClientTable").items()
                if index[0] == OFFICE}

    def instance(self, index, column):
        return self.manager.get(f"ovpnInstance{column}.{index}")

    # What is shown

    def show_instances(self):
        show("The daemons (ovpnInstanceTable)",
             ["Index", "Name", "Contact", "Mode", "State", "HoldWaiting", "TunnelText", "Clients",
              "Version"],
             [{"Index": index[0], **row} for index, row in self.rows("ovpnInstanceTable").items()], dull=["Version", "Index"])

    def show_clients(self):
        rows = [{"Index": ".".join(map(str, index)), **row, "Since": clock(row["ConnectedSinceUnix"])}
                for index, row in self.rows("ovpnClientTable").items()]
        show("Who is connected (ovpnClientTable)",
             ["Index", "CommonName", "RealText", "TunnelText", "BytesIn", "BytesOut", "Since"], rows,
             dull=["Index", "Since"])

    def show_routes(self):
        show("Which address belongs to whom (ovpnRouteTable)",
             ["Address", "Kind", "CommonName", "ClientIndex"], self.rows("ovpnRouteTable").values())

    def show_log(self):
        rows = [row for index, row in self.rows("ovpnLogTable").items() if index[0] == OFFICE]
        show(f"The last {LOG_TAIL} lines that office logged (ovpnLogTable)", ["Time", "Message"],
             [{"Time": clock(row["TimeUnix"]), "Message": row["Message"]}
              for row in rows[-LOG_TAIL:]])

    def show_commands(self):
        show("What was asked for through SNMP (ovpnCommandTable)",
             ["Daemon", "Command", "Result", "Milliseconds", "Reply"],
             [{"Daemon": self.instance(index[0], "Name"), **row}
              for index, row in self.rows("ovpnCommandTable").items()], dull=["Milliseconds"])

    def show_traps(self, title):
        """Those that were not shown yet."""
        traps = [trap for trap in self.sink.traps() if trap.name.startswith("ovpn")]
        show(title, ["No", "Notification", "Daemon", "Says"],
             [_described(trap) for trap in traps[self.traps_shown:]], dull=["No"])
        self.traps_shown = len(traps)

    # What is done, by command lines that a user can type

    def environment(self):
        names = snmp.environment(self.snmpd.folder)
        return {"MIBDIRS": names["MIBDIRS"], "MIBS": snmp.MODULE}

    def export(self):
        return "export " + " ".join(f"{name}={shlex.quote(value)}"
                                    for name, value in self.environment().items())

    def tool(self, name, words):
        *options, rest = words.split(" ", words.startswith("-") and words.count(" -") + 1)
        host = f"127.0.0.1:{self.snmpd.port}"
        return " ".join([name, "-v2c -c", snmp.COMMUNITY, "-t 3 -r 0", *options, host, rest])

    def ctl(self, words):
        """The same for ovpnctl, which has the table's width to itself."""
        line = f"ovpnctl -v2c -c {snmp.COMMUNITY} 127.0.0.1:{self.snmpd.port} {words}"
        say("\n" + _folded(f"$ {line}"))
        path = f"{os.environ['OVPN_AGENTX_BUILD']}:{os.environ['PATH']}"
        done = subprocess.run(["sh", "-c", line], stdout=subprocess.PIPE, text=True, check=False,
                              stderr=subprocess.STDOUT,
                              env={**os.environ, "PATH": path, "COLUMNS": str(page_width() - 2)})
        say(textwrap.indent(done.stdout.rstrip("\n"), "  "))

    def run(self, name, words):
        """Prints the command line, runs it, prints its output."""
        line = self.tool(name, words)
        say("\n" + _folded(f"$ {line}"))
        done = subprocess.run(["sh", "-c", line], stdout=subprocess.PIPE, text=True, check=False,
                              stderr=subprocess.STDOUT, env={**os.environ, **self.environment()})
        for text in done.stdout.splitlines():
            if text:
                say("  " + text.removeprefix(snmp.MODULE + "::"))

    def effect(self, text):
        say(f"  => {text}")


def _folded(line):
    """A command line as lines that fit the page and can be pasted."""
    lines = textwrap.wrap(line, page_width() - 2, initial_indent="  ", subsequent_indent="      ",
                          break_long_words=False, break_on_hyphens=False)
    return " \\\n".join(lines)


def _described(trap):
    values = dict(trap.values)
    head = {"No": values.pop("ovpnNotificationSequence", ""), "Notification": trap.name,
            "Daemon": values.pop("ovpnInstanceName", "")}
    values.pop("ovpnNotificationUnixTime", None)
    said = [f"{re.sub('^ovpn(Instance|Client|Session)?', '', name)}={value}"
            for name, value in values.items() if value not in ("", 0) and not name.endswith(DULL)]
    return {**head, "Says": ", ".join(said)}


def look(demo):
    demo.wait(lambda: demo.names() == {"alice", "bob"} and
              all(demo.instance(index, "Contact") == "up" for index in (OFFICE, BRANCH, ALICE)) and
              demo.instance(ALICE, "State") == "connected" and
              demo.instance(BRANCH, "HoldWaiting") == "true",
              "alice and bob are connected and all daemons have contact")
    demo.sink.wait_traps("ovpnHoldWaiting")
    demo.ctl("status")
    demo.show_instances()
    demo.ctl("clients")
    demo.show_clients()
    demo.show_routes()
    demo.show_log()
    demo.show_traps("Notifications so far, as snmptrapd received them")


def traffic(demo):
    """Of alice alone, as she sees and hears nothing else."""
    def alice():
        return next(row for row in demo.rows("ovpnClientTable").values()
                    if row["CommonName"] == "alice")

    before = alice()
    say(f"\n{PACKETS} packets of {SIZE} octets go through the tunnel to alice")
    demo.daemons.send_to_alice(before["VirtualIpv4"])
    demo.wait(lambda: alice()["BytesOut"] >= before["BytesOut"] + PACKETS * SIZE,
              "her row counts them")
    after = alice()
    show("Her traffic (ovpnClientTable)", ["CommonName", "Column", "Before", "After", "Difference"],
         [{"CommonName": "alice", "Column": column, "Before": before[column], "After": after[column],
           "Difference": after[column] - before[column]} for column in ("BytesIn", "BytesOut")])


def come_and_go(demo):
    say("\ncarol connects, and leaves again")
    demo.daemons.carol_comes()
    demo.wait(lambda: "carol" in demo.names(), "she has a row")
    demo.daemons.carol_goes()
    demo.wait(lambda: "carol" not in demo.names(), "her row goes")
    for name in ("ovpnClientConnected", "ovpnClientDisconnected"):
        demo.sink.wait_traps(name, where=lambda trap: "carol" in trap.text)
    demo.show_traps("Notifications of it")
    say("\nWho ever was here stays (ovpnUserTable)")
    demo.ctl("users")


def control(demo):
    say(f"""
Remote control.  A SET is answered when the daemon has answered.  The agent's
key `allow` says what may be asked: verb and kill of office, hold of branch.
For commands like these, in any shell:

  {demo.export()}""")
    change_verb(demo)
    kill_bob(demo)
    release_hold(demo)
    be_refused(demo)
    demo.show_instances()
    demo.show_clients()
    demo.show_commands()
    demo.show_traps("Notifications since then")


def change_verb(demo):
    say("\n1. office shall log more; by ovpnctl, and by any SNMP tool")
    demo.ctl("verb office 5")
    demo.run("snmpset", f"ovpnControlVerb.{OFFICE} i 4")
    demo.effect(f"ovpnInstanceVerb is {demo.instance(OFFICE, 'Verb')}; the daemon said: "
                f"{demo.manager.get(f'ovpnControlLastReply.{OFFICE}')}")


def kill_bob(demo):
    serial = f"ovpnControlSerial.{OFFICE}"
    say("\n2. bob shall leave.  The serial number is read and sent along: a command that"
        "\n   is sent twice by accident, by a retransmission or by two people, happens once")
    demo.run("snmpget", serial)
    read = demo.manager.get(serial)
    demo.run("snmpset", f"{serial} i {read} ovpnControlKillCommonName.{OFFICE} s bob")
    demo.wait(lambda: "bob" not in demo.names(), "bob's row goes")
    demo.run("snmpset", f"{serial} i {read} ovpnControlKillCommonName.{OFFICE} s alice")
    demo.effect(f"the old number is refused; connected: {', '.join(sorted(demo.names()))}")


def release_hold(demo):
    serial = f"ovpnControlSerial.{BRANCH}"
    say("\n3. branch shall start")
    read = demo.manager.get(serial)
    demo.run("snmpset", f"{serial} i {read} ovpnControlHoldRelease.{BRANCH} i release")
    demo.daemons.hold_was_released()
    demo.wait(lambda: demo.instance(BRANCH, "State") == "connected" and "branch" in demo.names(),
              "branch is connected")


def be_refused(demo):
    say("\n4. what `allow` does not have is refused, and alice has none at all")
    demo.run("snmpset", f"ovpnControlSignal.{ALICE} i sigterm")
    demo.ctl("signal alice SIGTERM --yes")
    demo.effect(f"alice is {demo.instance(ALICE, 'State')}")


def hint(demo):
    say(f"""
Try in another terminal:
  {demo.export()}""")
    for tool, words in (("snmpwalk", "ovpnInstanceTable"),
                        ("snmptable", "-Cb -Ci -CB ovpnClientTable"),
                        ("snmpwalk", f"ovpnLogMessage.{OFFICE}"),
                        ("snmpset", f"ovpnControlKillCommonName.{OFFICE} s alice")):
        say("  " + demo.tool(tool, words))
    say(f"  {os.environ['OVPN_AGENTX_BUILD']}/ovpnctl -v2c -c {snmp.COMMUNITY} "
        f"127.0.0.1:{demo.snmpd.port} top")
    say(f"Notifications arrive in {demo.sink.log_path}; the agent logs to {demo.agent.log_path}.")


def wait_for_ctrl_c():
    say("\nAll is running; Ctrl-C ends it.")
    try:
        signal.pause()
    except KeyboardInterrupt:
        say()


def scripted_or_not(wanted):
    if wanted:
        say("As asked for, a scripted daemon plays OpenVPN's part.")
    elif os.geteuid() != 0 or not tunnel.real_device_allowed():
        say("A real OpenVPN needs root and /dev/net/tun: a scripted daemon plays its part.")
    else:
        return False
    return True


def interrupt(*_):
    raise KeyboardInterrupt


def main():
    keep = "--keep" in sys.argv
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    lab = Lab()
    try:
        demo = Demo(lab, scripted_or_not("--scripted" in sys.argv), "--standalone" in sys.argv)
        look(demo)
        traffic(demo)
        come_and_go(demo)
        control(demo)
        if keep:
            hint(demo)
            wait_for_ctrl_c()
    except KeyboardInterrupt:
        say("\ninterrupted")
        return 1
    except (AssertionError, OSError, RuntimeError, subprocess.SubprocessError) as error:
        say(f"\nThis should not happen: {error}")
        return 1
    finally:
        lab.close()
    if not keep:
        say("""
All is stopped again.  Next:
  scripts/demo --keep    leaves it running, to try snmpwalk and snmpset
  README.md              "Install it" and "Set it up" for your own daemons""")
    return 0


if __name__ == "__main__":
    sys.exit(main())
