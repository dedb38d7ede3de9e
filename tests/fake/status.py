"""What the daemon tells about its clients: the status formats and the CLIENT blocks."""

import time
from dataclasses import dataclass

LINE_LIMIT = 511  # a longer status line ends the reply without END


@dataclass
class Client:
    common_name: str
    cid: int
    real: str = "127.0.0.1:50000"  # as status prints it before 2.7
    virtual: str = ""
    virtual6: str = ""
    received: int = 0
    sent: int = 0
    since: int = 0
    username: str = "UNDEF"
    peer_id: int = 0
    cipher: str = "AES-256-GCM"
    proto: str = "udp4"
    established: bool = True  # False: still in the handshake, not counted by load-stats


@dataclass
class Route:
    address: str
    client: Client
    last_ref: int


def text_time(dialect, seconds):
    if dialect.since(2, 5):
        return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))
    return time.ctime(seconds)


def real_address(dialect, client):
    return f"{client.proto}:{client.real}" if dialect.since(2, 7) else client.real


def client_statistics(daemon):
    """The reply of a client or peer."""
    counters = daemon.tunnel_counters
    yield "OpenVPN STATISTICS"
    yield f"Updated,{text_time(daemon.dialect, daemon.now())}"
    for name in ("TUN/TAP read", "TUN/TAP write", "TCP/UDP read", "TCP/UDP write", "Auth read"):
        yield f"{name} bytes,{counters[name]}"
    yield "END"


def server_status(daemon, form):
    """The reply of a server in format 1, 2 or 3; it ends early at a line that is too long."""
    lines = _format_1(daemon) if form == 1 else _format_2(daemon, "," if form == 2 else "\t")
    for line in lines:
        if len(line.encode("utf-8", "surrogateescape")) > LINE_LIMIT:
            return
        yield line


def _format_1(daemon):
    dialect = daemon.dialect
    yield "OpenVPN CLIENT LIST"
    yield f"Updated,{text_time(dialect, daemon.now())}"
    yield "Common Name,Real Address,Bytes Received,Bytes Sent,Connected Since"
    for client in daemon.clients:
        yield ",".join([client.common_name, real_address(dialect, client), str(client.received),
                        str(client.sent), text_time(dialect, client.since)])
    yield "ROUTING TABLE"
    yield "Virtual Address,Common Name,Real Address,Last Ref"
    for route in daemon.routes:
        yield ",".join([route.address, route.client.common_name,
                        real_address(dialect, route.client), text_time(dialect, route.last_ref)])
    yield "GLOBAL STATS"
    yield "Max bcast/mcast queue length,0"
    yield "END"


def _format_2(daemon, separator):
    dialect = daemon.dialect
    now = daemon.now()
    columns = dialect.client_columns
    yield separator.join(["TITLE", dialect.title])
    yield separator.join(["TIME", text_time(dialect, now), str(now)])
    yield separator.join(["HEADER", "CLIENT_LIST", *columns])
    for client in daemon.clients:
        values = _client_values(dialect, client)
        yield separator.join(["CLIENT_LIST", *(values[column] for column in columns)])
    yield separator.join(["HEADER", "ROUTING_TABLE", "Virtual Address", "Common Name",
                          "Real Address", "Last Ref", "Last Ref (time_t)"])
    for route in daemon.routes:
        yield separator.join(["ROUTING_TABLE", route.address, route.client.common_name,
                              real_address(dialect, route.client),
                              text_time(dialect, route.last_ref), str(route.last_ref)])
    yield separator.join(["GLOBAL_STATS", "Max bcast/mcast queue length", "0"])
    if dialect.since(2, 6):
        yield separator.join(["GLOBAL_STATS", "dco_enabled", "0"])
    yield "END"


def _client_values(dialect, client):
    return {
        "Common Name": client.common_name if client.established else "UNDEF",
        "Real Address": real_address(dialect, client),
        "Virtual Address": client.virtual,
        "Virtual IPv6 Address": client.virtual6,
        "Bytes Received": str(client.received),
        "Bytes Sent": str(client.sent),
        "Connected Since": text_time(dialect, client.since),
        "Connected Since (time_t)": str(client.since),
        "Username": client.username,
        "Client ID": str(client.cid),
        "Peer ID": str(client.peer_id),
        "Data Channel Cipher": client.cipher,
    }


def endless_status(daemon):
    """A reply in format 3 whose client rows never end."""
    yield "\t".join(["TITLE", daemon.dialect.title])
    yield "\t".join(["TIME", text_time(daemon.dialect, daemon.now()), str(daemon.now())])
    yield "\t".join(["HEADER", "CLIENT_LIST", *daemon.dialect.client_columns])
    number = 0
    while True:
        client = Client(f"endless{number}", number, f"127.0.0.1:{1024 + number % 60000}")
        values = _client_values(daemon.dialect, client)
        yield "\t".join(["CLIENT_LIST", *(values[name] for name in daemon.dialect.client_columns)])
        number += 1


# What an env-filter of 1 or 2 leaves, of the names that _environment() has.
_SHORT_LIST = ("username", "X509_0_CN", "untrusted_ip", "ifconfig_pool_remote_ip")


def _is_shown(daemon, name):
    if daemon.env_filter <= 0:
        return True
    return (daemon.env_filter <= 2 and name in _SHORT_LIST
            or daemon.env_filter == 1 and name.startswith("X509_"))


def client_block(daemon, event, client):
    """The lines of a >CLIENT: notification about one client."""
    yield f">CLIENT:{event},{client.cid}"
    for name, value in _environment(daemon, client):
        if _is_shown(daemon, name):
            yield f">CLIENT:ENV,{name}={value}"
    yield ">CLIENT:ENV,END"


def _environment(daemon, client):
    address, _, port = client.real.rpartition(":")
    if daemon.dialect.since(2, 3):
        yield "n_clients", daemon.established
    yield "time_unix", client.since
    yield "time_ascii", text_time(daemon.dialect, client.since)
    yield "ifconfig_pool_remote_ip", client.virtual
    yield "trusted_port", port
    yield "trusted_ip", address
    yield "common_name", client.common_name
    if client.username != "UNDEF":
        yield "username", client.username
    if daemon.dialect.since(2, 4):
        yield "IV_PLAT", "linux"
        yield "IV_VER", daemon.dialect.name
    yield "untrusted_port", port
    yield "untrusted_ip", address
    yield "tls_id_0", f"CN={client.common_name}"
    yield "X509_0_CN", client.common_name
    yield "daemon_pid", daemon.pid
    yield "dev", "tun0"
