"""Two network namespaces with a wire between them, for tunnels that carry real traffic.

Nothing of the machine's own network is touched: the wire is made inside one of the namespaces, and
all of it goes away with them.
"""

import itertools
import os
import subprocess
import sys

import pytest

from parts.tunnel import real_device_allowed

_numbers = itertools.count()

# Sends datagrams one by one, each when the one before was answered.
_SEND = """
import socket, sys
address, port, count, size = sys.argv[1], *map(int, sys.argv[2:])
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
    for _ in range(count):
        link.sendto(bytes(size), (address, port))
        link.settimeout(10)
        assert link.recv(16) == b"ok"
"""

_ANSWER = """
import socket, sys
address, port = sys.argv[1], int(sys.argv[2])
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
    link.bind((address, port))
    print("listening", flush=True)
    while True:
        _, sender = link.recvfrom(65536)
        link.sendto(b"ok", sender)
"""


def _inside(namespace):
    """`ip netns exec` would also mount things, which a root that is no mount point forbids."""
    return ["nsenter", f"--net=/run/netns/{namespace}"] if namespace else []


def _ip(*words, namespace=None):
    done = subprocess.run([*_inside(namespace), "ip", *words], capture_output=True, text=True,
                          check=False)
    if done.returncode:
        raise RuntimeError(f"ip {' '.join(words)}: {done.stderr.strip()}")
    return done.stdout


def why_not():
    """Why this machine cannot do it, None when it can."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    if not real_device_allowed():
        return "no right to make a tun device"
    name = f"ovpn-try-{os.getpid()}"
    try:
        _ip("netns", "add", name)
        _ip("netns", "delete", name)
    except (OSError, RuntimeError) as error:
        return f"no network namespaces: {error}"
    return None


class Network:
    """left is 192.0.2.1, right 192.0.2.2; each has a loopback device.  Skips where it cannot be."""

    name = "network"
    left_address, right_address = "192.0.2.1", "192.0.2.2"

    def __init__(self, lab):
        reason = why_not()
        if reason:
            pytest.skip(reason)
        stem = f"ovpn-{os.getpid()}-{next(_numbers)}"
        self.left, self.right = stem + "l", stem + "r"
        self._made = []
        lab.track(self)
        for namespace in (self.left, self.right):
            _ip("netns", "add", namespace)
            self._made.append(namespace)
            # A kernel that greets its neighbours would be traffic that nobody sent.
            self.run(namespace, "sysctl", "-qw", "net.ipv6.conf.default.disable_ipv6=1")
            _ip("link", "set", "lo", "up", namespace=namespace)
        _ip("link", "add", "wire", "type", "veth", "peer", "name", "wire", "netns", self.right,
            namespace=self.left)
        for namespace, address in ((self.left, self.left_address),
                                   (self.right, self.right_address)):
            self.raise_device(namespace, "wire", address)

    @staticmethod
    def inside(namespace):
        """The words before a command that is to run in there."""
        return _inside(namespace)

    def run(self, namespace, *command):
        subprocess.run([*self.inside(namespace), *command], check=True, timeout=30)

    @staticmethod
    def raise_device(namespace, device, address):
        """Gives a device an address with 24 bits of network and sets it up."""
        _ip("address", "add", f"{address}/24", "dev", device, namespace=namespace)
        _ip("link", "set", device, "up", namespace=namespace)

    @staticmethod
    def hardware_address(namespace, device):
        words = _ip("-o", "link", "show", device, namespace=namespace).split()
        return words[words.index("link/ether") + 1]

    def exchange(self, sender, receiver, address, count, size):
        """count datagrams of size bytes to an address in the receiver's namespace, each answered
        with two bytes before the next is sent."""
        with subprocess.Popen([*self.inside(receiver), sys.executable, "-c", _ANSWER, address,
                               "5000"], stdout=subprocess.PIPE, text=True) as answerer:
            try:
                assert answerer.stdout.readline() == "listening\n"
                self.run(sender, sys.executable, "-c", _SEND, address, "5000", str(count),
                         str(size))
            finally:
                answerer.kill()

    def tail(self, _lines=0):
        return f"namespaces {self.left}, {self.right}"

    def close(self):
        while self._made:
            _ip("netns", "delete", self._made.pop())
