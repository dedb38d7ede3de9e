"""Shares of the one management session, and their guests."""

from parts.control import entry
from parts.management import Management

ALL = ("hold", "kill", "verb", "mute", "signal:SIGHUP", "signal:SIGTERM", "signal:SIGUSR1",
       "signal:SIGUSR2", "auth-retry", "passwords", "confirm", "refresh", "net", "clients", "sign",
       "remote", "push")


def share(lab, name="share", **keys):
    """One of the list `share`, at a unix socket of that name; it is quick."""
    return {"listen": f"unix:{lab.path(name + '.guests')}", "rate": 1000, **keys}


def shared(daemon, *shares, **others):
    """An instance with these shares."""
    return entry(daemon, share=list(shares), **others)


class Guest(Management):
    """A guest of a share."""

    def __init__(self, share, password=None, deadline=10.0):
        super().__init__(share["listen"], password, deadline)

    def one(self, line):
        """The first line of the reply that is no notification."""
        self.send(line + "\n")
        return self.reply()

    def reply(self):
        while True:
            answer = self.read_line()
            assert answer is not None, "the session ended"
            if not answer.startswith(">"):
                return answer
            self.notifications.append(answer)

    def block(self, header, *lines):
        """The answer to a command with lines of its own."""
        return self.one("\n".join([header, *lines, "END"]))


def enter(lab, share, password=None, deadline=10.0):
    """A guest, as soon as there is contact."""
    found = []

    def greeted():
        try:
            guest = Guest(share, password, deadline)
        except OSError:
            return False
        if guest.greeting and guest.greeting.startswith(">INFO"):
            found.append(guest)
            return True
        guest.close()
        return False

    lab.wait_until(greeted, "a guest is let in", deadline)
    return found[0]
