#!/usr/bin/python3
"""How long the agent leaves a daemon unread while its master agent is in trouble: figures for
people, run by `make bench`.  OVPN_AGENTX_BIN names the agent."""

import os
import sys
import time

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [TESTS, os.path.join(TESTS, "integration")]

from fake.fake_openvpn import FakeOpenVpn  # noqa: E402
from parts import master  # noqa: E402
from parts.agent import Agent  # noqa: E402
from parts.pauses import Pauses  # noqa: E402
from parts.process import Lab  # noqa: E402
from parts.snmp import Snmpd  # noqa: E402
from parts.view import InstanceView  # noqa: E402


def start(lab, above):
    fake = lab.track(FakeOpenVpn(lab.path("fake.sock"))).start()
    agent = Agent(lab, above, [{"name": "one", "index": 1, "management": fake}]).start()
    lab.wait_until(lambda: fake.commands("status"), "the agent polls")
    return agent, fake


def report(what, pauses):
    print(f"{what:<58} longest pause {pauses.longest * 1000:6.0f} ms, "
          f"of {len(pauses.took)}")


def watch(fake, seconds):
    with Pauses(fake) as pauses:
        time.sleep(seconds)
    return pauses


def real(seconds):
    lab = Lab()
    try:
        snmpd = Snmpd(lab).start()
        _, fake = start(lab, snmpd)
        view = InstanceView(lab, snmpd.manager())
        view.wait(Contact="up")
        report("snmpd answers", watch(fake, 3))
        snmpd.freeze()
        report(f"snmpd stands still for {seconds} s", watch(fake, seconds))
        snmpd.thaw()
        snmpd.kill()
        report("snmpd is gone", watch(fake, 5))
        snmpd.start()
        report("snmpd comes again", watch(fake, 5))
    finally:
        lab.close()


def scripted(name, asleep_at):
    lab = Lab()
    try:
        path = lab.path("master.sock")
        _, fake = start(lab, f"unix:{path}")
        with Pauses(fake) as pauses:
            lab.track(master.Master(path, asleep_at))
            time.sleep(15)
        report(f"the master agent falls asleep at {name}", pauses)
    finally:
        lab.close()


def stopping():
    lab = Lab()
    try:
        above = lab.track(master.Master(lab.path("master.sock")))
        agent, _ = start(lab, above)
        lab.wait_until(lambda: "connected to the master" in agent.log, "there is a session")
        above.asleep = True
        begin = time.monotonic()
        agent.stop()
        print(f"{'the agent stops while the master agent sleeps':<58} "
              f"takes         {(time.monotonic() - begin) * 1000:6.0f} ms")
    finally:
        lab.close()


if __name__ == "__main__":
    real(20)
    scripted("Open", master.OPEN)
    scripted("Register", master.REGISTER)
    stopping()
