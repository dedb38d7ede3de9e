"""What an OpenVPN server gets as its network device.

Clients and peers run with `dev null`.  A server refuses that, it wants a tun or tap device.  With
the right to make one the server gets a real device that has no address and is never up.  Without it
the server gets a FIFO as its device node, and a small preloaded library that answers the one ioctl
in which a FIFO differs.  OVPN_TEST_TUN=real or OVPN_TEST_TUN=fake chooses by hand.
"""

import atexit
import fcntl
import functools
import os
import shutil
import struct
import subprocess
import tempfile

_TUNSETIFF = 0x400454CA
_IFF_TUN_NO_PI = 0x1001

_LIBRARY = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <linux/if_tun.h>

int ioctl(int fd, unsigned long request, ...)
{
    va_list list;
    va_start(list, request);
    void *argument = va_arg(list, void *);
    va_end(list);
    if (request == TUNSETIFF)
        return 0;
    int (*next)(int, unsigned long, ...);
    *(void **) &next = dlsym(RTLD_NEXT, "ioctl");
    return next(fd, request, argument);
}
"""


@functools.cache
def real_device_allowed():
    """Whether this process may make a tun device."""
    try:
        with open("/dev/net/tun", "rb+", buffering=0) as device:
            fcntl.ioctl(device, _TUNSETIFF, struct.pack("16sH22x", b"", _IFF_TUN_NO_PI))
        return True
    except OSError:
        return False


class ServerDevice:
    """The options and environment that give one server its device."""

    def __init__(self, lab, name):
        wanted = os.environ.get("OVPN_TEST_TUN", "real" if real_device_allowed() else "fake")
        self.options = ["dev tun", "disable-dco"]
        self.environment = {}
        if wanted == "fake":
            node = lab.path(name + ".tun")
            os.mkfifo(node)
            self.options.append(f"dev-node {node}")
            self.environment["LD_PRELOAD"] = _library()


@functools.cache
def _library():
    compiler = shutil.which("cc")
    if compiler is None:
        import pytest  # here, because the demo runs without it

        pytest.skip("an OpenVPN server needs the right to make a tun device, or a C compiler")
    folder = tempfile.mkdtemp(prefix="ovpn-tun-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    source = os.path.join(folder, "tun.c")
    library = os.path.join(folder, "tun.so")
    with open(source, "w", encoding="ascii") as file:
        file.write(_LIBRARY)
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, source], check=True)
    return library
