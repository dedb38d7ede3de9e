"""A second reader of the protocol, which shares no code with the first.

It reads a framed capture and gives the same lines as tests/unit/decode.c (README.md has the
format).
It is written from what the management notes and the daemons' sources say, for clearness alone:
whole lists in memory, regular expressions, no care for speed.
"""

import calendar
import ipaddress
import re
import sys
import time
from pathlib import Path

import framing

PROMPT = b"ENTER PASSWORD:"
STATES = (
    "CONNECTING WAIT AUTH GET_CONFIG ASSIGN_IP ADD_ROUTES CONNECTED RECONNECTING EXITING RESOLVE "
    "TCP_CONNECT AUTH_PENDING"
).split()
NUMBERS = {
    b"Max bcast/mcast queue length": "BCAST_QUEUE",
    b"dco_enabled": "DCO",
    b"TUN/TAP read bytes": "TUN_READ",
    b"TUN/TAP write bytes": "TUN_WRITE",
    b"TCP/UDP read bytes": "LINK_READ",
    b"TCP/UDP write bytes": "LINK_WRITE",
    b"Auth read bytes": "AUTH_READ",
}


def quoted(data):
    def character(byte):
        if byte in b'"\\':
            return "\\" + chr(byte)
        return chr(byte) if 0x20 <= byte <= 0x7E else f"\\x{byte:02x}"

    return '"' + "".join(map(character, data)) + '"'


def fields(**values):
    return " ".join(f"{name}={quoted(value)}" for name, value in values.items())


# Addresses.


def ip_text(host, proto="-", port=b""):
    try:
        address = ipaddress.ip_address(host.decode("ascii"))
    except ValueError:
        return "NONE"
    return f"IPV{address.version}/{proto}/{address.packed.hex()}/{int(port or b'0')}"


def real_text(real):
    """a.b.c.d:port, a bare IPv6 address, or PROTO:host:port with brackets around IPv6."""
    found = re.fullmatch(rb"(?:(udp4|udp6|tcp4-server|tcp6-server):)?([\d.]+):(\d+)", real)
    found = found or re.fullmatch(rb"(udp6|tcp6-server):\[([0-9a-f:.]+)\]:(\d+)", real)
    if not found:
        return ip_text(real)
    proto = {b"udp": "UDP", b"tcp": "TCP"}[found[1][:3]] if found[1] else "-"
    return ip_text(found[2], proto, found[3])


def end_point(name, host, port):
    return f"{name}={quoted(host)} port={quoted(port)} at={ip_text(host, port=port)}"


# State, log and echo lines.


def state_text(kind, line):
    parts = line.split(b",")
    if len(parts) < 2 or not parts[0].isdigit() or not parts[1]:
        return None
    seconds, name, *rest = parts
    rest += [b""] * (7 - len(rest))
    detail, tun4, remote, port, local, local_port, tun6 = rest[:7]
    known = name.decode() if name.decode() in STATES else "?"
    return (
        f"{kind} {int(seconds)} {known} {fields(name=name, detail=detail, tun4=tun4, tun6=tun6)} "
        f"{end_point('remote', remote, port)} {end_point('local', local, local_port)}"
    )


def log_text(kind, line):
    found = re.fullmatch(rb"(\d+),([IFNWD]*),(.*)", line, re.S)
    return found and f"{kind} {int(found[1])} {found[2].decode() or '-'} {quoted(found[3])}"


def echo_text(kind, line):
    found = re.fullmatch(rb"(\d+),(.*)", line, re.S)
    return found and f"{kind} {int(found[1])} - {quoted(found[2])}"


# Real-time messages.


def password_text(text):
    asked = rb"(password|username/password|username)"
    found = re.fullmatch(rb"Need '(.*)' " + asked + rb"(?: SC:(\d+),(.*))?", text)
    if found:
        kind = found[2].decode().replace("/", "_")
        flags = int(found[3] or b"0")
        words = [kind, fields(type=found[1])]
        words += ["challenge"] if found[3] else []
        words += ["echo"] if flags & 1 else []
        words += ["concat"] if flags & 2 else []
        return ">need " + " ".join(words) + " " + fields(prompt=found[4] or b"")
    found = re.fullmatch(rb"Verification Failed: '(.*?)'(?: \['(.*)'\])?", text)
    if found:
        return ">auth-failed " + fields(type=found[1], reason=found[2] or b"")
    if text.startswith(b"Auth-Token:"):
        return ">auth-token " + fields(text=b"")
    return None


def need_text(kind, word, text):
    found = re.fullmatch(rb"Need '(.*?)' " + word + rb" MSG:(.*)", text)
    return found and f">need {kind} " + fields(type=found[1], prompt=found[2])


def block_text(kind, text):
    if text == b"ENV,END":
        return f">{kind}-end"
    if text.startswith(b"ENV,"):
        name, _, value = text[4:].partition(b"=")
        return f">{kind}-env " + fields(name=name, value=value)
    return None


def client_text(text):
    text_of_block = block_text("client", text)
    if text_of_block:
        return text_of_block
    found = re.fullmatch(rb"ADDRESS,(\d+),(.*)", text)
    if found:
        return f">client-address cid={int(found[1])} " + fields(extra=found[2])
    found = re.fullmatch(rb"(ESTABLISHED|DISCONNECT),(\d+)", text)
    if found:
        return f">client {found[1].decode()} cid={int(found[2])} kid=-1 " + fields(extra=b"")
    found = re.fullmatch(rb"(CONNECT|REAUTH|CR_RESPONSE),(\d+),(\d+)(?:,(.*))?", text)
    if found:
        ids = f"cid={int(found[2])} kid={int(found[3])}"
        return f">client {found[1].decode()} {ids} " + fields(extra=found[4] or b"")
    return None


def bytes_text(text):
    found = re.fullmatch(rb"(\d+),(\d+)", text)
    return found and f">bytecount {int(found[1])} {int(found[2])}"


def client_bytes_text(text):
    found = re.fullmatch(rb"(\d+),(\d+),(\d+)", text)
    return found and f">bytecount-client cid={int(found[1])} {int(found[2])} {int(found[3])}"


def info_text(text):
    found = re.match(rb"OpenVPN Management Interface Version (\d+) ", text)
    return f">info version={int(found[1]) if found else 0} " + fields(text=text)


def hold_text(text):
    found = re.fullmatch(rb"Waiting for hold release(?::(\d+))?", text)
    return found and f">hold {int(found[1] or b'0')}"


def entry_text(text):
    found = re.fullmatch(rb"'(\d+)'(?:, ID:'(.*)', BLOB:'(.*)')?", text)
    if not found:
        return None
    return f">pkcs11-entry {int(found[1])} " + fields(id=found[2] or b"", blob=found[3] or b"")


def line_text(kind):
    return lambda text: f">{kind} {quoted(text)}"


REAL_TIME = {
    "INFO": info_text,
    "HOLD": hold_text,
    "STATE": lambda text: state_text(">state", text),
    "LOG": lambda text: log_text(">log", text),
    "ECHO": lambda text: echo_text(">echo", text),
    "FATAL": line_text("fatal"),
    "PASSWORD": password_text,
    "NEED-OK": lambda text: need_text("confirm", b"confirmation", text),
    "NEED-STR": lambda text: need_text("string", b"(?:string|input)", text),
    "BYTECOUNT": bytes_text,
    "BYTECOUNT_CLI": client_bytes_text,
    "CLIENT": client_text,
    "UPDOWN": lambda text: block_text("updown", text) or f">updown {quoted(text)}",
    "NOTIFY": line_text("notify"),
    "INFOMSG": line_text("infomsg"),
    "PKCS11ID-COUNT": lambda text: f">pkcs11-count {int(text)}" if text.isdigit() else None,
    "PKCS11ID-ENTRY": entry_text,
}
QUESTIONS = ("RSA_SIGN", "PK_SIGN", "NEED-CERTIFICATE", "REMOTE", "PROXY")


def real_time_text(line):
    found = re.fullmatch(rb">([A-Z0-9_-]+):(.*)", line, re.S)
    name, text = found[1].decode(), found[2]
    if name in QUESTIONS:
        return f">question {name} " + fields(text=text)
    if name not in REAL_TIME:
        return f">unknown {name} " + fields(text=text)
    return REAL_TIME[name](text) or f">malformed {name} " + fields(text=text)


# status: one reader for each of its forms.


def number_text(name, value):
    return f"number {NUMBERS.get(name, 'OTHER')} {int(value)}"


def time_of(row, column):
    seconds = row.get(column + " (time_t)")
    return int(seconds) if seconds else local_time(row[column])


def client_row(row):
    user = row.get("Username", b"")
    return (
        f"client {fields(cn=row['Common Name'], real=row['Real Address'])} "
        f"at={real_text(row['Real Address'])} "
        f"{fields(v4=row.get('Virtual Address', b''), v6=row.get('Virtual IPv6 Address', b''))} "
        f"in={int(row['Bytes Received'])} out={int(row['Bytes Sent'])} "
        f"since={time_of(row, 'Connected Since')} "
        f"{fields(user=b'' if user == b'UNDEF' else user)} "
        f"cid={int(row.get('Client ID', b'-1'))} peer={int(row.get('Peer ID', b'-1'))} "
        f"{fields(cipher=row.get('Data Channel Cipher', b''))}"
    )


def route_row(row):
    address = row["Virtual Address"]
    cached = address.endswith(b"C")
    return (
        f"route {fields(address=address[:-1] if cached else address)} cached={int(cached)} "
        f"{fields(cn=row['Common Name'], real=row['Real Address'])} "
        f"at={real_text(row['Real Address'])} last={time_of(row, 'Last Ref')}"
    )


def row_text(columns, values, separator, text):
    """A name may hold the comma of formats 1 and 2: a row's only name is what is left over."""
    names = [index for index, column in enumerate(columns) if column in ("Common Name", "Username")]
    extra = len(values) - len(columns)
    if extra > 0 and separator == b"," and len(names) == 1:
        start, end = names[0], names[0] + extra + 1
        values = [*values[:start], separator.join(values[start:end]), *values[end:]]
    if len(columns) != len(values):
        return "bad-row"
    return text(dict(zip(columns, values)))


def local_time(text):
    """A time as formats 1 and the client mode write it; the captures were made in UTC."""
    text = text.decode("ascii")
    form = "%Y-%m-%d %H:%M:%S" if text[0].isdigit() else "%a %b %d %H:%M:%S %Y"
    return calendar.timegm(time.strptime(text, form))


class StatusTables:
    """Formats 2 and 3: each line starts with a word that tells what it is."""

    def __init__(self, separator):
        self.separator = separator
        self.columns = {}

    def read(self, line):
        kind, _, rest = line.partition(self.separator)
        values = rest.split(self.separator)
        if kind == b"TITLE":
            return f"status server {quoted(rest)}"
        if kind == b"TIME":
            return f"time {int(values[-1])}"
        if kind == b"HEADER":
            self.columns[values[0]] = [name.decode() for name in values[1:]]
            return "heading"
        if kind == b"CLIENT_LIST":
            return row_text(self.columns[kind], values, self.separator, client_row)
        if kind == b"ROUTING_TABLE":
            return row_text(self.columns[kind], values, self.separator, route_row)
        if kind == b"GLOBAL_STATS":
            return number_text(values[0], values[1])
        return "heading"


class StatusSections:
    """Format 1: titles, a row with the names of the columns, rows."""

    TITLES = (b"OpenVPN CLIENT LIST", b"ROUTING TABLE", b"GLOBAL STATS")

    def __init__(self):
        self.title = None
        self.columns = None

    def read(self, line):
        values = line.split(b",")
        if line in self.TITLES:
            self.title, self.columns = line, None
            return 'status server ""' if line == self.TITLES[0] else "heading"
        if line.startswith(b"Updated,") and not self.columns:
            return f"time {local_time(values[1])}"
        if self.title == self.TITLES[2]:
            return number_text(values[0], values[1])
        if not self.columns:
            self.columns = [name.decode() for name in values]
            return "heading"
        text = client_row if self.title == self.TITLES[0] else route_row
        return row_text(self.columns, values, b",", text)


class StatusTunnel:
    """Client and point-to-point mode."""

    def read(self, line):
        name, _, value = line.partition(b",")
        if line == b"OpenVPN STATISTICS":
            return "status tunnel"
        if name == b"Updated":
            return f"time {local_time(value)}"
        return number_text(name, value)


def status_reader(first):
    if first == b"OpenVPN CLIENT LIST":
        return StatusSections()
    if first == b"OpenVPN STATISTICS":
        return StatusTunnel()
    return StatusTables(first[5:6])


# The dialogue.


class Reply:
    """A command whose reply has not ended."""

    def __init__(self, words):
        self.kind = words[0] if words[0] in (b"status", b"state", b"log", b"echo") else None
        streams = self.kind in (b"state", b"log", b"echo")
        self.combo = streams and len(words) > 2 and words[1] in (b"on", b"off")
        self.begun = False
        self.status = None

    def row(self, line):
        if self.kind == b"status":
            self.status = self.status or status_reader(line)
            return self.status.read(line)
        text = None
        if self.kind == b"state":
            text = state_text("state", line)
        elif self.kind == b"log":
            text = log_text("log", line)
        elif self.kind == b"echo":
            text = echo_text("echo", line)
        return text or f"text {quoted(line)}"


class Dialogue:
    def __init__(self):
        self.out = []
        self.replies = []
        self.unsent = b""
        self.connect()

    def connect(self):
        self.received = b""
        self.login = True

    def disconnect(self):
        self.forget()
        if self.received:
            self.out.append(f"rest {quoted(self.received)}")
        if self.unsent:
            self.out.append(f"unsent {quoted(self.unsent)}")
        self.unsent = b""

    def forget(self):
        self.out += ["cut" for reply in self.replies if reply.begun]
        self.replies = []

    def send(self, data):
        self.forget()
        self.out.append("write")
        *lines, self.unsent = (self.unsent + data).split(b"\n")
        for line in lines:
            self.out.append(f"send {quoted(line)}")
            seen = bytes(byte for byte in line if byte >= 0x20 and byte != 0x7F)
            words = seen.split()
            if words and words[0][:1] not in (b"#", b";"):
                self.replies.append(Reply(words))

    def remark(self, data):
        if b"connected" in data.split(b" ")[:2]:
            self.disconnect()
            self.connect()
        self.out.append(f"note {quoted(data)}")

    def receive(self, data):
        self.received += data
        while True:
            if self.login and self.received.startswith(PROMPT):
                self.received = self.received[len(PROMPT) :]
                self.out.append("prompt")
            elif b"\n" in self.received:
                line, _, self.received = self.received.partition(b"\n")
                self.out.append(self.line(line[:-1] if line.endswith(b"\r") else line))
            else:
                return

    def line(self, line):
        reply = self.replies[0] if self.replies else None
        if re.match(rb">[A-Z0-9_-]+:", line):
            if line.startswith(b">INFO:OpenVPN Management Interface Version "):
                self.login = False
            return real_time_text(line)
        found = re.fullmatch(rb"(SUCCESS|ERROR): (.*)", line, re.S)
        if found:
            if reply and reply.combo:
                reply.combo = False
            elif reply:
                self.replies.pop(0)
            return f"{found[1].decode().lower()} {quoted(found[2])}"
        if line == b"END":
            del self.replies[:1]
            return "end"
        if not reply:
            return f"text {quoted(line)}"
        reply.begun = True
        return reply.row(line)


def decode(path):
    dialogue = Dialogue()
    take = {"<": dialogue.receive, ">": dialogue.send, "!": dialogue.remark}
    for record in framing.read(path).records:
        take[record.direction](record.data)
    dialogue.disconnect()
    return dialogue.out


if __name__ == "__main__":
    print("\n".join(decode(Path(sys.argv[1]))))
