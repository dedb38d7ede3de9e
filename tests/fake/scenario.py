"""The actions that a script or the program's standard input can ask for, one per line.

    add N [announce]     N clients connect          remove N        the N oldest clients leave
    say LINE             any line, raw              raw HEX         any bytes
    state NAME [DETAIL]  a state change             states N        N state changes, in turn
    log FLAGS TEXT       a log line (- no flags)    flood N         N log lines
    echo TEXT            an echo line
    hold on|off          sets the flag              restart SIGUSR1 a signal from outside
    ask-user NAME        asks user and password     ask-password NAME
    ask-ok | ask-string  NEED-OK, NEED-STR          status FAULT    refuse, cut, empty, endless, ok
    stall | stall-read | stall-write | resume       split SIZE [PAUSE]
    drop                 closes the session         occupy          the slot is somebody else's
    mute                 closes new sessions without a byte
    fatal TEXT           FATAL, then the end        die             the end without a word
    again                starts a new process       commands        shows what was received
"""

from fake import questions

_CYCLE = ["RECONNECTING", "WAIT", "AUTH", "CONNECTED"]


def say_states(daemon, count):
    """count state changes; the detail is their number from 1."""
    for number in range(1, count + 1):
        daemon.state(_CYCLE[(number - 1) % len(_CYCLE)], f"step-{number}")


def flood(daemon, count):
    """count log lines to whoever listens, made as the session takes them."""
    now = daemon.now()
    daemon.emit_lazily(f">LOG:{now},I,flood line {number}" for number in range(1, count + 1))


def perform(fake, line):
    """Does one action and returns a text to show."""
    word, _, rest = line.partition(" ")
    if word in _OF_THE_SOCKET:
        return _OF_THE_SOCKET[word](fake, rest) or "done"
    if word not in _OF_THE_DAEMON:
        return f"unknown action {word!r}"
    with fake.script() as daemon:
        return _OF_THE_DAEMON[word](daemon, rest) or "done"


def _add(daemon, rest):
    count, _, announce = rest.partition(" ")
    daemon.add_clients(int(count), announce == "announce")


def _state(daemon, rest):
    name, _, detail = rest.partition(" ")
    daemon.state(name, detail)


def _log(daemon, rest):
    flags, _, text = rest.partition(" ")
    daemon.log("" if flags == "-" else flags, text)


def _split(fake, rest):
    size, _, pause = rest.partition(" ")
    fake.split_output(int(size), float(pause or 0))


_OF_THE_DAEMON = {
    "add": _add,
    "remove": lambda daemon, rest: daemon.remove_clients(daemon.clients[:int(rest)]),
    "say": lambda daemon, rest: daemon.emit(rest),
    "raw": lambda daemon, rest: daemon.output.append(bytes.fromhex(rest)),
    "state": _state,
    "states": lambda daemon, rest: say_states(daemon, int(rest)),
    "log": _log,
    "flood": lambda daemon, rest: flood(daemon, int(rest)),
    "echo": lambda daemon, rest: daemon.echo(rest),
    "hold": lambda daemon, rest: setattr(daemon, "hold_flag", rest == "on"),
    "restart": lambda daemon, rest: daemon.signal(rest),
    "ask-user": lambda daemon, rest: daemon.ask(questions.ask_user(rest or "Auth")),
    "ask-password": lambda daemon, rest: daemon.ask(questions.ask_password(rest or "Private Key")),
    "ask-ok": lambda daemon, _: daemon.ask(questions.ask_ok()),
    "ask-string": lambda daemon, _: daemon.ask(questions.ask_string()),
    "status": lambda daemon, rest: setattr(daemon, "status_fault", None if rest == "ok" else rest),
    "fatal": lambda daemon, rest: daemon.fatal(rest),
    "commands": lambda daemon, _: "\n".join(repr(entry.line) for entry in daemon.received),
}

_OF_THE_SOCKET = {
    "stall": lambda fake, _: fake.stall(),
    "stall-read": lambda fake, _: fake.stall(writing=False),
    "stall-write": lambda fake, _: fake.stall(reading=False),
    "resume": lambda fake, _: fake.resume(),
    "split": _split,
    "drop": lambda fake, _: fake.drop(),
    "occupy": lambda fake, _: fake.occupy(),
    "mute": lambda fake, _: setattr(fake, "mute_sessions", True),
    "die": lambda fake, _: fake.stop(),
    "again": lambda fake, _: fake.restart() and None,
}
