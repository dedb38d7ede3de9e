"""The part of scripts/demo that runs behind the build."""

import os
import signal
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tests",
                                "integration"))

from parts import openvpn, snmp  # noqa: E402  (the path comes first)
from parts.agent import Agent  # noqa: E402
from parts.pki import Pki  # noqa: E402
from parts.process import Lab  # noqa: E402

MODULE = "OPENVPN-MANAGEMENT-MIB::"
COLUMNS = ["Name", "Contact", "Mode", "State", "StateReason", "HoldWaiting", "Clients", "Pid"]


def say(text):
    print(text, flush=True)


def show(title, columns, rows):
    """Prints rows, dicts of texts, as a table."""
    say(f"\n{title}")
    widths = [max(len(column), *(len(str(row.get(column, ""))) for row in rows))
              for column in columns]
    for line in [dict(zip(columns, columns)), *rows]:
        say("  " + "  ".join(str(line.get(column, "")).ljust(width)
                             for column, width in zip(columns, widths)).rstrip())


def instances(manager):
    """Name, Contact, ... of each daemon."""
    rows = []
    for index in (1, 2):
        values = manager.values(*(f"{MODULE}ovpnInstance{column}.{index}" for column in COLUMNS))
        rows.append(dict(zip(COLUMNS, values)))
    return rows


def start(lab):
    say("starting: snmptrapd, snmpd, an OpenVPN server, two clients, a client in a hold, the agent")
    pki = Pki(lab.make_folder("pki"))
    sink = snmp.Snmptrapd(lab).start()
    snmpd = snmp.Snmpd(lab, sink).start()
    server = openvpn.server(lab, pki)
    server.start()
    for name in ("alice", "bob"):
        openvpn.client(lab, pki, server, name).start()
    held = openvpn.lone_client(lab, pki, "held", hold=True)
    held.start()
    agent = Agent(lab, snmpd, [
        {"name": "server", "index": 1, "management": server, "status_interval": 1},
        {"name": "held", "index": 2, "management": held},
    ])
    agent.start()
    return sink, snmpd.manager(), server, snmpd


def show_all(lab, sink, manager, server):
    lab.wait_until(lambda: manager.answers(MODULE + "ovpnInstanceContact.2"), "the agent answers")
    lab.wait_until(lambda: instances(manager)[0]["Clients"] == 2 and
                   instances(manager)[1]["Contact"] == "up", "both clients are connected", 30)
    show("The daemons (ovpnInstanceTable)", COLUMNS, instances(manager))
    say("\nrestarting the server's tunnel with SIGUSR1, to see notifications ...")
    server.signal(signal.SIGUSR1)
    sink.wait_traps("ovpnStateChange", 2, 20)
    show("Notifications that snmptrapd received", ["#", "Notification", "Daemon", "Says"],
         [described(trap) for trap in sink.traps() if trap.name.startswith("ovpn")])


def described(trap):
    values = {name: value for name, value in trap.values.items()}
    says = [f"{name.replace('ovpnInstance', '')}={value}" for name, value in values.items()
            if not name.startswith("ovpnNotification") and name != "ovpnInstanceName"
            and value not in ("", 0)]
    return {"#": values["ovpnNotificationSequence"], "Notification": trap.name,
            "Daemon": values["ovpnInstanceName"], "Says": ", ".join(says)[:90]}


def hint(snmpd):
    folders = snmp.environment(snmpd.folder)["MIBDIRS"]
    say(f"""
Try next:
  MIBDIRS={folders} snmpwalk -v2c -c {snmp.COMMUNITY} \\
      -m OPENVPN-MANAGEMENT-MIB 127.0.0.1:{snmpd.port} ovpnInstanceTable""")


def wait_for_ctrl_c():
    say("\nAll is running; Ctrl-C ends it.")
    try:
        signal.pause()
    except KeyboardInterrupt:
        say("")


def main():
    lab = Lab()
    try:
        sink, manager, server, snmpd = start(lab)
        show_all(lab, sink, manager, server)
        if "--keep" in sys.argv:
            hint(snmpd)
            wait_for_ctrl_c()
        else:
            say("\nscripts/demo --keep leaves all running, to try snmpwalk and snmptable yourself.")
    except (KeyboardInterrupt, subprocess.SubprocessError) as error:
        say(f"ended: {error}")
        return 1
    finally:
        lab.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
