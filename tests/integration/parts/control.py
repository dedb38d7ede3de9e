"""What the tests of SETs share."""

import threading

import pytest

from parts.snmp import SnmpError, SnmpTimeout

ALL = ["hold", "kill", "verb", "mute", "signal:SIGHUP", "signal:SIGTERM", "signal:SIGUSR1",
       "signal:SIGUSR2", "auth-retry", "passwords", "confirm", "refresh", "net", "session"]
CONTROL_TABLE = (1, 3, 6, 1, 4, 1, 8072, 9999, 9999, 1194, 3, 1, 1, 1)


def entry(daemon, index=1, allow=ALL, **others):
    """An instance of the configuration that may do all."""
    return {"name": daemon.name, "index": index, "management": daemon, "status_interval": 1,
            "allow": allow, **others}


def refused(manager, *changes):
    """The error status of a SET."""
    with pytest.raises(SnmpError) as caught:
        manager.set(*changes)
    return caught.value.status


def last(manager, index=1):
    """Result and reply of the last command."""
    return manager.get(f"ovpnControlLastResult.{index}", f"ovpnControlLastReply.{index}")


class Background:
    """A SET in a thread; what came of it is in `outcome`, and where in `index`."""

    def __init__(self, manager, *changes):
        self.outcome = self.index = None
        self._thread = threading.Thread(target=self._run, args=(manager, changes))
        self._thread.start()

    def _run(self, manager, changes):
        try:
            manager.set(*changes)
            self.outcome = "noError"
        except SnmpError as error:
            self.outcome, self.index = error.status, error.index
        except SnmpTimeout:
            self.outcome = "timeout"

    def join(self):
        self._thread.join(60)
        return self.outcome
