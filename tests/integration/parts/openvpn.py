"""Real OpenVPN daemons on loopback.

Timers are short, so that a client is connected within a second and a dead peer is noticed within
ten.  No daemon touches addresses or routes of the machine.
"""

import os

from parts.management import Management
from parts.process import Child, free_port
from parts.tunnel import ServerDevice

PROGRAM = os.environ.get("OVPN_OPENVPN", "/usr/sbin/openvpn")

_COMMON = ["verb 3", "route-noexec", "persist-tun"]
_SERVER = ["local 127.0.0.1", "dh none", "topology subnet", "keepalive 1 10"]
_CLIENT = ["client", "dev null", "nobind", "remote-cert-tls server",
           "connect-retry 1 1", "connect-timeout 5", "hand-window 20", "tls-timeout 1"]
_LISTENING = ("MANAGEMENT: unix domain socket listening on", "MANAGEMENT: TCP Socket listening on")
_CONNECTED = ("MANAGEMENT: Connected to management server at",)
_COMPLETED = "Initialization Sequence Completed"


def quote(text):
    """A parameter of the configuration file."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


class OpenVpn(Child):
    """One daemon with a management interface.

    options are lines of the configuration file.  management is "unix", "tcp", or "reverse", with which
    the daemon connects to the agent; with password the interface asks for it.  With hold the daemon waits for a release before it does anything.
    prefix are words before the program, to run it somewhere else; with addresses it may give its
    device what it is told, there.
    """

    def __init__(self, lab, name, options, *, management="unix", password=None, hold=False,
                 environment=None, prefix=(), addresses=False):
        self.password = password
        self._start = 0
        lines = [*options, *_COMMON, f"writepid {lab.path(name + '.pid')}"]
        if not addresses:
            lines.append("ifconfig-noexec")
        lines.append(self._management_option(lab, name, management))
        if hold:
            lines.append("management-hold")
        self.config = lab.write(name + ".conf", "\n".join(lines) + "\n")
        super().__init__(lab, name, [*prefix, PROGRAM, "--config", self.config], environment)

    def _management_option(self, lab, name, kind):
        secret = ""
        if self.password is not None:
            secret = " " + lab.write(name + ".pw", self.password + "\n")
        self._ready = _CONNECTED if kind == "reverse" else _LISTENING
        if kind == "reverse":
            path = lab.path(name + ".sock")
            self.endpoint = f"listen:unix:{path}"
            return f"management {path} unix{secret}\nmanagement-client"
        if kind == "unix":
            path = lab.path(name + ".sock")
            self.endpoint = f"unix:{path}"
            return f"management {path} unix{secret}"
        port = free_port()
        self.endpoint = f"tcp:127.0.0.1:{port}"
        return f"management 127.0.0.1 {port}{secret}"

    @property
    def log_since_start(self):
        return self.log[self._start:]

    def start(self, deadline=10.0):
        """Starts the daemon and returns when its management interface listens, or has connected."""
        self._start = len(self.log)
        self.spawn()
        self.lab.wait_until(self._listens, f"{self.name} listens for management", deadline)
        return self

    def _listens(self):
        assert self.alive, f"{self.name} ended:\n{self.tail()}"
        return any(text in self.log_since_start for text in self._ready)

    def close(self):
        # A clean end would wait for the exit notification to the server.
        self.kill()

    def wait_log(self, text, count=1, deadline=20.0):
        """Waits until the log since the start has the text count times."""
        self.lab.wait_until(lambda: self.log_since_start.count(text) >= count,
                            f"{self.name} logs {text!r} {count} times", deadline)

    def wait_completed(self, count=1, deadline=20.0):
        """Waits until the daemon has been up count times since its start."""
        self.wait_log(_COMPLETED, count, deadline)

    def manage(self):
        """Takes the one management session; use it in a `with`."""
        return Management(self.endpoint, self.password)


def server(lab, pki, name="server", *, proto="udp", port=None, network="10.9.0.0", pool=True,
           users=None, dual_stack=False, extra=(), **management):
    """A server that is not started yet.  users maps user names to passwords; without it only the
    certificate counts; without pool clients get no address; with proto udp6 and dual_stack it has
    IPv4 clients too.  The port is in `port`, the protocol of its clients in `proto`."""
    port = port or free_port()
    identity = pki.server()
    device = ServerDevice(lab, name)
    local = [line for line in _SERVER if not (proto.endswith("6") and line.startswith("local"))]
    lines = [*device.options, *local, f"proto {proto}", f"port {port}",
             f"server {network} 255.255.255.0{'' if pool else ' nopool'}", *_keys(pki, identity)]
    if proto.endswith("6"):
        lines.append("multihome" if dual_stack else "local ::1")
    if users is not None:
        lines += _user_check(lab, name, users)
    daemon = OpenVpn(lab, name, [*lines, *extra], environment=device.environment, **management)
    daemon.port = port
    daemon.proto = proto
    return daemon


def client(lab, pki, of, name="client", *, common_name=None, identity=None, remote=None,
           proto=None, extra=(), **management):
    """A client of the server `of`, not started yet.  extra options may add auth-user-pass and such.
    """
    identity = identity or pki.client(common_name or name)
    proto = proto or {"tcp": "tcp-client", "tcp6": "tcp6-client"}.get(of.proto, of.proto)
    remote = remote or ("::1" if of.proto.endswith("6") else "127.0.0.1")
    lines = [*_CLIENT, f"proto {proto}", f"remote {remote} {of.port}", *_keys(pki, identity)]
    if of.proto.startswith("udp"):
        lines.append("explicit-exit-notify 1")
    return OpenVpn(lab, name, [*lines, *extra], **management)


def lone_client(lab, pki, name="client", **others):
    """A client whose server does not exist."""

    class Nobody:
        proto = "udp"
        port = free_port()

    return client(lab, pki, Nobody, name, **others)


def peers(lab, pki, names=("left", "right"), *, extra=(), **management):
    """Two daemons in peer-to-peer mode with a static key, not started yet."""
    ports = [free_port(), free_port()]
    made = []
    for name, port, other in zip(names, ports, reversed(ports)):
        lines = ["dev null", "proto udp", "local 127.0.0.1", f"lport {port}",
                 f"remote 127.0.0.1 {other}", f"secret {pki.static_key()}", "cipher AES-256-CBC",
                 "ping 1", "ping-restart 10"]
        made.append(OpenVpn(lab, name, [*lines, *extra], **management))
    return made


def _keys(pki, identity):
    return [f"ca {pki.ca}", f"cert {identity.certificate}", f"key {identity.key}"]


def _user_check(lab, name, users):
    known = lab.write(name + ".users", "".join(f"{user}:{word}\n" for user, word in users.items()))
    script = lab.write(name + ".verify", f"""#!/bin/sh
{{ IFS= read -r user; IFS= read -r word; }} < "$1"
exec grep -Fxq -e "$user:$word" '{known}'
""", mode=0o700)
    return ["script-security 2", f"auth-user-pass-verify {os.path.abspath(script)} via-file"]
