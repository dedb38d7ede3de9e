"""The table of commands: what the daemon knows, when it works and how many words it needs."""

from fake import actions as do


def execute(daemon, words):
    """Runs one command line that has at least one word."""
    command = COMMANDS.get(words[0])
    if command is None or not command.known_to(daemon.dialect):
        daemon.emit(daemon.dialect.unknown(words[0]))
    elif len(words) - 1 < command.needed(daemon):
        least = "at least " if command.at_least(daemon.dialect) else ""
        plural = "" if command.needs == 1 else "s"
        do.error(daemon, f"the '{words[0]}' command requires {least}{command.needs} "
                         f"parameter{plural}")
    elif not command.available(daemon):
        daemon.emit(daemon.dialect.unsupported(words[0]))
    else:
        command.run(daemon, words)


def _help(daemon, _words):
    lines = [f"Management Interface for {daemon.dialect.title}", "Commands:"]
    for name, command in COMMANDS.items():
        if command.summary and command.known_to(daemon.dialect):
            head = f"{command.shown or name} {command.arguments}".strip()
            lines.append(f"{head:<23}: {command.summary}")
    do.reply_list(daemon, lines)


class Command:
    """needs is the number of parameters; where says in which phase it works."""

    def __init__(self, run, summary="", arguments="", needs=0, least=False, where="always",
                 since=(2, 1), shown=None):
        self.run = run
        self.summary = summary
        self.arguments = arguments
        self.needs = needs
        self.least = least
        self.where = where
        self.first = since
        self.shown = shown

    def known_to(self, dialect):
        if self.where == "pkcs11":
            return dialect.pkcs11
        return dialect.since(*self.first)

    def needed(self, daemon):
        if self is COMMANDS["password"] and daemon.dialect.since(2, 7, 2):
            return 1 if daemon.client_version >= 5 else 2
        return self.needs

    def at_least(self, dialect):
        # client-kill took exactly one parameter before 2.3.
        return self.least and not (self is COMMANDS["client-kill"] and not dialect.since(2, 3))

    def available(self, daemon):
        server = daemon.mode == "server"
        return {
            "always": True,
            "pkcs11": True,
            "running": daemon.running if server else daemon.initialised,
            "server": server and daemon.running,
            "client": daemon.mode == "client" and daemon.initialised,
            "asked": daemon.mode == "client",
        }[self.where]


COMMANDS = {
    "auth-retry": Command(do.auth_retry, "What to do after failed authentication.", "t"),
    "bytecount": Command(do.bytecount, "Report byte counts each n seconds (0=off).", "n", 1),
    "echo": Command(do.stream("echo", "echoes", "echo_on"), "Like log, for echo lines.",
                    "[on|off] [N|all]", 1, least=True),
    "cr-response": Command(do.always("SUCCESS: command succeeded"),
                           "Answer a challenge of the server.", "response", 1,
                           where="client", since=(2, 5)),
    "exit": Command(do.leave, "End this session.", shown="exit|quit"),
    "quit": Command(do.leave),
    "forget-passwords": Command(do.always("SUCCESS: Passwords were forgotten"),
                                "Forget what was entered."),
    "help": Command(_help, "This list."),
    "hold": Command(do.hold, "Show or set the hold flag, or end a hold.", "[on|off|release]"),
    "kill": Command(do.kill, "Disconnect clients by common name or address.", "cn|IP:port", 1,
                    where="server"),
    "load-stats": Command(do.load_stats, "Totals of this server."),
    "log": Command(do.stream("log", "logs", "log_on"), "Show log lines, now or as they come.",
                   "[on|off] [N|all]", 1, least=True),
    "mute": Command(do.level("mute", "mute", 1 << 31), "Show or set the mute level.", "[n]"),
    "nclients": Command(do.nclients, where="server"),
    "needok": Command(do.answer("needok", "needok-confirmation"), "Answer a NEED-OK question.",
                      "type action", 2),
    "needstr": Command(do.answer("needstr", "needstr-string"), "Answer a NEED-STR question.",
                       "type action", 2),
    "net": Command(do.always("ERROR: Sorry, this command is currently only implemented on Windows"),
                   "Network state (Windows).", where="running"),
    "password": Command(do.answer("password", "password"), "Answer a password question.", "type p",
                        2),
    "remote": Command(do.choice("remote"), "Choose the next server.", "type [host port]", 1,
                      least=True, where="asked", since=(2, 3)),
    "remote-entry-count": Command(do.remote_entry_count, "Number of servers.", where="client",
                                  since=(2, 6)),
    "remote-entry-get": Command(do.remote_entry_get, "Servers i to j-1, or all.", "i|all [j]", 1,
                                least=True, where="client", since=(2, 6)),
    "proxy": Command(do.choice("proxy"), "Choose a proxy.", "type [host port flags]", 1, least=True,
                     where="asked", since=(2, 3)),
    "pid": Command(do.pid, "Process id."),
    "pkcs11-id-count": Command(do.pkcs11_id_count, "Number of token identities.", where="pkcs11"),
    "pkcs11-id-get": Command(do.pkcs11_id_get, "One token identity.", "index", 1, where="pkcs11"),
    "client-auth": Command(do.client_auth("client-auth", True), "Accept a client (MULTILINE).",
                           "CID KID", 2, where="server"),
    "client-auth-nt": Command(do.client_auth("client-auth"), "Accept a client.", "CID KID", 2,
                              where="server"),
    "client-deny": Command(do.client_auth("client-deny"), "Refuse a client.", "CID KID R [CR]", 3,
                           least=True, where="server"),
    "client-pending-auth": Command(do.client_pending_auth,
                                   "Ask a client to wait.", "CID KID MSG timeout", 4,
                                   where="server", since=(2, 5)),
    "client-kill": Command(do.client_kill, "Disconnect one client.", "CID [M]", 1, least=True,
                           where="server"),
    "env-filter": Command(do.env_filter, "Thin out client blocks.", "[level]"),
    "rsa-sig": Command(do.material(("RSA_SIGN",), "rsa-sig", "rsa-sign"), "Enter a signature.",
                       since=(2, 3)),
    "pk-sig": Command(do.material(("PK_SIGN",), "pk-sig", "pk-sign"), "Enter a signature.",
                      since=(2, 5)),
    "certificate": Command(do.material(("NEED-CERTIFICATE",), "certificate", "certificate"),
                           "Enter a certificate.", since=(2, 4)),
    "signal": Command(do.signal, "Send a signal to the daemon.", "s", 1),
    "state": Command(do.stream("state", "states", "state_on", "1"), "Like log, for states.",
                     "[on|off] [N|all]"),
    "status": Command(do.status, "Status in format n.", "[n]", where="running"),
    "test": Command(do.test, "Print n lines.", "n", 1),
    "username": Command(do.answer("username", "username"), "Answer a user name question.", "type u",
                        2),
    "verb": Command(do.level("verb", "verb", 15), "Show or set the log level.", "[n]"),
    "version": Command(do.version, "Show versions, or set the session's own.", "[n]"),
    "push-update-broad": Command(do.push_update, "Update options of all clients.", "options", 1,
                                 where="server", since=(2, 7)),
    "push-update-cid": Command(do.push_update, "Update options of a client.", "CID options", 2,
                               where="server", since=(2, 7)),
}
