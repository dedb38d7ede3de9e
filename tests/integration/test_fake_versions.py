"""The scripted daemon's dialects, proved against captures of real daemons of these versions."""

import re
from pathlib import Path

import pytest

from captures import framing
from fake.daemon import Daemon
from fake.dialects import DIALECTS

FOLDER = Path(__file__).resolve().parents[1] / "captures" / "compat"
CAPTURED = [version for version in DIALECTS if version != "2.5.11"]
# What these answer depends on what happened before, or has words of its own.
DIFFERENT = re.compile(r"help|test |log |echo (all|on)")
ENDS = re.compile(r"exit|signal SIGTERM")
NOTIFICATION = re.compile(r">(CLIENT|LOG|STATE|ECHO|BYTECOUNT|HOLD):")
UNORDERED = re.compile(r"status|state all|state on all")


def exchanges(path):
    """(command, reply without notifications) of all commands in a capture."""
    found = []
    for record in framing.read(path).records:
        if record.direction == ">":
            found.append((record.data.decode(), []))
        elif record.direction == "<" and found:
            found[-1][1].append(record.data)
    return [(command.strip("\n"), reply_lines(b"".join(parts))) for command, parts in found]


def reply_lines(data):
    lines = data.decode("utf-8", "replace").split("\r\n")[:-1]
    return [line for line in lines if not NOTIFICATION.match(line)]


def shape(command, lines):
    """Replies without numbers, times and addresses; lists of rows without order and repetition."""
    texts = []
    for line in lines:
        line = re.sub(r"\w{3} \w{3} [ \d]\d [\d:]{8} \d{4}|\d{4}-\d\d-\d\d [\d:]{8}", "DATE", line)
        texts.append(re.sub(r"[\d.:/]*\d", "N", line))
    return sorted(set(texts)) if UNORDERED.match(command) else texts


def answer(daemon, command):
    daemon.feed(command.encode() + b"\n")
    parts = []
    while daemon.output:
        entry = daemon.output.popleft()
        parts += [entry] if isinstance(entry, bytes) else entry
    return reply_lines(b"".join(parts))


def differences(daemon, path):
    """What the scripted daemon answers otherwise, each as (command, real, scripted)."""
    daemon.connected("a test")
    daemon.output.clear()
    found = []
    for command, real in exchanges(path):
        if daemon.clients and re.match(r"kill (udp4?:)?127\.", command):
            command = re.sub(r"127[\d.:]+", daemon.clients[0].real, command)
        if ENDS.match(command):
            break
        expected = shape(command, real)
        got = shape(command, answer(daemon, command))
        if not DIFFERENT.match(command) and got != expected:
            found.append((command, expected, got))
    return found


@pytest.mark.parametrize("version", CAPTURED)
def test_server(version):
    daemon = Daemon(version)
    strange = "a_b_c__quoted__x" if version == "2.1.4" else 'a,b,c "quoted" x'
    for name in ("plain", "plain", strange):
        daemon.add_client(name, announce=False)
    assert differences(daemon, FOLDER / f"{version}-server.txt") == []


@pytest.mark.parametrize("version", CAPTURED)
def test_client(version):
    daemon = Daemon(version, "client", hold=True)
    assert differences(daemon, FOLDER / f"{version}-client.txt") == []
