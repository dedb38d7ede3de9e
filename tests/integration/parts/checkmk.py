"""A small stand-in for Checkmk's documented plugin API, cmk.agent_based.v2.

It is none of Checkmk's code and has only what the shipped plugin takes from there: it fetches the tables
that a section names from an agent, as rows of texts in which what has no instance is the empty text,
and calls the plugin's functions.  That the real one takes the plugin it does not show.
"""

import importlib.util
import itertools
import sys
import types
from dataclasses import dataclass, field

from parts.snmp import Manager

API = "cmk.agent_based.v2"


@dataclass(frozen=True)
class Part:
    """What only carries its arguments."""
    words: tuple
    named: dict = field(default_factory=dict)


class OIDEnd:
    """Stands for the end of a row's identifier."""


class IgnoreResultsError(Exception):
    """The service stays as it was."""


class GetRateError(IgnoreResultsError):
    """There is no earlier value."""


class Host:
    """The plugin of a file, looking at the agent that a manager asks."""

    def __init__(self, path, manager):
        self.numbers = Manager(manager.port, manager.folder, options=["-On", "-Oe"])
        self.stores = {}  # of each service its own
        self.store = None
        self.sections, self.plugins = {}, {}
        module = self._load(path)
        for value in vars(module).values():
            if isinstance(value, Part) and "fetch" in value.named:
                self.sections[value.named["name"]] = value.named
            elif isinstance(value, Part) and "check_function" in value.named:
                self.plugins[value.named["name"]] = value.named

    def _load(self, path):
        api = types.ModuleType(API)
        for name in ("CheckPlugin", "Metric", "Result", "Service", "SimpleSNMPSection", "SNMPTree", "exists"):
            setattr(api, name, self._part(name))
        api.State = types.SimpleNamespace(OK="OK", WARN="WARN", CRIT="CRIT", UNKNOWN="UNKNOWN")
        api.OIDEnd, api.GetRateError, api.IgnoreResultsError = OIDEnd, GetRateError, IgnoreResultsError
        api.get_value_store = lambda: self.store
        api.get_rate = self._rate
        names = ["cmk", "cmk.agent_based", API]
        before = {name: sys.modules.get(name) for name in names}
        sys.modules.update({"cmk": types.ModuleType("cmk"), "cmk.agent_based": types.ModuleType("cmk.agent_based"),
                            API: api})
        try:
            spec = importlib.util.spec_from_file_location("shipped_checkmk_plugin", path)
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            return module
        finally:
            for name, value in before.items():
                sys.modules.pop(name)
                if value is not None:
                    sys.modules[name] = value

    @staticmethod
    def _part(name):
        return lambda *words, **named: Part((name, *words), named)

    @staticmethod
    def _rate(store, key, time, value, raise_overflow=False):
        before = store.get(key)
        store[key] = time, value
        if before is None or time <= before[0] or (raise_overflow and value < before[1]):
            raise GetRateError(key)
        return (value - before[1]) / (time - before[0])

    def detects(self, section):
        _, oid = self.sections[section]["detect"].words
        return self._column(oid.removesuffix(".0")) != {}

    def _section(self, name):
        section = self.sections[name]
        tree = section["fetch"].named
        columns = [column if isinstance(column, OIDEnd) else self._column(f"{tree['base']}.{column}")
                   for column in tree["oids"]]
        ends = sorted(set(itertools.chain(*(column for column in columns if isinstance(column, dict)))))
        return section["parse_function"]([
            [".".join(map(str, end)) if isinstance(column, OIDEnd) else column.get(end, "") for column in columns]
            for end in ends])

    def _column(self, oid):
        """{end as numbers: text}"""
        length = oid.count(".")
        found = {}
        for line in self.numbers._output("snmpbulkwalk", [oid]).splitlines():
            name, _, value = line.partition(" = ")
            if name.startswith(oid + "."):
                found[tuple(map(int, name.split(".")[length + 1:]))] = value.strip('"')
        return found

    def services(self, plugin):
        return [service.named["item"] for service in
                self.plugins[plugin]["discovery_function"](self._section(plugin))]

    def check(self, plugin, item):
        """(worst state, summaries, metrics); where the plugin says nothing all are empty."""
        order = ["", "OK", "WARN", "UNKNOWN", "CRIT"]
        state, texts, metrics = "", [], {}
        self.store = self.stores.setdefault((plugin, item), {})
        try:
            for part in self.plugins[plugin]["check_function"](item=item, section=self._section(plugin)):
                if part.words[0] == "Metric":
                    metrics[part.words[1]] = part.words[2]
                else:
                    state = max(state, part.named["state"], key=order.index)
                    texts.append(part.named["summary"])
        except IgnoreResultsError:
            return "", "", {}
        return state, ", ".join(texts), metrics
