"""What several tests do with daemons."""

import os
import subprocess

from parts import openvpn
from parts.view import newest


def entry(name, index, daemon, **others):
    """The agent's configuration of a daemon."""
    return {"name": name, "index": index, "management": daemon, "status_interval": 1, **others}


def login(lab, pki, server, name, user, word="right"):
    """A client that is not started yet and gives this name and password, again and again."""
    words = lab.write(name + ".words", f"{user}\n{word}\n")
    return openvpn.client(lab, pki, server, name, extra=[f"auth-user-pass {words}", "auth-retry nointeract"])


def answer(manager, index, user, word):
    """Answers what the daemon asked last."""
    place = newest(manager, "ovpnRequestTable", index)
    manager.set((f"ovpnCredentialUsername.{place}", "s", user),
                (f"ovpnCredentialPassword.{place}", "s", word))


class CertificateFile:
    """A daemon's file that names a certificate, which can be made anew; config is what openvpn_config names."""

    def __init__(self, lab, *lines):
        self.lab = lab
        lines = ["server 10.8.0.0 255.255.255.0", "cert server.crt", *lines]
        self.config = lab.write("office.conf", "\n".join(lines) + "\n")

    def make(self, days=300, expired=False):
        """Makes one that ends so many days from now, or has ended yesterday."""
        new = self.lab.path("made.crt")
        # `req -x509` refuses to make one that has ended.
        self._openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc",
                      "-subj", "/CN=server", "-keyout", self.lab.path("server.key"),
                      "-out", self.lab.path("made.csr"))
        self._openssl("x509", "-req", "-in", self.lab.path("made.csr"), "-signkey",
                      self.lab.path("server.key"), "-days", "-1" if expired else str(days), "-out", new)
        os.replace(new, self.lab.path("server.crt"))

    @staticmethod
    def _openssl(*words):
        subprocess.run(["openssl", *words], check=True, capture_output=True, timeout=30)
