"""Takes out of the decoder's lines what expectations.toml tells of a capture."""

import re
from collections import Counter
from itertools import groupby

FIELD = re.compile(r'([\w-]+)=("(?:[^"\\]|\\.)*"|\S+)')
# Lines that stand for no line of the daemon.
OURS = ("send", "write", "note", "cut", "rest", "unsent", "prompt")
COUNTED = {
    ">info": "INFO",
    ">hold": "HOLD",
    ">state": "STATE",
    ">log": "LOG",
    ">echo": "ECHO",
    ">fatal": "FATAL",
    ">need password": "PASSWORD",
    ">need username_password": "PASSWORD",
    ">need username": "PASSWORD",
    ">auth-failed": "PASSWORD",
    ">auth-token": "PASSWORD",
    ">need confirm": "NEED-OK",
    ">need string": "NEED-STR",
    ">bytecount": "BYTECOUNT",
    ">bytecount-client": "BYTECOUNT_CLI",
    ">client": "CLIENT",
    ">client-address": "CLIENT",
    ">client-env": "CLIENT",
    ">client-end": "CLIENT",
    ">updown": "UPDOWN",
    ">updown-env": "UPDOWN",
    ">updown-end": "UPDOWN",
    ">notify": "NOTIFY",
    ">infomsg": "INFOMSG",
    ">pkcs11-count": "PKCS11ID-COUNT",
    ">pkcs11-entry": "PKCS11ID-ENTRY",
    "success": "SUCCESS",
    "error": "ERROR",
    "end": "END",
    "prompt": "prompt",
}


# Lines of the decoder.


def kind_of(line):
    words = line.split(" ", 2)
    return " ".join(words[:2]) if words[0] == ">need" else words[0]


def unquoted(text):
    """Without quotes and their escapes; a byte that is not printable ASCII stays \\xNN."""
    return re.sub(r'\\(["\\])', r"\1", text[1:-1]) if text.startswith('"') else text


def text_of(line):
    return unquoted(line[line.index('"') :])


def values_of(line):
    return [unquoted(value) for _, value in FIELD.findall(line)]


def fields_of(line):
    return {name: unquoted(value) for name, value in FIELD.findall(line)}


# Counts.


def counts_of(lines):
    counts = Counter(lines=sum(kind_of(line) not in OURS for line in lines))
    for line in lines:
        if line.startswith((">question ", ">malformed ", ">unknown ")):
            counts[line.split()[1]] += 1
        elif kind_of(line) in COUNTED:
            counts[COUNTED[kind_of(line)]] += 1
    return dict(counts)


def raw_counts_of(raw):
    """The same counts from the bytes alone."""
    counts = Counter(prompt=raw.count(b"ENTER PASSWORD:"), lines=raw.count(b"\n"))
    raw = raw.replace(b"ENTER PASSWORD:", b"")
    counts.update(kind.decode() for kind in re.findall(rb"^>([A-Z0-9_-]+):", raw, re.M))
    counts.update(kind.decode() for kind in re.findall(rb"^(SUCCESS|ERROR): ", raw, re.M))
    counts["END"] = len(re.findall(rb"^END\r$", raw, re.M))
    return {kind: count for kind, count in counts.items() if count or kind == "lines"}


# One line each.


def state_text(line):
    name, detail, tun4, tun6, remote, port, _, local, local_port, _ = values_of(line)
    remote = f"remote {remote}" + (f":{port}" if port else "") if remote else ""
    local = f"local {local}:{local_port}" if local else ""
    return " ".join(filter(None, (name, detail, tun4, tun6, remote, local)))


def need_text(line):
    kind, what, flags, prompt = re.fullmatch(
        r'>need (\S+) type=("[^"]*")([ a-z]*) prompt=(".*")', line
    ).groups()
    flags = f",{flags}" if flags else ""
    prompt = f": {unquoted(prompt)}" if prompt != '""' else ""
    return f"{kind} {unquoted(what)}{flags}{prompt}"


def failed_text(line):
    what, reason = values_of(line)
    return f"{what}: {reason}" if reason else what


def typed_text(line):
    return f"{line.split()[1]} {text_of(line)}"


def notice_text(line):
    return f"{kind_of(line)[1:]} {text_of(line)}"


def event_text(line):
    if line.startswith(">client-address "):
        return ",".join(["ADDRESS", *values_of(line)])
    cid, kid, extra = values_of(line)
    ids = [cid] if kid == "-1" else [cid, kid]
    return ",".join([line.split()[1], *ids, *filter(None, [extra])])


def bytes_text(line):
    return line.split(" ", 1)[1].removeprefix("cid=").replace(" ", ",")


def greeting(line):
    return int(fields_of(line)["version"])


def seconds(line):
    return int(line.split()[1])


EACH = {
    "greetings": ((">info",), greeting),
    "holds": ((">hold",), seconds),
    "states": ((">state",), state_text),
    "echoes": ((">echo",), text_of),
    "failed": ((">auth-failed",), failed_text),
    "questions": ((">question",), typed_text),
    "malformed": ((">malformed", ">unknown"), typed_text),
    "fatal": ((">fatal",), text_of),
    "notices": ((">notify", ">infomsg"), notice_text),
    "updown": ((">updown",), text_of),
    "events": ((">client", ">client-address"), event_text),
    "bytes": ((">bytecount", ">bytecount-client"), bytes_text),
    "errors": (("error",), lambda line: text_of(line)[:100]),
}


# Whole replies.


def lists_of(lines, kind):
    """The rows of each list that is made of lines of this kind; messages may come between them."""
    rows = [line for line in lines if not line.startswith(">")]
    return [list(group) for same, group in groupby(rows, lambda row: kind_of(row) == kind) if same]


def history_text(rows):
    states = [state_text(row) for row in rows]
    return states if len(states) <= 20 else [f"{len(states)} states", states[0], states[-1]]


def echo_text(rows):
    texts = [text_of(row) for row in rows]
    return texts[0] if len(texts) == 1 else f"{len(texts)}: {texts[0]} ... {texts[-1]}"


def status_replies(lines):
    reply = None
    for line in lines:
        if kind_of(line) == "status":
            reply = []
        if reply is not None:
            reply.append(line)
        if reply is not None and line in ("end", "cut"):
            yield reply
            reply = None


def status_text(reply):
    if reply[0] == "status tunnel":
        numbers = dict(row.split()[1:] for row in reply if row.startswith("number "))
        return f"tunnel: {numbers['LINK_READ']} in, {numbers['LINK_WRITE']} out; {reply[-1]}"
    clients = [fields_of(row)["cn"] for row in reply if kind_of(row) == "client"]
    routes = [fields_of(row) for row in reply if kind_of(row) == "route"]
    routes = [row["address"] + " cached" * (row["cached"] == "1") for row in routes]
    bad = [f"{reply.count('bad-row')} bad"] if "bad-row" in reply else []
    return "; ".join(["server: " + " | ".join(clients), " | ".join(routes), *bad, reply[-1]])


def silent_texts(lines):
    """What was written, in one go each, without an answer up to the next time."""
    start = None
    for index, line in enumerate([*lines, "write"]):
        kind = kind_of(line)
        connected = kind == "note" and "connected" in text_of(line).split(" ")[:2]
        if (kind == "write" or connected) and start is not None:
            between = lines[start + 1 : index]
            if not any(is_reply(row) for row in between):
                yield from sent_text(between)
            start = None
        if kind == "write":
            start = index


def is_reply(line):
    if line.startswith(">"):
        return line.startswith(">pkcs11")
    return kind_of(line) not in ("send", "note", "cut", "unsent", "rest")


def sent_text(lines):
    """Empty when only the start of a line was written."""
    sent = [text_of(line) for line in lines if kind_of(line) in ("send", "unsent")]
    return ["\\x0a".join(sent)[:24]] if sent else []


def facts_of(lines):
    facts = {
        name: [text(line) for line in lines if line.split(" ", 1)[0] in kinds]
        for name, (kinds, text) in EACH.items()
    }
    facts["bytes"] = [*facts["bytes"][:1], *facts["bytes"][-1:]]
    facts["needs"] = [need_text(line) for line in lines if line.startswith(">need ")]
    facts["tokens"] = sum(kind_of(line) == ">auth-token" for line in lines)
    facts["history"] = [history_text(rows) for rows in lists_of(lines, "state")]
    facts["echo_lists"] = [echo_text(rows) for rows in lists_of(lines, "echo")]
    facts["log_lists"] = [len(rows) for rows in lists_of(lines, "log")]
    facts["status"] = [status_text(reply) for reply in status_replies(lines)]
    facts["silent"] = list(silent_texts(lines))
    return {name: fact for name, fact in facts.items() if fact}
