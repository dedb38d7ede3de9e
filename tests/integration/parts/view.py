"""The agent's tables as a manager sees them, with column names cut short."""

import re
import time

from parts.snmp import Absent, SnmpError, SnmpTimeout


def rows(manager, table):
    """{index: {column: value}}; ovpnInstanceTable's ovpnInstanceName is column Name."""
    prefix = table.removesuffix("Table")
    return {index: {name.removeprefix(prefix): value for name, value in row.items()}
            for index, row in manager.table(table).items()}


def newest(manager, table, instance=1):
    """The index of the newest row of a daemon as it stands in names: "1.1795453891"."""
    return f"{instance}.{max(index[1] for index in rows(manager, table) if index[0] == instance)}"


def question(manager):
    """The same, of the question that was asked last."""
    return newest(manager, "ovpnRequestTable")


_TIMES = re.compile(r"Since|Time|Unix|Seconds|Duration|Age|LastRef|LastChange|Discontinuity|Updated"
                    r"|Start|Reload|Configured|Serial$|Sent$|Pid$|Seen$|LastConnected$|Created$")


# Indexes begin behind a random number, which is not a small one.
_SMALL = 100000
_NUMBER = re.compile(r"\b\d{6,10}\b")


def told(manager):
    """All that an agent shows, without what tells when, and with the places of its indexes in the order
    of all in their stead."""
    found = [varbind for varbind in manager.bulkwalk("OPENVPN-MANAGEMENT-MIB::ovpnManagementMIB")
             if not _TIMES.search(varbind.name)]
    indexes = sorted({(varbind.index[0], varbind.index[-1]) for varbind in found
                      if varbind.index and varbind.index[-1] >= _SMALL})
    places = {str(number): f"place {place}" for place, (_, number) in enumerate(indexes)}

    def place(text):
        return _NUMBER.sub(lambda number: places.get(number.group(), number.group()), str(text))

    return {place(varbind): place(varbind.value) for varbind in found}


class InstanceView:
    """One row of ovpnInstanceTable."""

    def __init__(self, lab, manager, index=1):
        self.lab = lab
        self.manager = manager
        self.index = index

    def row(self):
        return rows(self.manager, "ovpnInstanceTable")[(self.index,)]

    def get(self, *columns):
        """Single values, as one column or a list of several."""
        return self.manager.get(*map(self._name, columns))

    def wait(self, deadline=10.0, **expected):
        """Waits until these columns have these values; returns the seconds that it took."""
        begin = time.monotonic()
        columns = list(expected)
        seen = []

        def reached():
            try:
                seen[:] = self.manager.values(*map(self._name, columns))
            except (SnmpError, SnmpTimeout, Absent) as error:
                seen[:] = [error]
                return False
            return seen == list(expected.values())

        self.lab.wait_until(reached, lambda: f"instance {self.index} shows {expected}; last seen: "
                                             f"{dict(zip(columns, seen))}", deadline)
        return time.monotonic() - begin

    def _name(self, column):
        return f"ovpnInstance{column}.{self.index}"
