"""More daemons than the process may have open files."""

import contextlib
import os
import re
import socket

import pytest

from parts.control import entry
from parts.view import InstanceView

KEPT = 64  # for all else


@pytest.fixture
def listeners(lab):
    """listeners(count): the settings of so many daemons that let anybody connect and never speak."""
    with contextlib.ExitStack() as stack:
        def made(count):
            paths = [lab.path(f"{number}.sock") for number in range(count)]
            for path in paths:
                listener = stack.enter_context(socket.socket(socket.AF_UNIX))
                listener.bind(path)
                listener.listen(8)
            return [{"name": os.path.basename(path), "index": 1000 + number,
                     "management": f"unix:{path}", "log_lines": 0}
                    for number, path in enumerate(paths)]

        yield made


def limited(soft, hard):
    return ["prlimit", f"--nofile={soft}:{hard}", "--"]


def open_files(agent):
    return len(os.listdir(f"/proc/{agent.pid}/fd"))


def test_more_than_the_limit(lab, listeners, start_fake, start_agent, manager):
    """Those that have no room are named; the master agent and a reload have theirs."""
    limit, daemons = 2 * KEPT, 150
    many = listeners(daemons)
    agent = start_agent(many, wrapper=limited(limit, limit))
    text = (f"{daemons} daemons are configured, and {limit - KEPT} can be connected: no more than "
            f"{limit} files may be open (LimitNOFILE)")
    lab.wait_until(lambda: "connected to the master agent" in agent.log, "there is a session")
    assert agent.log.count(text) == 1
    lab.wait_until(lambda: open_files(agent) > limit - KEPT, "all that have room are connected")

    def without_room():
        return [row for row in manager.bulkwalk("ovpnInstanceContactError")
                if "too low" in str(row.value)]

    lab.wait_until(lambda: len(without_room()) == daemons - (limit - KEPT), "the others say why")
    assert str(without_room()[0].value) == (
        "cannot connect: Too many open files for another daemon; the agent's limit (LimitNOFILE) is "
        "too low")
    agent.reload(many[1:])
    lab.wait_until(lambda: agent.log.count("configuration reloaded") == 1, "it is read")
    assert agent.log.count(f"{daemons - 1} daemons are configured") == 1
    # With fewer there is room again.
    agent.reload([entry(start_fake()), *many[1:10]])
    lab.wait_until(lambda: agent.log.count("configuration reloaded") == 2, "it is read again")
    InstanceView(lab, manager).wait(Contact="up")
    lab.wait_until(lambda: not without_room(), "all are connected")
    assert open_files(agent) < limit


def test_the_limit_is_raised(lab, listeners, start_agent):
    """As far as the process may, whatever a login gives it."""
    daemons = 150
    agent = start_agent(listeners(daemons), wrapper=limited(100, 4096))
    lab.wait_until(lambda: open_files(agent) > daemons, "all are connected")
    with open(f"/proc/{agent.pid}/limits", encoding="ascii") as file:
        assert re.search(r"^Max open files +4096 +4096 ", file.read(), re.MULTILINE)
    assert "daemons are configured" not in agent.log
