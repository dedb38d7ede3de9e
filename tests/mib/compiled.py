"""The MIB module as its compiler sees it, for tests that compare the agent with it.

    for item in compiled.objects():
        print(item.name, item.oid, item.kind, item.syntax.base, item.access)

pysmi compiles the module; scripts/base-mibs has brought the base modules.
"""

import functools
import json
import sys
from dataclasses import dataclass, field
from pathlib import Path

MODULE = "OPENVPN-MANAGEMENT-MIB"
TOP = Path(__file__).resolve().parents[2]
sys.path.append(str(TOP / "tests"))

import base_mibs  # noqa: E402  (the path comes first)

FILE = TOP / "mib" / f"{MODULE}.txt"
ROOT = (1, 3, 6, 1, 4, 1, 8072, 9999, 9999, 1194)

# ASN.1 types that end the search for what a textual convention stands for.
BASE_TYPES = {
    "INTEGER", "Integer32", "Unsigned32", "Gauge32", "Counter32", "Counter64", "TimeTicks",
    "OCTET STRING", "OBJECT IDENTIFIER", "BITS",
}  # fmt: skip


@dataclass(frozen=True)
class Syntax:
    """What values an object can have."""

    name: str  # as in the object's SYNTAX clause: OvpnState, Gauge32
    base: str  # one of BASE_TYPES; an enumeration is INTEGER
    enum: dict = field(default_factory=dict)  # label: number; of BITS too
    ranges: tuple = ()  # (lowest, highest) of a number, each
    sizes: tuple = ()  # (shortest, longest) of octets, each
    hint: str = ""  # DISPLAY-HINT

    def allows(self, value):
        """Whether a number, or a value of bytes, is within the enumeration, range or size."""
        if isinstance(value, bytes):
            return not self.sizes or any(low <= len(value) <= high for low, high in self.sizes)
        if self.enum:
            return value in self.enum.values()
        return not self.ranges or any(low <= value <= high for low, high in self.ranges)


@dataclass(frozen=True)
class Object:
    """A scalar, a column or a notification."""

    name: str
    oid: tuple
    kind: str  # scalar, column, index (a column that is not accessible), notification
    syntax: Syntax | None = None  # None for notifications
    access: str = ""  # MAX-ACCESS; empty for notifications
    table: str = ""  # of columns: ovpnInstanceTable
    indexes: tuple = ()  # of columns: names of the table's index objects, in order
    objects: tuple = ()  # of notifications: names of what they carry, in order
    units: str = ""


def compile_json(file=FILE):
    """Compiles the module in a file with pysmi.  Returns its JSON form and those of its imports.

    Raises RuntimeError with the compiler's words when it cannot.
    """
    try:
        from pysmi.codegen import JsonCodeGen
        from pysmi.compiler import MibCompiler
        from pysmi.parser import SmiV2Parser
        from pysmi.reader import CallbackReader, FileReader
        from pysmi.searcher import StubSearcher
        from pysmi.writer import CallbackWriter
    except ImportError as error:
        raise RuntimeError(f"no pysmi ({error}): install python3-pysmi, run /usr/bin/python3")

    made = {}

    def read(name, _context):
        return Path(file).read_text(encoding="ascii") if name == MODULE else ""

    def write(name, text, _context):
        made[name] = json.loads(text)

    compiler = MibCompiler(SmiV2Parser(), JsonCodeGen(), CallbackWriter(write))
    compiler.addSources(CallbackReader(read), FileReader(str(base_mibs.folder())))
    compiler.addSearchers(StubSearcher(*JsonCodeGen.baseMibs))
    states = compiler.compile(MODULE, rebuild=True)
    failed = {name: state for name, state in states.items() if state in ("failed", "missing")}
    if failed or MODULE not in made:
        words = [f"{name}: {state} {getattr(state, 'error', '')}" for name, state in failed.items()]
        raise RuntimeError("pysmi cannot compile: " + "; ".join(words or [str(states)]))
    return made


# pysmi takes SNMPv2-TC for granted and writes no JSON of it (RFC 2579).
_WELL_KNOWN = {
    "DateAndTime": {"type": "OCTET STRING", "constraints": {"size": [(8, 8), (11, 11)]}},
    "TimeStamp": {"type": "TimeTicks"},
    "TestAndIncr": {"type": "INTEGER", "constraints": {"range": [(0, 2147483647)]}},
}


def _bounds(found):
    return tuple((b["min"], b["max"]) if isinstance(b, dict) else b for b in found or ())


def _syntax(modules, clause):
    """Follows textual conventions; what is nearest to the object is what counts."""
    name = clause["type"]
    enum, ranges, sizes, hint = {}, (), (), ""
    while True:
        limits = clause.get("constraints", {})
        enum = enum or limits.get("enumeration") or clause.get("bits") or {}
        ranges = ranges or _bounds(limits.get("range"))
        sizes = sizes or _bounds(limits.get("size"))
        base = {"Bits": "BITS"}.get(clause["type"], clause["type"])
        if base in BASE_TYPES:
            return Syntax("BITS" if name == "Bits" else name, base, enum, ranges, sizes, hint)
        if base in _WELL_KNOWN:
            clause = _WELL_KNOWN[base]
            continue
        convention = next(module[base] for module in modules.values() if base in module)
        hint = hint or convention.get("displayhint", "")
        clause = convention["type"]


def _numbers(dotted):
    return tuple(int(part) for part in dotted.split("."))


def _indexes(module, row):
    while "augmention" in row:
        row = module[row["augmention"]["object"]]
    return tuple(index["object"] for index in row["indices"])


def _column_of(module, entries):
    """What a column inherits from its row: (table's name, index objects)."""
    rows, tables = {}, {}
    for entry in entries:
        if entry.get("nodetype") == "row":
            rows[_numbers(entry["oid"])] = entry
        if entry.get("nodetype") == "table":
            tables[_numbers(entry["oid"])] = entry["name"]
    return lambda oid: (tables[oid[:-2]], _indexes(module, rows[oid[:-1]]))


def objects_of(modules):
    """All scalars, columns and notifications of what compile_json() returned, sorted by OID."""
    module = modules[MODULE]
    entries = [entry for entry in module.values() if isinstance(entry, dict) and "oid" in entry]
    row_of = _column_of(module, entries)
    found = []
    for entry in entries:
        oid = _numbers(entry["oid"])
        if entry["class"] == "notificationtype":
            carried = tuple(item["object"] for item in entry["objects"])
            found.append(Object(entry["name"], oid, "notification", objects=carried))
        if entry.get("nodetype") not in ("scalar", "column"):
            continue
        kind, access = entry["nodetype"], entry["maxaccess"]
        table, indexes = row_of(oid) if kind == "column" else ("", ())
        if kind == "column" and access == "not-accessible":
            kind = "index"
        syntax = _syntax(modules, entry["syntax"])
        found.append(
            Object(entry["name"], oid, kind, syntax, access, table, indexes,
                   units=entry.get("units", ""))
        )  # fmt: skip
    return sorted(found, key=lambda item: item.oid)


@functools.cache
def objects():
    """All scalars, columns and notifications of the shipped module, sorted by OID."""
    return objects_of(compile_json())


def by_name():
    return {item.name: item for item in objects()}
