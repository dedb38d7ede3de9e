"""What the commands of the management interface do, each a function of the daemon and the words.

What the function emits is the reply; its effect on the daemon comes after that, as it does there.
"""

import re

from fake.status import client_block, client_statistics, endless_status, server_status


def integer(text):
    """atoi(): leading digits count, all else is 0."""
    match = re.match(r"\s*[+-]?\d+", text)
    return int(match.group()) if match else 0


def success(daemon, text):
    daemon.emit(f"SUCCESS: {text}")


def error(daemon, text):
    daemon.emit(f"ERROR: {text}")


def always(line):
    """An action that only says this."""
    return lambda daemon, _words: daemon.emit(line)


def reply_list(daemon, lines):
    for line in lines:
        daemon.emit(line)
    daemon.emit("END")


# Lists and flags


def version(daemon, words):
    dialect = daemon.dialect
    if len(words) > 1 and dialect.since(2, 5):
        number = integer(words[1])
        daemon.client_version = number
        if dialect.since(2, 7, 1) and number >= 4:
            success(daemon, f"Management client version set to {number}")
        return
    reply_list(daemon, [f"OpenVPN Version: {dialect.title}",
                   f"Management Version: {dialect.interface}"])


def stream(name, history, flag, default=None):
    """state, log and echo: [on|off] [n|all]."""
    def one(daemon, word):
        if word in ("on", "off"):
            setattr(daemon, flag, word == "on")
            success(daemon, f"real-time {name} notification set to {word.upper()}")
            return
        count = integer(word)
        lines = list(getattr(daemon, history))
        if word == "all":
            reply_list(daemon, lines)
        elif count > 0:
            reply_list(daemon, lines[-count:])
        else:
            error(daemon, f"{name} parameter must be 'on' or 'off' or some number n or 'all'")

    def run(daemon, words):
        for word in words[1:3] or [default]:
            one(daemon, word)

    return run


def status(daemon, words):
    fault = daemon.status_fault
    if fault == "refuse":
        daemon.emit(daemon.dialect.unsupported("status"))
    elif fault == "endless":
        daemon.emit_lazily(endless_status(daemon))
    elif fault == "empty":
        pass
    elif daemon.mode != "server":
        daemon.emit_lazily(_cut(fault, client_statistics(daemon)))
    else:
        form = integer(words[1]) if len(words) > 1 else 0
        if form not in (0, 1, 2, 3):
            error(daemon, "bad status format version number")
        else:
            lines = list(server_status(daemon, form or 1))
            daemon.emit_lazily(_cut(fault, lines) if form > 1 else lines)


def _cut(fault, lines):
    """Without its last rows and END, when that fault is set."""
    if fault != "cut":
        return lines
    lines = list(lines)
    return lines[:max(1, len(lines) - 4)]


def load_stats(daemon, _words):
    clients = daemon.established if daemon.mode == "server" else 0
    success(daemon, f"nclients={clients},bytesin={daemon.bytes_in},bytesout={daemon.bytes_out}")


def test(daemon, words):
    count = integer(words[1])
    daemon.emit_lazily(f"[{number}] a line of output for a test" for number in range(count))


# Settings


def hold(daemon, words):
    word = words[1] if len(words) > 1 else None
    if word is None:
        success(daemon, f"hold={int(daemon.hold_flag)}")
    elif word in ("on", "off"):
        daemon.hold_flag = word == "on"
        success(daemon, f"hold flag set to {word.upper()}")
    elif word == "release":
        success(daemon, "hold release succeeded")
        daemon.release()
    else:
        error(daemon, "bad hold command parameter")


def level(name, attribute, highest):
    def run(daemon, words):
        if len(words) == 1:
            success(daemon, f"{name}={getattr(daemon, attribute)}")
            return
        value = integer(words[1])
        if 0 <= value <= highest:
            setattr(daemon, attribute, value)
            success(daemon, f"{name} level changed")
        else:
            error(daemon, f"{name} level is out of range")

    return run


def auth_retry(daemon, words):
    if len(words) == 1:
        success(daemon, f"auth-retry={daemon.auth_retry}")
    elif words[1] in ("none", "interact", "nointeract"):
        daemon.auth_retry = words[1]
        success(daemon, "auth-retry parameter changed")
    else:
        daemon.emit("--auth-retry method must be 'interact', 'nointeract', or 'none'")
        error(daemon, "bad auth-retry parameter")


def bytecount(daemon, words):
    daemon.bytecount = integer(words[1])
    daemon.last_bytecount = daemon.now()
    success(daemon, "bytecount interval changed")


def env_filter(daemon, words):
    daemon.env_filter = integer(words[1]) if len(words) > 1 else 0
    success(daemon, f"env_filter_level={daemon.env_filter}")


# Actions


def signal(daemon, words):
    name = words[1]
    if name not in ("SIGHUP", "SIGTERM", "SIGUSR1", "SIGUSR2", "SIGINT"):
        error(daemon, f"signal '{name}' is not a known signal type")
    elif daemon.hold is not None and name in ("SIGUSR1", "SIGHUP"):
        if daemon.dialect.since(2, 5, 8):
            error(daemon, f"signal '{name}' is currently ignored")
        daemon.emit(daemon.dialect.hold_line(daemon.hold))
    else:
        success(daemon, f"signal {name} thrown")
        daemon.signal(name)


def kill(daemon, words):
    # What does not fit into a field of 127 bytes is taken as the next field.
    fields = re.findall(r"([^:]{1,127}|(?=:))(?::|$|)", words[1]) or [""]
    if daemon.dialect.since(2, 7):
        if len(fields) >= 3 and all(fields[:3]):
            _kill_address(daemon, fields[1], fields[2], fields[0])
            return
    elif len(fields) >= 2 and all(fields[:2]):
        _kill_address(daemon, fields[0], fields[1])
        return
    if not fields[0]:
        error(daemon, "kill parse")
        return
    found = [client for client in daemon.clients if client.common_name == fields[0]]
    daemon.remove_clients(found)
    if found:
        success(daemon, f"common name '{fields[0]}' found, {len(found)} client(s) killed")
    else:
        error(daemon, f"common name '{fields[0]}' not found")


def _kill_address(daemon, address, port, proto=None):
    shown = f"{address}:{port}"
    if proto is not None:
        if proto not in ("udp", "tcp"):
            error(daemon, f"port number or protocol out of range: {port} {proto}")
            return
        shown = ("udp:" if proto == "udp" else "tcp-server:") + shown
    if not re.fullmatch(r"\d+(\.\d+){3}", address):
        daemon.log("N", f"RESOLVE: Cannot parse IP address: {address}: "
                        "(Name or service not known)")
        error(daemon, f"error parsing IP address: {address}")
        return
    if not 1 <= integer(port) <= 65535:
        error(daemon, f"port number is out of range: {port}")
        return
    found = [client for client in daemon.clients
             if client.real == f"{address}:{port}" and client.proto.startswith(proto or "")
             and not client.proto.endswith("6")]
    daemon.remove_clients(found)
    if found:
        success(daemon, f"{len(found)} client(s) at address {shown} killed")
    else:
        error(daemon, f"client at address {shown} not found")


def client_kill(daemon, words):
    if not re.match(r"\d", words[1]):
        error(daemon, "cannot parse CID")
        return
    found = [client for client in daemon.clients if client.cid == integer(words[1])]
    daemon.remove_clients(found)
    if found:
        success(daemon, "client-kill command succeeded")
    else:
        error(daemon, "client-kill command failed")


def client_auth(name, multiline=False):
    def finish(daemon, words):
        found = [client for client in daemon.clients
                 if client.cid == integer(words[1]) and not client.established]
        if not found:
            error(daemon, f"{name} command failed")
            return
        success(daemon, f"{name} command succeeded")
        if name == "client-deny":
            daemon.remove_clients(found)
        else:
            found[0].established = True
            for line in client_block(daemon, "ESTABLISHED", found[0]):
                daemon.emit(line)

    def run(daemon, words):
        if multiline:
            daemon.multiline = lambda _lines: finish(daemon, words)
        else:
            finish(daemon, words)

    return run


def client_pending_auth(daemon, words):
    if any(client.cid == integer(words[1]) for client in daemon.clients):
        success(daemon, "client-pending-auth command succeeded")
    else:
        error(daemon, "client-pending-auth command failed. Extra parameter might be too long")


def answer(command, shown):
    """username, password, needok and needstr."""
    kinds = {"username": "PASSWORD", "password": "PASSWORD", "needok": "NEED-OK",
             "needstr": "NEED-STR"}

    def enter(daemon, name, text):
        question = daemon.question
        if question is None or question.kind != kinds[command] or command not in question.parts:
            error(daemon, f"no {shown} is currently needed at this time")
        elif name != question.name:
            error(daemon, f"{shown} of type '{name}' entered, but we need one of type "
                           f"'{question.name}'")
        else:
            success(daemon, f"'{name}' {shown} entered, but not yet verified")
            daemon.answer(command, text)

    def run(daemon, words):
        if len(words) > 2:
            enter(daemon, words[1], words[2])
        else:
            # The one-word form since 2.7.2; execute() lets it pass only there.
            daemon.multiline = lambda lines: enter(daemon, words[1], b"".join(lines).decode())

    return run


def material(kind, name, reply):
    """Signatures and certificates: lines up to END, if the daemon has asked."""
    def run(daemon, _words):
        question = daemon.question
        if question is None or question.kind not in kind:
            error(daemon, f"The {name} command is not currently available")
            return

        def finish(_lines):
            daemon.question = None
            success(daemon, f"{reply} command succeeded")

        daemon.multiline = finish

    return run


def choice(kind):
    """remote and proxy."""
    def run(daemon, words):
        if daemon.question is None or daemon.question.kind != kind.upper():
            error(daemon, f"{kind} command failed")
            return
        daemon.question = None
        success(daemon, f"{kind} command succeeded")
        daemon.come_up()

    return run


def remote_entry_get(daemon, words):
    reply_list(daemon, ["0,127.0.0.1,1194,udp,enabled"] if words[1] in ("0", "all") else [])


def nclients(daemon, _words):
    success(daemon, f"nclients={daemon.established}")


def pid(daemon, _words):
    success(daemon, f"pid={daemon.pid}")


def remote_entry_count(daemon, _words):
    reply_list(daemon, ["1"])


def pkcs11_id_get(daemon, words):
    daemon.emit(f">PKCS11ID-ENTRY:'{integer(words[1])}'")


def pkcs11_id_count(daemon, _words):
    if daemon.initialised:
        daemon.emit(">PKCS11ID-COUNT:0")
    else:
        # The real one fails an assertion here.
        daemon.exited, daemon.closing = True, "drop"


def push_update(daemon, words):
    if words[0] == "push-update-broad":
        success(daemon, f"{daemon.established} client(s) updated")
    success(daemon, "push-update command succeeded")


def leave(daemon, _words):
    daemon.closing = "drop"
