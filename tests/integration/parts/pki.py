"""Keys and certificates, made once per test run with openssl."""

import os
import subprocess

_CONFIGURATION = """
[req]
distinguished_name = name
prompt = no
[name]
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = keyCertSign, cRLSign
[server]
basicConstraints = CA:FALSE
keyUsage = digitalSignature, keyAgreement
extendedKeyUsage = serverAuth
[client]
basicConstraints = CA:FALSE
keyUsage = digitalSignature, keyAgreement
extendedKeyUsage = clientAuth
"""

PASSPHRASE = "key passphrase"


class Identity:
    """A certificate and its key, as file paths."""

    def __init__(self, common_name, certificate, key):
        self.common_name = common_name
        self.certificate = certificate
        self.key = key


class Pki:
    """An EC authority in a folder.  Identities are made on first use and kept."""

    def __init__(self, folder):
        self.folder = folder
        os.makedirs(folder, exist_ok=True)
        self._identities = {}
        self._configuration = self._path("openssl.cnf")
        with open(self._configuration, "w", encoding="ascii") as file:
            file.write(_CONFIGURATION)
        self._authority = self._make("authority", "Test Authority", "authority", None)
        self.ca = self._authority.certificate

    def server(self, common_name="server"):
        return self._identity("server", common_name)

    def client(self, common_name):
        """A client certificate; the common name may hold anything but a zero byte."""
        return self._identity("client", common_name)

    def encrypted_client(self, common_name, passphrase=PASSPHRASE):
        """Like client(), the key is locked with the passphrase."""
        plain = self.client(common_name)
        key = plain.key + ".locked"
        self._openssl("pkcs8", "-topk8", "-in", plain.key, "-out", key, "-v2", "aes-256-cbc",
                      "-passout", "pass:" + passphrase)
        return Identity(common_name, plain.certificate, key)

    def static_key(self):
        """A shared key file for peer-to-peer mode."""
        path = self._path("static.key")
        if not os.path.exists(path):
            subprocess.run(["openvpn", "--genkey", "secret", path], check=True, capture_output=True)
        return path

    def _path(self, name):
        return os.path.join(self.folder, name)

    def _identity(self, kind, common_name):
        key = (kind, common_name)
        if key not in self._identities:
            name = f"{kind}{len(self._identities)}"
            self._identities[key] = self._make(name, common_name, kind, self._authority)
        return self._identities[key]

    def _make(self, name, common_name, extensions, issuer):
        made = Identity(common_name, self._path(name + ".crt"), self._path(name + ".key"))
        signer = ["-CA", issuer.certificate, "-CAkey", issuer.key] if issuer else []
        self._openssl("req", "-x509", "-config", self._configuration, "-extensions", extensions,
                      "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc",
                      "-utf8", "-subj", "/CN=" + _escape(common_name), "-days", "30",
                      "-keyout", made.key, "-out", made.certificate, *signer)
        return made

    @staticmethod
    def _openssl(*arguments):
        done = subprocess.run(["openssl", *arguments], capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"openssl {arguments[0]}: {done.stderr}")


def _escape(text):
    return "".join("\\" + char if char in "\\/+=" else char for char in text)
