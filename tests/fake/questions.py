"""What the daemon may ask for before or while its tunnel is up."""

from dataclasses import dataclass


@dataclass
class Question:
    """Something the daemon waits for.

    kind is PASSWORD, NEED-OK, NEED-STR, or another notification's type; text is what follows it.
    judge gets the answers as a dict and returns None to accept or a reason to refuse.
    """

    kind: str
    name: str
    text: str
    parts: tuple = ()  # answers still needed, of: username password needok needstr
    judge: object = None

    @property
    def line(self):
        return f">{self.kind}:{self.text}"


def ask_user(name="Auth", judge=None, challenge=""):
    return Question("PASSWORD", name, f"Need '{name}' username/password{challenge}",
                    ("username", "password"), judge)


def ask_password(name="Private Key", judge=None):
    return Question("PASSWORD", name, f"Need '{name}' password", ("password",), judge)


def ask_ok(name="token-insertion-request", message="Please insert the token"):
    return Question("NEED-OK", name, f"Need '{name}' confirmation MSG:{message}", ("needok",))


def ask_string(name="pkcs11-id-request", message="Please name the identity"):
    return Question("NEED-STR", name, f"Need '{name}' string MSG:{message}", ("needstr",))
