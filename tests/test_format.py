"""Format of the files: .clang-format, .editorconfig, and what shellcheck says of the scripts."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from source import TOP, all_files, c_files

CLANG_FORMAT_VERSION = 14  # others break lines in other places


def clang_format():
    """The program of the right version, or the reason why there is none."""
    for name in (f"clang-format-{CLANG_FORMAT_VERSION}", "clang-format"):
        program = shutil.which(name)
        if program:
            said = subprocess.run([program, "--version"], capture_output=True, text=True).stdout
            if re.search(rf"version {CLANG_FORMAT_VERSION}\.", said):
                return program
    pytest.skip(f"no clang-format {CLANG_FORMAT_VERSION}")


def is_capture(path):
    """Bytes of somebody else, kept as they were, or a picture."""
    return path.suffix == ".png" or path.is_relative_to("tests/fuzz/corpus") or (
        path.is_relative_to("tests/captures") and path.suffix in (".raw", ".txt")
    )


def faults(path, content):
    """What is wrong with the bytes of a file, by the rules of .editorconfig."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return ["not UTF-8"]
    found = []
    if "\r" in text:
        found.append("a carriage return")
    if "\t" in text and path.suffix not in (".am", ".go", ".mk") and path != Path("debian/rules"):
        found.append("a tab")
    if path.suffix != ".txt":
        if re.search(r"[ \t]$", text, re.MULTILINE):
            found.append("space at a line's end")
        if text and not text.endswith("\n"):
            found.append("no newline at the end")
        if text.endswith("\n\n"):
            found.append("an empty line at the end")
    return found


TEXTS = [path for path in all_files() if not is_capture(path)]


def is_shell(path):
    if path.suffix == ".sh":
        return True
    with open(TOP / path, "rb") as file:
        return re.match(rb"#! ?/(usr/)?bin/(env )?(ba|da)?sh\b", file.readline()) is not None


def test_files_are_found():
    assert len(TEXTS) > 20


def test_bytes():
    found = {str(path): faults(path, (TOP / path).read_bytes()) for path in TEXTS}
    assert {path: wrong for path, wrong in found.items() if wrong} == {}


def test_c_format():
    files = [str(path) for path in c_files("src", "agent", "ctl", "tests")]
    assert files
    run = subprocess.run(
        [clang_format(), "--dry-run", "-Werror", "--style=file", *files],
        cwd=TOP,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr


def test_shell():
    if not shutil.which("shellcheck"):
        pytest.skip("no shellcheck")
    scripts = [str(path) for path in TEXTS if is_shell(path)]
    assert scripts
    run = subprocess.run(["shellcheck", *scripts], cwd=TOP, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout


@pytest.mark.parametrize(
    "name, content, count",
    [
        ("a.c", b"int a;\n", 0),
        ("a.c", b"", 0),
        ("a.c", b"\tint a;\n", 1),
        ("a.c", b"int a; \n", 1),
        ("a.c", b"int a;", 1),
        ("a.c", b"int a;\n\n", 1),
        ("a.c", b"int a;\r\n", 1),
        ("a.c", b"\xff\n", 1),
        ("a.am", b"\tx\n", 0),
        ("debian/rules", b"\tx\n", 0),
        ("a.txt", b"x ", 0),
    ],
)
def test_faults_finds(name, content, count):
    assert len(faults(Path(name), content)) == count
