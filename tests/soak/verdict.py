"""The end of the soak: nothing happens any more, and each table is held against the daemons' own
word.  What the last seconds have brought must be there to the last row; of what was before them
every row that is kept must be true.
"""

from fake import questions
from parts import truth
from parts.snmp import SnmpError, SnmpTimeout
from parts.view import rows
from parts.witness import assert_true_to

DEADLINE = 60  # seconds, for a daemon that is well
KEPT = 100  # rows of each history
SETTINGS = {"Verb": 4, "Mute": 5}
STATUSES = {"pending", "answered", "failed", "withdrawn"}
RESULTS = {"success", "error", "timedOut", "rejected"}


def judge(soak):
    for fake in soak.fakes:
        calm(soak, fake)
    soak.agent.reload(soak.entries)
    for daemon in (*soak.fakes, soak.server, *soak.clients):
        attach(soak, soak.view(daemon))
    for fake in soak.fakes:
        say_more(fake, fake in soak.servers)
    for fake in soak.fakes:
        assert_true_to(soak.view(fake), fake, DEADLINE)
        check_streams(soak.view(fake), fake)
        check_commands(soak.view(fake))
    for fake in soak.servers:
        check_peers(soak.view(fake), fake, soak.known[fake.name])
        check_sessions(soak.view(fake), fake, soak.known[fake.name])
    for fake in soak.others:
        check_questions(soak.view(fake), fake)
    check_server(soak)
    for daemon in (soak.server, *soak.clients):
        check_commands(soak.view(daemon))
    indexes = [index[0] for index in rows(soak.manager, "ovpnInstanceTable")]
    assert indexes == [entry["index"] for entry in soak.entries], indexes
    check_notifications(soak)


# The last things that happen


def calm(soak, fake):
    """The daemon is well."""
    assert not fake.daemon.exited, f"{fake.name} was ended by a SET of a milder signal"
    with fake.script() as daemon:
        daemon.status_fault, daemon.hold_flag = None, False
        daemon.question, daemon.hold = None, None
        daemon.come_up()


def attach(soak, view):
    """A SET that snmpd has lost may have left it detached; verb decides on the log."""
    changes = [(f"ovpnControl{name}.{view.index}", "i", value) for name, value in SETTINGS.items()]

    def accepted(*wanted):
        try:
            soak.snmpd.manager(timeout=3.0).set(*wanted)
            return True
        except (SnmpError, SnmpTimeout) as error:
            seen[:] = [error]
            return False

    seen = []
    for wanted in ([(f"ovpnControlSession.{view.index}", "i", "attached")], changes):
        soak.lab.wait_until(lambda: accepted(*wanted),
                            lambda: f"a SET of {wanted} in quiet times: {seen}", DEADLINE)


def say_more(fake, has_clients):
    """So that each stream ends with rows that must all be there."""
    with fake.script() as daemon:
        for flags in ("I", "W", "N", "D", "", "IWD"):
            daemon.log(flags, f"the last words of {fake.name}, flags {flags}")
            daemon.echo(f"the last echo {flags}")
        if has_clients:
            daemon.add_clients(3, announce=True)
        else:
            daemon.state("RECONNECTING", "the-end", "10.9.0.2", ("198.51.100.1", 1194),
                         ("192.0.2.1", 1195), "fd00::2" if daemon.dialect.since(2, 4) else "")
            daemon.come_up()


# Histories


def check_streams(view, fake):
    with fake.script() as daemon:
        streams = {"State": truth.of_states(daemon), "Log": truth.of_logs(daemon),
                   "Echo": truth.of_echoes(daemon)}
    for table, expected in streams.items():
        assert expected
        truth.await_rows(view, table, expected[-KEPT:], DEADLINE, tail=True)
        found = history(view, table)
        assert not [row for row in found.values() if row.get("Message", "").startswith(truth.OWN)]


def history(view, table):
    """{number: row}; the numbers have no gap, and there are not too many."""
    found = dict(truth.numbered(view, table))
    first = min(found, default=1)
    assert list(found) == list(range(first, first + len(found))), f"ovpn{table}Table: {list(found)}"
    assert len(found) <= KEPT, f"ovpn{table}Table: {len(found)} rows"
    return found


def check_commands(view):
    found = history(view, "Command")
    strange = [row for row in found.values() if row["Result"] not in RESULTS]
    assert not strange, f"commands without a known result: {strange}"
    expected = [(f"{name.lower()} {value}", "success") for name, value in SETTINGS.items()]
    last = [(row["Command"], row["Result"]) for row in found.values()][-len(expected):]
    assert last == expected, last
    number, row = list(found.items())[-1]
    (_, control), = truth.numbered(view, "Control")
    assert ([control["LastCommand"], control["LastResult"], control["LastReply"]] ==
            [number, row["Result"], row["Reply"]])


def check_sessions(view, fake, known):
    """Who is gone, with what the daemon had counted; each end is there once."""
    with fake.script() as daemon:
        there = {client.username for client in daemon.clients}
        truths = {client.username: of_session(daemon, client) for client in known}
        leaving = daemon.clients[-KEPT // 2:]
    found = history(view, "Session")
    names = [row["Username"] for row in found.values()]
    assert len(set(names)) == len(names), f"ended twice: {sorted(names)}"
    assert not there & set(names), f"not ended: {there & set(names)}"
    for row in found.values():
        assert_session(row, truths[row["Username"]])
    with fake.script() as daemon:
        daemon.remove_clients(leaving)
        count = daemon.established
    view.wait(DEADLINE, Clients=count)
    truth.await_rows(view, "Session", [truths[client.username] for client in leaving], DEADLINE,
                     ordered=False, tail=True)
    history(view, "Session")


def of_session(daemon, client):
    return {**truth.of_client(daemon, client), "ConnectedUnix": client.since}


def assert_session(row, true):
    """One that came and went between two statuses was never counted."""
    counted = row["BytesIn"] or row["BytesOut"]
    expected = true if counted else {**true, "BytesIn": 0, "BytesOut": 0}
    assert {name: row[name] for name in true} == expected
    assert row["EndedUnix"] >= row["ConnectedUnix"]


def check_peers(view, fake, known):
    """Each of the last clients was announced to the agent; no row is of a client that is gone."""
    with fake.script() as daemon:
        expected = truth.of_peer(daemon)
        last = {client.username for client in daemon.clients[-3:]}
        assert last <= {client.username for client in known}
    peers = dict(truth.numbered(view, "Peer"))
    clients = dict(truth.numbered(view, "Client"))
    assert all(row == expected for row in peers.values()), (expected, peers)
    assert set(peers) <= set(clients)
    assert last <= {clients[number]["Username"] for number in peers}


def check_questions(view, fake):
    """A question comes, is answered through SNMP, and the daemon goes on."""
    with fake.script() as daemon:
        daemon.ask(questions.ask_ok())
    assert_true_to(view, fake, DEADLINE)
    number = list(history(view, "Request"))[-1]
    view.manager.set((f"ovpnConfirmConfirm.{view.index}.{number}", "i", "ok"))
    view.lab.wait_until(lambda: fake.daemon.question is None, "the answer arrives")
    assert_true_to(view, fake, DEADLINE)
    found = history(view, "Request")
    assert found[number]["Status"] == "answered"
    assert {row["Status"] for row in found.values()} <= STATUSES - {"pending"}
    assert all(row["EndedUnix"] >= row["SinceUnix"] > 0 for row in found.values())


# The real server


def status_file(path):
    """Its rows as dicts, by the kind of row."""
    with open(path, encoding="utf-8") as file:
        lines = [line.rstrip("\n").split("\t") for line in file]
    heads = {line[1]: line[2:] for line in lines if line[0] == "HEADER"}
    return {kind: [dict(zip(head, line[1:])) for line in lines if line[0] == kind]
            for kind, head in heads.items()}


def check_server(soak):
    view = soak.view(soak.server)

    def own(column="ConnectedSinceUnix"):
        """(name, id, number) of each client in the daemon's file."""
        name = {"ConnectedSinceUnix": "Connected Since (time_t)", "BytesIn": "Bytes Received",
                "BytesOut": "Bytes Sent"}[column]
        return sorted((row["Common Name"], int(row["Client ID"]), int(row[name]))
                      for row in status_file(soak.status).get("CLIENT_LIST", []))

    def table(column="ConnectedSinceUnix"):
        return sorted((row["CommonName"], row["ClientId"], row[column])
                      for _, row in truth.numbered(view, "Client"))

    def routes():
        return sorted((row["Virtual Address"], row["Common Name"])
                      for row in status_file(soak.status).get("ROUTING_TABLE", []))

    def table_routes():
        return sorted((row["Address"], row["CommonName"])
                      for _, row in truth.numbered(view, "Route"))

    def no_less(more, less):
        return len(more) == len(less) and all(
            a[:2] == b[:2] and a[2] >= b[2] for a, b in zip(more, less))

    view.wait(90, Contact="up", State="connected", Pid=soak.server.pid, **SETTINGS)
    for client in soak.clients:
        soak.view(client).wait(DEADLINE, Contact="up", State="connected", Pid=client.pid,
                               **SETTINGS)
    soak.lab.wait_until(lambda: len(own()) == 2 and own() == table(),
                        lambda: f"clients of the server: {own()}; seen: {table()}", 90)
    soak.lab.wait_until(lambda: routes() == table_routes() != [],
                        lambda: f"routes: {routes()}; seen: {table_routes()}", DEADLINE)
    for column in ("BytesIn", "BytesOut"):  # each side is read after the other once
        before = own(column)
        soak.lab.wait_until(lambda: no_less(table(column), before),
                            lambda: f"at least {before}; seen: {table(column)}", DEADLINE)
        before = table(column)
        soak.lab.wait_until(lambda: no_less(own(column), before),
                            lambda: f"{before} is more than {own(column)}", DEADLINE)
    names = {row["CommonName"] for row in history(view, "Session").values()}
    assert names <= {"alice", "bob"}, names


# Notifications


def check_notifications(soak):
    """All that the agent has told have arrived: at least once, in their order."""
    dropped, suppressed = soak.manager.get("ovpnAgentNotificationsDropped.0",
                                           "ovpnAgentNotificationsSuppressed.0")
    assert [dropped, suppressed] == [0, 0]

    def numbers():
        # snmpd has one of its own for its end.
        return [trap.values["ovpnNotificationSequence"] for trap in soak.snmptrapd.traps()
                if "ovpnNotificationSequence" in trap.values]

    def sent():
        return soak.manager.get("ovpnAgentNotificationsSent.0")

    soak.lab.wait_until(lambda: max(numbers()) >= sent(),
                        lambda: f"{sent()} notifications; the last was {max(numbers())}", 30)
    found = numbers()
    print(f"notifications: {sent()} acknowledged, {len(found)} arrived, "
          f"{len(found) - len(set(found))} of them once more")
    assert found == sorted(found), "notifications arrive in order"
    missing = set(range(1, sent() + 1)) - set(found)
    assert not missing, f"never arrived: {sorted(missing)[:20]}"
    check_ends(soak)


def check_ends(soak):
    """Each row that ovpnSessionTable ever had was told, so that none was lost on the way."""
    told = {}
    for trap in soak.snmptrapd.traps("ovpnClientDisconnected"):
        index = next(varbind.index for varbind in trap.varbinds
                     if varbind.name.startswith("ovpnSession"))
        told.setdefault(index[0], set()).add(index[1])
    for daemon in (*soak.servers, soak.server):
        view = soak.view(daemon)
        last = max(history(view, "Session"), default=0)
        assert told.get(view.index, set()) == set(range(1, last + 1)), daemon.name
