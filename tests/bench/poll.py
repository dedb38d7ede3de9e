"""What polls cost a real daemon with many clients, and how many lines they leave in its log."""

import os
import time

from report import Figure, processor

from parts import openvpn
from parts.pki import Pki
from parts.process import Lab

CLIENTS = int(os.environ.get("OVPN_CLIENTS", 50))
POLLS = 500
INTERVAL = 10  # seconds, the agent's own


def connected(lab, pki):
    server = openvpn.server(lab, pki, extra=["duplicate-cn", "max-clients 1000"]).start()
    for number in range(CLIENTS):
        openvpn.client(lab, pki, server, f"client{number}", common_name="bench").start()
    return server


def measure(lab, server):
    """Milliseconds of the processor and lines of the log, with polls and in as long a time without."""
    with server.manage() as session:
        lab.wait_until(lambda: sum(line.startswith("CLIENT_LIST") for line in session.command("status 3"))
                       >= CLIENTS, "all are there", 20 + 2 * CLIENTS)
        lines, used, begin = server.log.count("\n"), processor(server.pid), time.monotonic()
        for _ in range(POLLS):
            session.command("status 3")  # and load-stats, as the agent asks
        polled = processor(server.pid) - used, server.log.count("\n") - lines
        used, took = processor(server.pid), time.monotonic() - begin
        time.sleep(took)
        return (polled[0] - (processor(server.pid) - used)) / POLLS * 1e3, polled[1] / POLLS


def figures():
    lab = Lab()
    pki = Pki(lab.make_folder("pki"))
    try:
        used, lines = measure(lab, connected(lab, pki))
    finally:
        lab.close()
    a_day = 86400 / INTERVAL
    yield Figure(f"a poll costs the daemon, {CLIENTS} clients", used, "ms")
    yield Figure(f"polls each {INTERVAL} s cost it of a processor", used / INTERVAL / 10, "%")
    yield Figure(f"polls each {INTERVAL} s, lines in its log a day, verb 3", lines * a_day, "lines")
