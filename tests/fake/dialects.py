"""What differs between the versions of the daemon."""

from dataclasses import dataclass

_COLUMNS_2_1 = ["Common Name", "Real Address", "Virtual Address", "Bytes Received", "Bytes Sent",
                "Connected Since", "Connected Since (time_t)"]


@dataclass(frozen=True)
class Dialect:
    version: tuple
    features: str  # what follows the version in the title
    interface: int  # management interface version
    pkcs11: bool = False

    def since(self, *version):
        return self.version >= version

    @property
    def name(self):
        return ".".join(map(str, self.version))

    @property
    def title(self):
        return f"OpenVPN {self.name} x86_64-pc-linux-gnu {self.features}"

    @property
    def state_fields(self):
        """Fields of a state line, without the optional IPv6 address."""
        return 8 if self.since(2, 4) else 5

    @property
    def client_columns(self):
        columns = list(_COLUMNS_2_1)
        if self.since(2, 3):
            columns.append("Username")
        if self.since(2, 4):
            columns.insert(3, "Virtual IPv6 Address")
            columns += ["Client ID", "Peer ID"]
        if self.since(2, 5):
            columns.append("Data Channel Cipher")
        return columns

    def hold_line(self, seconds):
        text = ">HOLD:Waiting for hold release"
        return f"{text}:{seconds}" if self.since(2, 4) else text

    def unsupported(self, command):
        """The text for a command that the present mode or phase does not have."""
        if command == "cr-response":
            word = "The 'cr-repsonse' command" if self.since(2, 6) else "This command"
        elif self.since(2, 6) or command in ("status", "kill", "net"):
            word = f"The '{command}' command"
        else:
            word = f"The {command} command"
        return f"ERROR: {word} is not supported by the current daemon mode"

    def unknown(self, command):
        shown = f" [{command}]" if self.since(2, 7) else ""
        return f"ERROR: unknown command{shown}, enter 'help' for more options"


_ALL = [
    Dialect((2, 1, 4), "[SSL] [LZO2] [EPOLL] built on Nov 23 2026", 1),
    Dialect((2, 3, 18), "[SSL (OpenSSL)] [LZO] [EPOLL] [MH] [IPv6] built on Nov 23 2026", 1),
    Dialect((2, 4, 12), "[SSL (OpenSSL)] [LZO] [LZ4] [EPOLL] [MH/PKTINFO] [AEAD] "
                        "built on Nov 23 2026", 1),
    Dialect((2, 5, 11), "[SSL (OpenSSL)] [LZO] [LZ4] [EPOLL] [MH/PKTINFO] [AEAD] "
                        "built on Nov 23 2026", 3),
    Dialect((2, 6, 14), "[SSL (OpenSSL)] [LZO] [LZ4] [EPOLL] [PKCS11] [MH/PKTINFO] [AEAD] [DCO]",
            5, pkcs11=True),
    Dialect((2, 7, 6), "[SSL (OpenSSL)] [LZO] [LZ4] [EPOLL] [MH/PKTINFO] [AEAD]", 6),
]
DIALECTS = {dialect.name: dialect for dialect in _ALL}
