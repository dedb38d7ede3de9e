"""That the program is built with what configure found for hardening.  For an optimised build without
sanitizers: `make check-hardening`."""

import os
import re
import shutil
import subprocess

import pytest

PROGRAM = os.environ["OVPN_AGENTX_BIN"]
SOFT = ["-no-pie", "-fno-pie", "-fno-stack-protector", "-U_FORTIFY_SOURCE",
        "-Wl,-z,norelro", "-Wl,-z,lazy", "-Wl,-z,execstack", "-Wl,-rpath,/tmp"]
SOFT_SOURCE = """
#include <stdio.h>
int main(int argc, char **argv)
{
    char text[16];
    return snprintf(text, sizeof(text), "%s%d", argv[0], argc) < 0;
}
"""


def readelf(program, *options):
    return subprocess.run(
        ["readelf", "--wide", *options, str(program)], check=True, capture_output=True, text=True,
        env={**os.environ, "LC_ALL": "C"}).stdout


def imports(program):
    """Names that the program takes from libraries."""
    found = re.findall(r" UND (\w+)", readelf(program, "--dyn-syms"))
    assert found
    return found


def segments(program):
    """(type, flags) of each program header."""
    found = re.findall(r"^  (\w+) +(?:0x\w+ +){5}([RWE ]{3}) ", readelf(program, "--segments"),
                       re.MULTILINE)
    assert found
    return found


def position_independent(program):
    return (re.search(r"Type: +DYN", readelf(program, "--file-header")) is not None
            and re.search(r"FLAGS_1.*\bPIE\b", readelf(program, "--dynamic")) is not None)


def bound_at_start(program):
    return re.search(r"\(FLAGS(_1)?\).*\b(BIND_)?NOW\b", readelf(program, "--dynamic")) is not None


def tables_read_only(program):
    return any(kind == "GNU_RELRO" for kind, _ in segments(program))


def stack_not_executable(program):
    return any(kind == "GNU_STACK" and "E" not in flags for kind, flags in segments(program))


def nothing_writable_and_executable(program):
    return not any("W" in flags and "E" in flags for _, flags in segments(program))


def stack_protected(program):
    return "__stack_chk_fail" in imports(program)


def library_calls_checked(program):
    return any(name.startswith("__") and name.endswith("_chk") for name in imports(program))


def no_path_of_its_own(program):
    return re.search(r"\((RPATH|RUNPATH|TEXTREL)\)", readelf(program, "--dynamic")) is None


CHECKS = [position_independent, bound_at_start, tables_read_only, stack_not_executable,
          nothing_writable_and_executable, stack_protected, library_calls_checked,
          no_path_of_its_own]


@pytest.fixture(scope="module")
def soft_program(tmp_path_factory):
    """A program with none of it."""
    compiler = shutil.which("gcc")
    if not compiler:
        pytest.skip("no gcc")
    folder = tmp_path_factory.mktemp("soft")
    (folder / "soft.c").write_text(SOFT_SOURCE, encoding="utf-8")
    subprocess.run([compiler, *SOFT, "-o", folder / "soft", folder / "soft.c"], check=True)
    return folder / "soft"


@pytest.mark.parametrize("check", CHECKS)
def test_program(check):
    assert check(PROGRAM)


@pytest.mark.parametrize("check", CHECKS)
def test_check_finds(check, soft_program):
    assert not check(soft_program)
