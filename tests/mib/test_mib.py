"""The MIB module: what it defines, and that the usual compilers take it, at its root and moved."""

import os
import re
import shutil
import subprocess

import compiled  # first: it knows the way to the others
import base_mibs
import expected
import pytest

MODULE = compiled.MODULE
OTHER_ROOTS = ["1.3.6.1.4.1.99999", "1.3.6.1.4.1.99999.0.2147483647.7", "1.3.6.1.3.7.8"]


def tool(name, package):
    program = shutil.which(name)
    assert program, f"no {name} in PATH: install {package} (scripts/install-deps)"
    return program


def run(*command, folder, **variables):
    """Runs a tool without the settings of the machine and its users; returns status and output."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "LC_ALL": "C",
        "SNMPCONFPATH": str(folder),
        "SNMP_PERSISTENT_DIR": str(folder),
        **variables,
    }
    (folder / "cert_indexes").mkdir(exist_ok=True)  # else Net-SNMP makes it, and says so
    done = subprocess.run(
        [str(word) for word in command],
        cwd=folder, env=environment, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def move(root, file, module=compiled.FILE):
    """Writes the module with another root to a file; returns what oid-root says, and its status."""
    with open(file, "w", encoding="ascii") as out:
        done = subprocess.run(
            ["/bin/sh", compiled.TOP / "scripts" / "oid-root", root, module],
            stdout=out, stderr=subprocess.PIPE, text=True, timeout=60,
        )  # fmt: skip
    return done.returncode, done.stderr


def lint(file, folder):
    program = tool("smilint", "smitools")
    base = str(base_mibs.folder())
    _, out, err = run(program, "-c", "/dev/null", "-l", "6", file, folder=folder, SMIPATH=base)
    return out + err


def translate(folder, modules, *arguments, more=""):
    program = tool("snmptranslate", "snmp")
    dirs = f"{base_mibs.folder()}:{folder}{more}"
    return run(program, "-m", modules, *arguments, folder=folder, MIBS="", MIBDIRS=dirs)


@pytest.fixture(scope="module", params=["", *OTHER_ROOTS], ids=lambda root: root or "shipped")
def place(request, tmp_path_factory):
    """A folder with the module in it under the names that tools look for, and the module's root."""
    folder = tmp_path_factory.mktemp("mib")
    file = folder / f"{MODULE}.txt"
    if request.param:
        assert move(request.param, file) == (0, "")
    else:
        shutil.copy(compiled.FILE, file)
    shutil.copy(file, folder / f"{MODULE}.mib")
    root = request.param or ".".join(map(str, compiled.ROOT))
    return folder, tuple(map(int, root.split(".")))


# What it defines.


def names_by_number(found):
    """Columns and scalars as text, so that a failure shows the first difference."""
    return [f"{'.'.join(map(str, place))} {name}" for place, name in sorted(found)]


def test_every_object_has_its_number():
    root = len(compiled.ROOT)
    theirs = [(o.oid[root:], o.name) for o in compiled.objects() if o.kind != "notification"]
    ours = [(place, name) for name, (place, *_) in expected.objects().items()]
    assert names_by_number(theirs) == names_by_number(ours)
    assert {o.oid[:root] for o in compiled.objects()} == {compiled.ROOT}


@pytest.mark.parametrize("name", expected.objects())
def test_object(name):
    _, syntax, access, indexes = expected.objects()[name]
    found = compiled.by_name()[name]
    assert (found.syntax.name, found.access, found.indexes) == (syntax, access, indexes)


def test_big_tables_have_the_numbers_that_the_agent_was_told():
    numbers = {o.name: o.oid[len(compiled.ROOT) :] for o in compiled.objects()}
    assert numbers["ovpnInstanceName"] == (1, 2, 1, 2)
    assert numbers["ovpnInstanceUsersDropped"] == (1, 2, 1, 75)
    assert numbers["ovpnClientPending"] == (1, 3, 1, 25)
    assert numbers["ovpnControlLastReply"] == (3, 1, 1, 1, 20)
    assert numbers["ovpnNotificationsMuted"] == (0, 20)


def test_notifications_carry_what_they_must_in_order():
    theirs = {
        o.name: (o.oid[len(compiled.ROOT) :], o.objects)
        for o in compiled.objects()
        if o.kind == "notification"
    }
    assert theirs == expected.notifications()


@pytest.mark.parametrize("name", expected.ENUMERATIONS)
def test_enumeration(name):
    syntax = compiled.by_name()[name].syntax
    first = 0 if syntax.base == "BITS" else 1
    labels = expected.ENUMERATIONS[name].split()
    assert syntax.enum == {label: number for number, label in enumerate(labels, first)}


def test_every_other_enumeration_is_one_of_those():
    known = {tuple(text.split()) for text in expected.ENUMERATIONS.values()}
    for item in compiled.objects():
        if item.syntax and item.syntax.enum and item.syntax.name != "InetAddressType":
            assert tuple(item.syntax.enum) in known, item.name


@pytest.mark.parametrize("name", expected.LIMITS)
def test_limits(name):
    syntax = compiled.by_name()[name].syntax
    assert list(syntax.ranges or syntax.sizes) == expected.LIMITS[name]


def test_first_index_is_the_instance():
    tables = {item.table: item.indexes for item in compiled.objects() if item.table}
    assert len(tables) == 21
    assert {indexes[0] for indexes in tables.values()} == {"ovpnInstanceIndex"}


def test_addresses_are_type_address_port_text():
    items = compiled.objects()
    found = 0
    for before, item, after in zip(items, items[1:], items[2:]):
        if item.kind == "column" and item.syntax.name == "InetAddress":
            found += 1
            assert before.syntax.name == "InetAddressType" and before.table == item.table
            assert after.syntax.name == "InetPortNumber" and after.table == item.table
    assert found == 4


def test_every_time_has_seconds_beside_it():
    items = compiled.objects()
    for item, after in zip(items, items[1:]):
        if item.syntax and item.syntax.name == "DateAndTime":
            assert (after.name, after.syntax.name) == (item.name + "Unix", "OvpnUnixTime")


# How it is written.


def definitions(text):
    """Names of all nodes and types that the module defines."""
    text = re.sub(r'"[^"]*"', '""', text)
    text = re.sub(r"--[^\n]*", "", text)
    kinds = (
        "OBJECT-TYPE|NOTIFICATION-TYPE|MODULE-IDENTITY|OBJECT-GROUP|NOTIFICATION-GROUP"
        "|MODULE-COMPLIANCE|OBJECT IDENTIFIER +::=|::= +SEQUENCE|::= +TEXTUAL-CONVENTION"
    )
    return re.findall(rf"^([A-Za-z][\w-]*) +(?:{kinds})", text, re.MULTILINE)


def test_names_are_short_and_unique():
    names = definitions(compiled.FILE.read_text(encoding="ascii"))
    assert len(names) > 250
    assert [name for name in names if len(name) > 32] == []
    assert sorted({name for name in names if names.count(name) > 1}) == []
    assert [name for name in names if not name.lower().startswith("ovpn")] == []


def test_text_is_ascii_and_narrow():
    lines = compiled.FILE.read_text(encoding="ascii").splitlines()
    assert [line for line in lines if len(line) > 72 or line != line.rstrip() or "\t" in line] == []


def test_counters_name_what_tells_of_a_discontinuity():
    text = compiled.FILE.read_text(encoding="ascii")
    telling = re.compile(
        r"ovpnAgentStartTime|ovpnAgentConfigLoaded|DiscontinuityTime|TunnelDiscontinuity"
        r"|ovpnSessionEnded|ovpnUserCreated|ovpnShareOpened|ovpnGuestSince"
    )
    counter = r"^(\w+) OBJECT-TYPE\n    SYNTAX +Counter\d\d\n(.*?)::="
    counters = re.findall(counter, text, re.MULTILINE | re.DOTALL)
    assert len(counters) == 35
    assert [name for name, clause in counters if not telling.search(clause)] == []


def test_seconds_octets_and_the_like_have_units():
    for item in compiled.objects():
        if item.syntax and item.syntax.name in ("Gauge32", "Counter32", "Counter64"):
            assert item.units, item.name


def test_notifications_have_a_sentence_that_converters_take():
    """Net-SNMP's converters make the line for people of the first line of the description, or of the
    comments that they know, in which each %s is one of the objects."""
    text = compiled.FILE.read_text(encoding="ascii")
    clauses = re.findall(r"^(\w+) NOTIFICATION-TYPE\n(.*?)::=", text, re.MULTILINE | re.DOTALL)
    assert len(clauses) == len(expected.NOTIFICATIONS)
    for name, clause in clauses:
        first = re.search(r'DESCRIPTION\n +"(.*)', clause).group(1)
        assert re.fullmatch(r"[A-Z][^.]*\.", first), name
        summary = re.search(r'--#SUMMARY   "(.*)"', clause).group(1)
        arguments = re.search(r"--#ARGUMENTS \{ (.*) \}", clause).group(1).split(", ")
        carried = expected.notifications()[name][1]
        assert summary.count("%s") == len(arguments) > 0
        assert all(int(argument) < len(carried) for argument in arguments)
        assert re.search(r"--#SEVERITY  (NORMAL|INFORMATIONAL|WARNING|MINOR|MAJOR|CRITICAL)\n", clause)


# That the compilers take it.


def test_smilint(place):
    folder, _ = place
    assert lint(folder / f"{MODULE}.txt", folder) == ""


def damaged(find, replace):
    text = compiled.FILE.read_text(encoding="ascii")
    assert find in text
    return text.replace(find, replace)


@pytest.mark.parametrize(
    "find, replace, says",
    [
        ('DISPLAY-HINT "1024t"', 'DISPLAY-HINT "1024q"', "format specification"),
        ("SYNTAX      OvpnContact\n", "SYNTAX      OvpnNothing\n", "OvpnNothing"),
        ("        ovpnInstancePid,\n        ovpnInstanceMode,", "        ovpnInstanceMode,", "Pid"),
    ],
)
def test_smilint_would_tell(tmp_path, find, replace, says):
    """Without the base modules, or at a lower level, silence would mean nothing."""
    file = tmp_path / f"{MODULE}.txt"
    file.write_text(damaged(find, replace), encoding="ascii")
    assert says in lint(file, tmp_path)


def test_net_snmp_loads_it(place):
    folder, root = place
    status, out, err = translate(folder, MODULE, "-Tp")
    assert (status, err) == (0, "")
    assert "ovpnInstanceTable(2)" in out
    # On top of the default list, which names modules that Debian does not have.
    status, out, err = translate(folder, f"+{MODULE}", "-On", f"{MODULE}::ovpnInstanceName")
    assert (status, out) == (0, "." + ".".join(map(str, (*root, 1, 2, 1, 2))) + "\n")
    assert f"{MODULE}.txt" not in err and f"({MODULE})" not in err


def test_net_snmp_resolves_every_name(place):
    folder, root = place
    names = [f"{MODULE}::{item.name}" for item in compiled.objects()]
    status, out, err = translate(folder, MODULE, "-On", *names)
    assert (status, err) == (0, "")
    tails = [item.oid[len(compiled.ROOT) :] for item in compiled.objects()]
    wanted = ["." + ".".join(map(str, root + tail)) for tail in tails]
    assert out.split() == wanted


@pytest.mark.parametrize("order", ["NET-SNMP-MIB:{}", "{}:NET-SNMP-MIB"])
def test_net_snmp_own_module_beside_it(tmp_path, order):
    """The root's nodes have names of our own; both modules must go on working."""
    shutil.copy(compiled.FILE, tmp_path / f"{MODULE}.txt")
    for name, number in [
        ("NET-SNMP-MIB::netSnmpAgentOIDs", ".1.3.6.1.4.1.8072.3.2"),
        (f"{MODULE}::ovpnClientPending", ".1.3.6.1.4.1.8072.9999.9999.1194.1.3.1.25"),
    ]:
        modules, more = order.format(MODULE), ":/usr/share/snmp/mibs"
        assert translate(tmp_path, modules, "-On", name, more=more) == (0, number + "\n", "")
        assert translate(tmp_path, modules, number, more=more) == (0, name + "\n", "")


def test_snmpc_compiles_it(place):
    folder, _ = place
    erlang = base_mibs.folder() / "erlang"
    assert erlang.exists(), "no Erlang: run scripts/base-mibs --snmpc for this folder"
    included = next(erlang.glob("lib/snmp-*/priv/mibs"))
    status, out, err = run(
        erlang / "bin/erlc", "-I", included, f"{MODULE}.mib",
        folder=folder, ERLC_EMULATOR=str(erlang / "bin/erl"),
    )  # fmt: skip
    assert status == 0, out + err
    assert (folder / f"{MODULE}.bin").stat().st_size > 0
    # It misses a RowStatus in each table; nobody creates rows here.
    said = [line for line in (out + err).splitlines() if "No RowStatus column" not in line]
    assert said == []


def test_pysmi_compiles_it(place):
    folder, root = place
    found = compiled.objects_of(compiled.compile_json(folder / f"{MODULE}.txt"))
    assert {item.name: item.oid for item in found} == {
        item.name: root + item.oid[len(compiled.ROOT) :] for item in compiled.objects()
    }


# scripts/oid-root.


def test_own_root_changes_nothing(tmp_path):
    assert move(".".join(map(str, compiled.ROOT)), tmp_path / "same") == (0, "")
    assert (tmp_path / "same").read_bytes() == compiled.FILE.read_bytes()


def test_only_the_root_moves(tmp_path):
    """All but the chain of nodes, its parent and the link to it stays as it was."""
    assert move("1.3.6.1.3.7.8", tmp_path / "moved") == (0, "")
    before = compiled.FILE.read_text(encoding="ascii").splitlines()
    after = (tmp_path / "moved").read_text(encoding="ascii").splitlines()
    assert [line for line in after if line not in before] == [
        "    Integer32, Unsigned32, Counter32, Counter64, Gauge32, experimental",
        "    ::= { ovpnRoot1 8 }",
        "ovpnRoot1             OBJECT IDENTIFIER ::= { experimental 7 }",
    ]
    assert [line for line in after if "8072" in line or "laypen" in line] == []


@pytest.mark.parametrize(
    "root, says",
    [
        ("", "not a numeric object identifier"),
        ("enterprises.5", "not a numeric object identifier"),
        (".1.3.6.1.4.1.5", "not a numeric object identifier"),
        ("1.3.6.1.4.1.5.", "not a numeric object identifier"),
        ("1.3.6.1.4.1..5", "not a numeric object identifier"),
        ("1.3.6.1.4.1.5\n", "not a numeric object identifier"),
        ("1.3.6.1.4.1.-5", "not a numeric object identifier"),
        ("1.3.6.1.4.1.5 6", "not a numeric object identifier"),
        ("1.3.6.1.4.1.05", "begins with 0"),
        ("1.3.6.1.4.1.2147483648", "over 2147483647"),
        ("1.3.6.1.4.1.99999999999999999999", "over 2147483647"),
        ("1.3.6.1", "not below 1.3.6.1"),
        ("1.3.6.10.5", "not below 1.3.6.1"),
        ("2.25.7", "not below 1.3.6.1"),
        ("1.3.6.1.4.1", "enterprises"),
        ("1.3.6.1.2.1", "mib-2"),
        ("1.3.6.1.4.1" + ".5" * 95, "over 100 arcs"),
    ],
)
def test_bad_root(tmp_path, root, says):
    status, text = move(root, tmp_path / "none")
    assert status == 1
    assert text.startswith("oid-root: ") and says in text
    assert (tmp_path / "none").read_bytes() == b""


def test_longest_root(tmp_path):
    assert move("1.3.6.1.4.1" + ".5" * 94, tmp_path / "long") == (0, "")


def test_what_is_not_the_module(tmp_path):
    other = tmp_path / "other"
    other.write_text("OTHER-MIB DEFINITIONS ::= BEGIN\nEND\n", encoding="ascii")
    status, text = move("1.3.6.1.4.1.5", tmp_path / "none", other)
    assert (status, text) == (1, "oid-root: not the module, or its root was moved already\n")
    status, text = move("1.3.6.1.4.1.5", tmp_path / "none", tmp_path / "missing")
    assert (status, text) == (1, f"oid-root: cannot read {tmp_path}/missing\n")
    assert (tmp_path / "none").read_bytes() == b""


def test_moved_module_is_not_moved_again(tmp_path):
    assert move("1.3.6.1.4.1.5", tmp_path / "moved") == (0, "")
    status, text = move("1.3.6.1.4.1.6", tmp_path / "again", tmp_path / "moved")
    assert status == 1 and "moved already" in text
