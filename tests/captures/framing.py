"""Reads and writes the framed captures (NAME.txt, see README.md)."""

from typing import NamedTuple


class Record(NamedTuple):
    time: str  # "+SECONDS", as written
    direction: str  # "<" from the daemon, ">" to it, "!" a remark
    data: bytes


class Capture(NamedTuple):
    header: bytes  # the lines that start with '#'
    records: list


def read(path):
    data = path.read_bytes()
    at = 0
    while data.startswith(b"#", at):
        at = data.index(b"\n", at) + 1
    header = data[:at]
    records = []
    while at < len(data):
        end = data.index(b"\n", at)
        mark, time, direction, length = data[at:end].decode("ascii").split(" ")
        body = data[end + 1 : end + 1 + int(length)]
        at = end + 1 + int(length) + 1
        if mark != "@@" or direction not in "<>!" or data[at - 1 : at] != b"\n":
            raise ValueError(f"{path}: bad record in front of byte {at}")
        records.append(Record(time, direction, body))
    return Capture(header, records)


def write(path, capture):
    parts = [capture.header]
    for time, direction, body in capture.records:
        parts.append(f"@@ {time} {direction} {len(body)}\n".encode("ascii") + body + b"\n")
    path.write_bytes(b"".join(parts))


def received(capture):
    """All bytes that came from the daemon."""
    return b"".join(record.data for record in capture.records if record.direction == "<")
