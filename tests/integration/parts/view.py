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


# Indexes begin at the start of an agent.
_INDEX = re.compile(r"\b\d{10}\b")


def told(manager):
    """All that an agent shows, without what tells when, and its indexes as if they began at 0."""
    found = [varbind for varbind in manager.bulkwalk("OPENVPN-MANAGEMENT-MIB::ovpnManagementMIB")
             if not _TIMES.search(varbind.name)]
    first = min(int(number) for varbind in found for number in _INDEX.findall(str(varbind)))

    def count(text):
        return _INDEX.sub(lambda number: str(int(number.group()) - first), str(text))

    return {count(varbind): count(varbind.value) for varbind in found}


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
