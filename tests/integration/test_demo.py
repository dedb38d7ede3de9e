"""What scripts/demo runs behind its build, as a user sees it, and that it leaves nothing behind."""

import os
import re
import signal
import subprocess

import pytest

from parts import agent, tunnel
from parts.process import Child

DEMO = os.path.abspath(os.path.join(os.path.dirname(__file__), "../../scripts/demo.py"))

pytestmark = pytest.mark.skipif(not agent.program(), reason=f"{agent.VARIABLE} is not set")


@pytest.fixture
def demo(lab):
    """demo(*options): the running demo; its temporary folder is demo.folder, short for sockets."""

    def start(*options):
        folder = lab.make_folder("t")
        child = Child(lab, "demo", ["/usr/bin/python3", DEMO, *options], {"TMPDIR": folder})
        child.stop_signal = signal.SIGINT
        child.folder = folder
        child.spawn()
        return child

    return start


def processes_of(folder):
    """The command lines that name the folder."""
    lines = subprocess.run(["ps", "-ww", "-e", "-o", "args="], stdout=subprocess.PIPE, text=True,
                           check=True).stdout.splitlines()
    return [line for line in lines if folder + "/" in line]


def assert_nothing_is_left(demo):
    assert os.listdir(demo.folder) == []
    assert processes_of(demo.folder) == []


@pytest.mark.parametrize("kind", ["real", "scripted", "alone"])
def test_it_shows_all_and_leaves_nothing(demo, kind):
    if kind == "real" and (os.geteuid() != 0 or not tunnel.real_device_allowed()):
        pytest.skip("a real tun device is not allowed here")
    options = {"real": [], "scripted": ["--scripted"], "alone": ["--scripted", "--standalone"]}
    run = demo(*options[kind])
    assert run.wait_exit(120) == 0, run.tail()
    shown = run.log
    assert ("scripted daemon" in shown) == (kind != "real")
    before, _, after = shown.partition("Remote control.")
    assert re.search(r"^  office +connected ", before, re.MULTILINE)
    assert "`allow' of alice" in after and "office: verb level changed" in after
    for text in ("ovpnInstanceTable", "$ ovpnctl ", "alice", "bob", "ovpnRouteTable", "ovpnLogTable",
                 "Initialization Sequence Completed" if kind != "real" else "PUSH_REPLY",
                 "ovpnHoldWaiting"):
        assert text in before
    assert re.search(r"^  (\d+ +)?ovpnClientConnected +office +CommonName=carol", before, re.MULTILINE)
    assert re.search(r"^  office +carol +false ", before, re.MULTILINE)
    assert re.search(r"^  (\d+ +)?ovpnClientDisconnected +office +CommonName=carol", before, re.MULTILINE)
    assert re.search(r"^  alice +BytesOut +\d+ +\d+ +1\d{6}$", before, re.MULTILINE)
    for text in ("verb level changed", "Reason: inconsistentValue", "Reason: notWritable",
                 "HoldRelease.2 = INTEGER: release(2)", "common name 'bob' found",
                 "ovpnHoldEnded", "ovpnClientDisconnected", "ovpnClientConnected", "scripts/demo --keep"):
        assert text in after
    assert [line for line in shown.splitlines() if len(line) > 80
            and not line.startswith(("  export ", "  Reason: ", "  ovpnctl: "))] == []
    assert_nothing_is_left(run)


def test_keep_waits_for_ctrl_c(lab, demo):
    run = demo("--scripted", "--keep")
    lab.wait_until(lambda: "Ctrl-C ends it" in run.log or not run.alive, "all is running", 60)
    assert run.alive, run.tail()
    line = next(line for line in run.log.splitlines() if line.startswith("  snmpwalk"))
    export = next(line for line in run.log.splitlines() if line.startswith("  export"))
    done = subprocess.run(["sh", "-c", f"{export}\n{line}"], stdout=subprocess.PIPE, text=True,
                          check=True)
    assert "ovpnInstanceName.1 = STRING: office" in done.stdout
    assert processes_of(run.folder) != []
    assert run.stop(20) == 0
    assert_nothing_is_left(run)


def test_it_cleans_up_when_it_is_stopped_early(lab, demo):
    run = demo("--scripted", "--keep")
    lab.wait_until(lambda: processes_of(run.folder), "something runs")
    run.signal(signal.SIGTERM)
    assert run.wait_exit(20) == 1
    assert_nothing_is_left(run)
