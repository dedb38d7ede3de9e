"""How long the agent leaves a daemon unread while its master agent is in trouble."""

import time

from report import Figure

from fake.fake_openvpn import FakeOpenVpn
from parts import master
from parts.agent import Agent
from parts.pauses import Pauses
from parts.process import Lab
from parts.snmp import Snmpd
from parts.view import InstanceView


def start(lab, above):
    fake = lab.track(FakeOpenVpn(lab.path("fake.sock"))).start()
    agent = Agent(lab, above, [{"name": "one", "index": 1, "management": fake}]).start()
    lab.wait_until(lambda: fake.commands("status"), "the agent polls")
    return agent, fake


def longest(what, pauses):
    return Figure(f"longest pause: {what}", pauses.longest * 1000, "ms", f"of {len(pauses.took)}")


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
        yield longest("snmpd answers", watch(fake, 3))
        snmpd.freeze()
        yield longest(f"snmpd stands still for {seconds} s", watch(fake, seconds))
        snmpd.thaw()
        snmpd.kill()
        yield longest("snmpd is gone", watch(fake, 5))
        snmpd.start()
        yield longest("snmpd comes again", watch(fake, 5))
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
        yield longest(f"the master agent falls asleep at {name}", pauses)
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
        yield Figure("the agent stops while the master agent sleeps",
                     (time.monotonic() - begin) * 1000, "ms")
    finally:
        lab.close()


def figures():
    yield from real(20)
    yield from scripted("Open", master.OPEN)
    yield from scripted("Register", master.REGISTER)
    yield from stopping()
