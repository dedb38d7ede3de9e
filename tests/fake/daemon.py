"""The state of the scripted daemon, without any socket.

`connected()`, `feed()` and `disconnected()` are what a session does to it; `output` collects what
it says.  The other public methods are what happens in its life: state changes, log lines, clients
that come and go, questions, signals.  Times come from the clock given to it.
"""

import itertools
import time
from collections import deque
from dataclasses import dataclass

from fake import commands, status
from fake.dialects import DIALECTS
from fake.lexer import InputBuffer, LexerError, split

PROMPT = b"ENTER PASSWORD:"
_ATTEMPTS = 3
_pids = itertools.count(900001)


@dataclass
class Received:
    """A command line as it came, and what the lexer made of it."""

    line: bytes
    words: list = None  # None: the lexer refused it, or it was data
    data: bool = False  # part of a multi-line answer, or a password attempt


class Daemon:
    """mode is server, client or p2p; question is asked before the tunnel comes up."""

    def __init__(self, version="2.6.14", mode="server", *, password=None, hold=False, question=None,
                 echoes=(), log_cache=250, clock=time.time):
        self.dialect = DIALECTS[version]
        self.mode = mode
        self.password = password
        self.hold_flag = hold
        self.first_question = question
        self.configured_echoes = list(echoes)
        self.clock = clock
        self.received = []
        self.overrides = {}
        self.status_fault = None  # refuse, cut, empty, endless
        self.states, self.echoes = deque(maxlen=100), deque(maxlen=100)
        self.logs = deque(maxlen=log_cache)
        self.env_filter = 0
        self.client_version = 1
        self.auth_retry = "none"
        self.output = deque()
        self._forget_session()
        self.start()

    # Life of the process

    def start(self):
        """A new process: new pid, empty histories."""
        self.pid = next(_pids)
        self.verb, self.mute = 3, 0
        self.exited = False
        self.initialised = False  # the tunnel was set up once
        self.running = False  # the main loop runs: a server's callbacks are there
        self.hold, self.question, self.answers = None, None, {}
        self.clients, self.routes, self._next_cid = [], [], 0
        self.bytes_in = self.bytes_out = 0
        self.reset_tunnel_counters()
        for history in (self.states, self.echoes, self.logs):
            history.clear()
        self.log("I", self.dialect.title)
        self.state("CONNECTING")
        self._read_configuration()
        self._begin(0)

    def reset_tunnel_counters(self):
        self.tunnel_counters = dict.fromkeys(
            ["TUN/TAP read", "TUN/TAP write", "TCP/UDP read", "TCP/UDP write", "Auth read"], 0)

    def _read_configuration(self):
        for text in self.configured_echoes:
            self.echo(text)

    def _begin(self, pause):
        if self.hold_flag:
            self.hold = pause
            self.log("", "Need hold release from management interface, waiting...")
            self.emit(self.dialect.hold_line(pause))
        else:
            self.after_hold()

    def release(self):
        if self.hold is not None:
            self.hold = None
            self.after_hold()

    def after_hold(self):
        if self.first_question is not None:
            self.ask(self.first_question)
        else:
            self.come_up()

    def come_up(self):
        self.initialised = self.running = True
        self.log("I", "Initialization Sequence Completed")
        if self.mode == "server":
            self.state("CONNECTED", "SUCCESS", "10.9.0.1", local=("127.0.0.1", 1194))
            return
        if self.mode == "client":
            for name in ("WAIT", "AUTH", *([] if self.dialect.since(2, 5) else ["GET_CONFIG"])):
                self.state(name)
        self.state("CONNECTED", "SUCCESS", "10.9.0.2", remote=("127.0.0.1", 1194))

    def signal(self, name):
        """What the signal does at once."""
        if name == "SIGUSR2":
            self._sigusr2()
        elif self.question is not None and self.question.parts:
            self.fatal("ERROR: could not read Auth username/password/ok/string "
                       "from management interface")
        elif name in ("SIGTERM", "SIGINT"):
            self._terminate(name)
        else:
            self._restart(name)

    def _sigusr2(self):
        if self.hold is not None:
            self.log("W", "Signal received from management interface, exiting")
            self.end()
        elif self.question is not None and self.question.parts:
            self.fatal("ERROR: could not read Auth username/password/ok/string "
                       "from management interface")
        else:
            for line in ("OpenVPN STATISTICS", "Updated,now", "END"):
                self.log("I", line)

    def _terminate(self, name):
        if self.hold is not None and not self.initialised:
            self.log("W", "Signal received from management interface, exiting")
        else:
            self.log("I", f"{name}[hard,] received, process exiting")
            self.state("EXITING", name)
        self.end()

    def _restart(self, name):
        self.running = False
        self.clients, self.routes, self._next_cid = [], [], 0
        self.reset_tunnel_counters()
        self.log("I", f"{name}[hard,] received, process restarting")
        self.state("RECONNECTING", name)
        if name == "SIGHUP":
            self.verb, self.mute = 3, 0
            self._read_configuration()
        self._begin(0 if name == "SIGHUP" else 1)

    def end(self):
        """The process ends; what it said before is still delivered."""
        self.exited = True
        self.closing = "flush"

    def fatal(self, text):
        self.log("F", text)
        self.emit(f">FATAL:{text}")
        self.end()
        if not self.dialect.since(2, 3):
            self.closing = "drop"

    # What it says

    def now(self):
        return int(self.clock())

    def emit(self, line):
        """One line to the session, if somebody is logged in."""
        if self.logged_in:
            self.output.append(line.encode("utf-8", "surrogateescape") + b"\r\n")

    def emit_lazily(self, lines):
        """Many lines, made when the session has room for them."""
        if self.logged_in:
            self.output.append(line.encode("utf-8", "surrogateescape") + b"\r\n" for line in lines)

    def log(self, flags, text):
        line = f"{self.now()},{flags},{text}"
        self.logs.append(line)
        if self.log_on:
            self.emit(f">LOG:{line}")

    def echo(self, text):
        line = f"{self.now()},{text}"
        self.echoes.append(line)
        if self.echo_on:
            self.emit(f">ECHO:{line}")

    def state(self, name, detail="", tunnel="", remote=("", ""), local=("", ""), tunnel6=""):
        fields = [self.now(), name, detail, tunnel, *remote, *local][:self.dialect.state_fields]
        if tunnel6 and self.dialect.since(2, 4):
            fields.append(tunnel6)
        line = ",".join(map(str, fields))
        self.states.append(line)
        if self.state_on:
            self.log("", f"MANAGEMENT: >STATE:{line}")
            self.emit(f">STATE:{line}")

    # Questions

    def ask(self, question):
        self.question, self.answers = question, {}
        self.emit(question.line)

    def answer(self, part, text):
        """One answer arrived; the last one completes the question."""
        if text or part == "password":
            self.answers[part] = text
        if all(wanted in self.answers for wanted in self.question.parts):
            self._judge()

    def _judge(self):
        question, answers = self.question, self.answers
        self.question, self.answers = None, {}
        reason = question.judge(answers) if question.judge else None
        if reason is None:
            self.come_up()
            return
        shown = f" ['{reason}']" if reason else ""
        self.emit(f">PASSWORD:Verification Failed: '{question.name}'{shown}")
        if self.auth_retry == "interact":
            self.state("RECONNECTING", "auth-failure")
            self.ask(question)
        else:
            self.state("EXITING", "auth-failure")
            self.end()

    # Clients

    @property
    def established(self):
        return sum(client.established for client in self.clients)

    def add_client(self, common_name, announce=True, **values):
        """A client connects; with announce the session hears of it, as it does since 2.1."""
        cid = self._next_cid
        self._next_cid += 1
        values.setdefault("real", f"127.{1 + cid // 15000000}.{cid // 60000 % 250}.1:"
                                  f"{1024 + cid % 60000}")
        values.setdefault("virtual", f"10.{9 + cid // 65000}.{cid // 250 % 256}.{2 + cid % 250}")
        values.setdefault("since", self.now())
        values.setdefault("peer_id", cid)
        client = status.Client(common_name, cid, **values)
        self.clients.append(client)
        if client.virtual:
            self.routes.append(status.Route(client.virtual, client, client.since))
        if announce:
            for line in status.client_block(self, "ESTABLISHED", client):
                self.emit(line)
        return client

    def add_clients(self, count, announce=False):
        return [self.add_client(f"client{self._next_cid}", announce) for _ in range(count)]

    def remove_clients(self, gone):
        """Removes Client objects; nobody is told, as without management-client-auth."""
        cids = {client.cid for client in gone}
        self.clients = [client for client in self.clients if client.cid not in cids]
        self.routes = [route for route in self.routes if route.client.cid not in cids]

    # The session

    def _forget_session(self):
        self.logged_in = False
        self.closing = None  # flush: close when the output is written; drop: at once
        self.state_on = self.log_on = self.echo_on = False
        self.bytecount, self.last_bytecount = 0, 0
        self.multiline, self.lines = None, []
        self.attempts = 0
        self.output.clear()

    def connected(self, peer):
        self._forget_session()
        self._input = InputBuffer(self.dialect.since(2, 3))
        self.log("", f"MANAGEMENT: Client connected from {peer}")
        if self.password is None:
            self._welcome()
        else:
            self.output.append(PROMPT)

    def _welcome(self):
        self.logged_in = True
        self.emit(f">INFO:OpenVPN Management Interface Version {self.dialect.interface} "
                  "-- type 'help' for more info")
        if self.hold is not None:
            self.emit(self.dialect.hold_line(self.hold))
        elif self.question is not None:
            self.emit(self.question.line)

    def disconnected(self):
        self._forget_session()
        if not self.exited:
            self.log("", "MANAGEMENT: Client disconnected")

    def feed(self, data):
        """Bytes from the session."""
        for line in self._input.feed(data):
            if self.closing:
                return
            if self.logged_in:
                self._command(line)
            else:
                self._login(line)

    def _login(self, line):
        self.received.append(Received(line, data=True))
        if line.decode("utf-8", "surrogateescape") == self.password:
            self.output.append(b"SUCCESS: password is correct\r\n")
            self._welcome()
            return
        self.attempts += 1
        if self.attempts < _ATTEMPTS:
            self.output.append(PROMPT)
        else:
            self.log("W", f"MAN: client connection rejected after {_ATTEMPTS} failed "
                          "password attempts")
            self.closing = "flush"

    def _command(self, line):
        if self.multiline is not None:
            self._multiline(line)
            return
        received = Received(line)
        self.received.append(received)
        try:
            received.words = split(line)
        except LexerError as error:
            self.emit(f"ERROR: {error}")
        self._log_command(line)
        if received.words:
            name = received.words[0]
            handler = self.overrides.get(name)
            if handler is not None:
                handler(self, received.words)
            else:
                commands.execute(self, received.words)

    def _log_command(self, line):
        text = line.decode("utf-8", "surrogateescape")
        if self.verb < 3 or text == "load-stats":
            return
        shown = "password [...]" if text.lstrip(" \"'").startswith("password") else text
        self.log("D", f"MANAGEMENT: CMD '{shown}'")

    def _multiline(self, line):
        self.received.append(Received(line, data=True))
        if line != b"END":
            self.lines.append(line)
            return
        finish, lines = self.multiline, self.lines
        self.multiline, self.lines = None, []
        finish(lines)

    def tick(self):
        """Called now and then: what comes by timer."""
        if self.bytecount > 0 and self.now() >= self.last_bytecount + self.bytecount:
            self.last_bytecount = self.now()
            if self.mode == "server":
                for client in self.clients:
                    self.emit(f">BYTECOUNT_CLI:{client.cid},{client.received},{client.sent}")
            else:
                self.emit(f">BYTECOUNT:{self.bytes_in},{self.bytes_out}")
