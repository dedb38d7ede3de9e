"""What the agent's tables must show of a scripted daemon: dicts with the columns of a row."""

import ipaddress

from fake.commands import COMMANDS
from fake.status import real_address
from parts.view import rows

# What the agent's own commands cause is no news of the daemon.
OWN = ("MANAGEMENT: CMD '", "MANAGEMENT: >STATE:", "MANAGEMENT: Client ")
_FLAGS = "IFNWD"
_KINDS = {("username", "password"): "usernamePassword", ("password",): "password",
          ("needok",): "confirm", ("needstr",): "string"}


def numbered(view, table):
    """(number, row) of the rows of one instance; the number is the rest of the index."""
    return [(index[-1], row) for index, row in rows(view.manager, f"ovpn{table}Table").items()
            if index[0] == view.index]


def await_rows(view, table, expected, deadline, ordered=True, tail=False, where=lambda row: True):
    """The rows of one instance become those, in the columns that the expected ones have.

    With tail only the last rows count; where chooses the rows that count.
    """
    columns = list(expected[0]) if expected else []

    def sort(found):
        return found if ordered else sorted(found, key=lambda row: [*map(str, row.values())])

    def shown():
        found = [{name: row.get(name) for name in columns}
                 for _, row in numbered(view, table) if where(row)]
        return sort(found[max(0, len(found) - len(expected)):] if tail else found)

    def what():
        found = shown()
        differ = [pair for pair in zip(sort(expected), found) if pair[0] != pair[1]]
        return (f"ovpn{table}Table of instance {view.index}: {len(expected)} rows expected, "
                f"{len(found)} seen; the first that differ: {differ[:3]}")

    view.lab.wait_until(lambda: shown() == sort(expected), what, deadline)


def of_instance(daemon):
    return {"Contact": "up", "ContactError": "", "Pid": daemon.pid, "Mode": daemon.mode,
            "Version": daemon.dialect.title, "ManagementVersion": daemon.dialect.interface,
            "Verb": daemon.verb, "Mute": daemon.mute, "AuthRetry": daemon.auth_retry,
            "HoldFlag": _truth(daemon.hold_flag), "HoldWaiting": _truth(daemon.hold is not None),
            "PendingRequests": int(daemon.question is not None),
            "Clients": daemon.established if daemon.mode == "server" else 0,
            "StatusComplete": "true"}


def of_control(daemon):
    return {"Session": "attached", "Verb": daemon.verb, "Mute": daemon.mute,
            "HoldFlag": _truth(daemon.hold_flag), "AuthRetry": daemon.auth_retry}


def of_client(daemon, client):
    """What ovpnClientTable and ovpnSessionTable have in common."""
    return {"CommonName": client.common_name, "RealText": real_address(daemon.dialect, client),
            "Username": "" if client.username == "UNDEF" else client.username,
            "VirtualIpv4": client.virtual, "TunnelText": client.virtual,
            "BytesIn": client.received, "BytesOut": client.sent}


def of_clients(daemon):
    ids = daemon.dialect.since(2, 4)
    return [{**of_client(daemon, client), "ConnectedSinceUnix": client.since,
             "ClientId": client.cid if ids else -1, "PeerId": client.peer_id if ids else -1,
             "Pending": _truth(not client.established)} for client in daemon.clients]


def of_routes(daemon):
    return [{"Address": route.address, "CommonName": route.client.common_name,
             "LastRefUnix": route.last_ref} for route in daemon.routes]


def of_peer(daemon):
    """What the block of a client says of it, since 2.4."""
    return {"Version": daemon.dialect.name, "Platform": "linux", "PlatformVersion": "",
            "GuiVersion": "", "HardwareAddress": "", "Ssl": "", "Sso": "", "Variables": ""}


def of_requests(daemon):
    """The open ones, none of which has a challenge."""
    question = daemon.question
    return [] if question is None else [{"Kind": _KINDS.get(question.parts, "other"),
                                         "Name": question.name, "Echo": "unknown"}]


def of_capabilities(daemon):
    return [{"Command": f"{command.shown or name} {command.arguments}".strip(),
             "Summary": command.summary} for name, command in COMMANDS.items()
            if command.summary and command.known_to(daemon.dialect)]


def of_states(daemon):
    return [_state(*line.split(",")) for line in daemon.states]


def _state(time, name, reason, tunnel, address="", port="", local="", local_port="", tunnel6=""):
    return {"TimeUnix": int(time), "Name": name, "Reason": reason, "TunnelIpv4": tunnel,
            "TunnelIpv6": tunnel6 and _ipv6(tunnel6),
            "TunnelText": ", ".join(filter(None, (tunnel, tunnel6))),
            "RemoteText": ":".join(filter(None, (address, port))),
            "LocalText": ":".join(filter(None, (local, local_port)))}


def _ipv6(text):
    """As the tools print it: all groups, without leading zeros."""
    return ":".join(f"{int(group, 16):x}"
                    for group in ipaddress.ip_address(text).exploded.split(":"))


def of_logs(daemon):
    """Without what the agent causes itself."""
    lines = [line.split(",", 2) for line in daemon.logs]
    return [{"TimeUnix": int(time), "Flags": _flags(flags), "Message": text}
            for time, flags, text in lines if not text.startswith(OWN)]


def of_echoes(daemon):
    lines = [line.split(",", 1) for line in daemon.echoes]
    return [{"TimeUnix": int(time), "Message": text} for time, text in lines]


def _flags(letters):
    """As the tools print a BITS of one octet."""
    return f"{sum(0x80 >> _FLAGS.index(letter) for letter in letters):02X} "


def _truth(value):
    return "true" if value else "false"
