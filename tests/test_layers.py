"""How the source is put together: who may include whom, what functions are called, and that every
file is built."""

import ctypes
import re

import pytest

from source import all_files, c_files, text_of

# From the bottom up; each may include itself and what stands before it.
LAYERS = [
    "src/base",
    "src/config",
    "src/protocol",
    "src/model",
    "src/store",
    "src/setup",
    "src/connection",
    "src/session",
    "src/control",
    "src/share",
    "agent/tables",
    "agent/master",
    "agent/standalone",
    "agent/notify",
    "agent/serve",
    "agent/wiring",
    "agent",
    "ctl",
]
# The command beside the agent: it takes from these floors and from no other.
BESIDE = {"ctl": ["src/base", "src/config", "src/setup", "ctl"]}
# These turn the model into values, and wire the parts; only the others know Net-SNMP.
WITH_NET_SNMP = re.compile(r"agent/(master|standalone|notify|serve)/|ctl/(remote|receiver)\.c$")
# An executable's symbols can take the place of the library's.
RESERVED = re.compile(r"(agent|agentx|init|mib|netsnmp|register|snmp)_")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"][^>"]+[>"])', re.MULTILINE)
# The name of a function that is defined or declared: bodies are indented, so calls do not match.
FUNCTION = re.compile(r"^[a-z_][\w *]*?[ *](\w+)\(", re.MULTILINE)
LONGEST_FUNCTION = 60
LONGEST_FILE = 500

SOURCES = c_files("src", "agent", "ctl")


def layer_of(path):
    """The place in LAYERS of a file or of what an include names, None when it is of no layer."""
    for place, layer in enumerate(LAYERS):
        folder = str(path).rpartition("/")[0]
        if folder == layer or f"src/{folder}" == layer:
            return place
    return None


def wrong_includes(path, text):
    """The includes of a file that reach upwards, or to Net-SNMP where it has no place."""
    own = layer_of(path)
    assert own is not None, f"{path} is in no layer"
    wrong = []
    for include in INCLUDE.findall(text):
        name = include[1:-1]
        if name.startswith("net-snmp/"):
            allowed = WITH_NET_SNMP.match(str(path)) is not None
        else:
            layer = layer_of(name)
            allowed = layer is None or (LAYERS[layer] in BESIDE[LAYERS[own]]
                                        if LAYERS[own] in BESIDE else layer <= own)
        if not allowed:
            wrong.append(name)
    return wrong


def wrong_names(text):
    return [name for name in FUNCTION.findall(text) if RESERVED.match(name)]


def long_functions(text):
    """Functions over the limit, as (name, lines)."""
    found = []
    name = start = None
    for number, line in enumerate(text.splitlines(), 1):
        heading = FUNCTION.match(line)
        if heading:
            name = heading.group(1)
        elif line == "{":
            start = number
        elif line == "}" and start:
            if number - start - 1 > LONGEST_FUNCTION:
                found.append((name, number - start - 1))
            start = None
    return found


def listed_files(makefile):
    return set(re.findall(r"^\t((?:src|agent|ctl)/\S+\.[ch])(?: \\)?$", makefile, re.MULTILINE))


def test_files_are_found():
    assert len(SOURCES) > 10
    assert all(layer_of(path) is not None for path in SOURCES)


def offenders(check, paths=SOURCES):
    """What check(path, text) finds, for each file where it finds something."""
    return {str(path): found for path in paths if (found := check(path, text_of(path)))}


def test_includes():
    assert offenders(wrong_includes) == {}


# A public function's definition, and what bodies are without comments and texts.
DEFINITION = re.compile(r"^(?!static)[a-z_][\w *]*?[ *](\w+)\([^;{]*\)\n\{", re.MULTILINE)
STATIC = re.compile(r"^static [\w *]*?[ *](\w+)\(", re.MULTILINE)
SILENT = re.compile(r'/\*.*?\*/|"(?:\\.|[^"\\\n])*"', re.DOTALL)


def uses(texts):
    """Which of these files uses functions of which others: {file: {file: function}}."""
    code = {path: SILENT.sub("", text) for path, text in texts.items()}
    home = {name: path for path, text in code.items() for name in DEFINITION.findall(text)}
    found = {}
    for path, text in code.items():
        names = set(re.findall(r"\w+", text)) - set(STATIC.findall(text))
        found[path] = {home[name]: name for name in sorted(names) if home.get(name, path) != path}
    return found


def circles(graph):
    """Files from which a way leads back to themselves, with what they use on it."""

    def reach(start):
        seen, open_ends = set(), list(graph[start])
        while open_ends:
            path = open_ends.pop()
            if path not in seen:
                seen.add(path)
                open_ends += graph[path]
        return seen

    reached = {path: reach(path) for path in graph}
    return {
        path: {to: name for to, name in used.items() if path in reached[to]}
        for path, used in graph.items()
        if path in reached[path]
    }


def test_no_circles_between_files():
    assert circles(uses({str(p): text_of(p) for p in SOURCES if p.suffix == ".c"})) == {}


def test_circles_finds():
    a = "void a_go(void)\n{\n    b_go();\n}\n"
    b = "static void run(void)\n{\n}\nvoid b_go(void)\n{\n    run(); /* a_go */\n}\n"
    c = "void run(void)\n{\n    a_go();\n}\n"
    assert circles(uses({"a": a, "b": b, "c": c})) == {}
    b = b.replace("/* a_go */", "run(\"\", c_go);")
    c = c.replace("void run", "int\nc_go(int a,\n     int b)\n{\n}\nint *c_go")
    assert circles(uses({"a": a, "b": b, "c": c})) == {
        "a": {"b": "b_go"}, "b": {"c": "c_go"}, "c": {"a": "a_go"}}


def test_function_names():
    assert offenders(lambda path, text: wrong_names(text)) == {}


def homes_of_statics(texts):
    """The files in which a static function of each name stands: {name: [file, ...]}."""
    homes = {}
    for path, text in texts.items():
        for name in set(STATIC.findall(text)):
            homes.setdefault(name, []).append(path)
    return homes


def test_static_names_stand_in_one_file():
    homes = homes_of_statics({str(p): text_of(p) for p in SOURCES if p.suffix == ".c"})
    assert {name: paths for name, paths in homes.items() if len(paths) > 1} == {}


def libc_names(text):
    """Functions with the name of something that the C library has."""
    libc = ctypes.CDLL("libc.so.6")
    return [name for name in FUNCTION.findall(text) if hasattr(libc, name)]


def test_no_function_has_a_name_of_libc():
    assert offenders(lambda path, text: libc_names(text)) == {}


def test_sizes():
    assert offenders(lambda path, text: long_functions(text)) == {}
    lines = {str(path): len(text_of(path).splitlines()) for path in SOURCES}
    assert {path: count for path, count in lines.items() if count > LONGEST_FILE} == {}


def test_include_guards():
    def unguarded(path, text):
        guard = re.sub(r"\W", "_", str(path).removeprefix("src/")).upper()
        # Net-SNMP's headers have some of these names; ours then begin with OVPN_.
        return not re.search(rf"^#ifndef ((?:OVPN_)?{guard})\n#define \1$", text, re.MULTILINE)

    assert offenders(unguarded, [path for path in SOURCES if path.suffix == ".h"]) == {}


def test_makefile_lists_every_source():
    listed = listed_files(text_of("Makefile.am"))
    written = {str(path) for path in SOURCES}
    assert written - listed == set(), "not in Makefile.am"
    assert listed - written == set(), "in Makefile.am, but not there"


def test_makefile_lists_every_unit_test():
    listed = re.findall(r"^\t(tests/unit/(?:\w+/)*test_\w+)(?: \\)?$", text_of("Makefile.am"), re.MULTILINE)
    programs = [path for path in c_files("tests/unit") if re.match(r"test_.*\.c$", path.name)]
    assert sorted(listed) == [str(path.with_suffix("")) for path in programs]


def test_makefile_names_the_other_files_of_unit_tests():
    named = re.findall(r"\btests/unit/(?:\w+/)*\w+\.[ch]\b", text_of("Makefile.am"))
    others = [path for path in c_files("tests/unit") if not re.match(r"test_.*\.c$", path.name)]
    assert [str(path) for path in others if str(path) not in named] == []


def test_the_architecture_page_names_what_is_there():
    """Paths in doc/architecture.md; `.[ch]` is both files, a path without an ending is a module."""
    page = text_of("doc/architecture.md")
    paths = re.findall(r"`((?:src|agent|ctl|tests|mib|man)/[\w./\[\]-]+)`", page)
    known = {str(path) for path in all_files()}
    known |= {str(parent) for path in all_files() for parent in path.parents}
    known |= {path.rpartition(".")[0] for path in known}
    wanted = {name for path in paths for name in
              ([path[:-5] + end for end in (".c", ".h")] if path.endswith(".[ch]") else [path])}
    assert len(wanted) > 20
    assert wanted - known == set()


# The checks themselves, on what they must and must not find.


@pytest.mark.parametrize(
    "path, line, found",
    [
        ("src/base/a.c", '#include "config/config.h"', True),
        ("src/base/a.c", '#include "base/text.h"', False),
        ("src/model/a.h", '# include "session/session.h"', True),
        ("src/control/a.c", '#include "session/session.h"', False),
        ("src/control/a.c", '#include "agent/tables/table.h"', True),
        ("agent/tables/a.c", '#include "agent/master/link.h"', True),
        ("agent/serve/a.c", '#include "agent/master/link.h"', False),
        ("agent/main.c", '#include "agent/tables/table.h"', False),
        ("agent/main.c", "#include <net-snmp/net-snmp-config.h>", True),
        ("src/session/a.c", '#include "net-snmp/net-snmp-config.h"', True),
        ("agent/tables/walker.c", "#include <net-snmp/net-snmp-config.h>", True),
        ("agent/serve/handler.c", "#include <net-snmp/net-snmp-config.h>", False),
        ("agent/serve/handler.c", '#include "agent/wiring/run.h"', True),
        ("ctl/walk.c", '#include "base/text.h"', False),
        ("ctl/walk.c", '#include "protocol/lines.h"', True),
        ("ctl/doctor.h", '#include "config/config.h"', False),
        ("ctl/walk.c", '#include "agent/tables/table.h"', True),
        ("ctl/walk.c", "#include <net-snmp/net-snmp-config.h>", True),
        ("ctl/remote.c", "#include <net-snmp/net-snmp-config.h>", False),
        ("agent/main.c", '#include "ctl/call.h"', True),
    ],
)
def test_wrong_includes_finds(path, line, found):
    assert bool(wrong_includes(path, f"#include <stdint.h>\n{line}\n")) == found


@pytest.mark.parametrize(
    "text, found",
    [
        ("void init_table(void)\n", True),
        ("static struct x *snmp_value(int a)\n", True),
        ("static const char *const *agent_x(int a);\n", True),
        ("int agentx_go(void);\n", True),
        ("void table_init(void)\n", False),
        ("void initial(void)\n", False),
        ("{\n    snmp_log(LOG_ERR, x);\n    init_agent(x);\n}\n", False),
    ],
)
def test_wrong_names_finds(text, found):
    assert bool(wrong_names(text)) == found


def test_homes_of_statics_finds():
    a = "static int go(int a,\n              int b)\n{\n    stop();\n}\nvoid stop(void)\n{\n}\n"
    b = "static int go(void);\nstatic int go(void)\n{\n}\nstatic void stop(void)\n{\n}\n"
    assert homes_of_statics({"a": a, "b": b}) == {"go": ["a", "b"], "stop": ["b"]}


def test_libc_names_finds():
    text = "static int64_t pause(void)\n{\n    close(1);\n}\nvoid flush(void)\n{\n}\n"
    assert libc_names(text) == ["pause"]


def test_long_functions_finds():
    body = "    x();\n" * LONGEST_FUNCTION
    assert long_functions("int fits(void)\n{\n" + body + "}\n") == []
    assert long_functions("int large(void)\n{\n" + body + "    x();\n}\n") == [("large", LONGEST_FUNCTION + 1)]
    assert long_functions("static const int table[] = {\n" + body * 2 + "};\n") == []
