"""The files of the project, for the tests that read the source."""

from pathlib import Path

TOP = Path(__file__).resolve().parent.parent

# Not a walk from the top: in a tarball or after a build other files stand there too.
FOLDERS = [".ci", "agent", "conf", "ctl", "debian", "doc", "integrations", "m4", "man", "mib", "scripts",
           "src", "tests"]
FILES = [
    ".clang-format",
    ".clang-tidy",
    ".editorconfig",
    "CHANGELOG.md",
    "LICENSE",
    "Makefile.am",
    "README.md",
    "autogen.sh",
    "configure.ac",
]
# In a built tree: what libtoolize copies, compiled Python, and what the compiler leaves.
MADE = {"m4/libtool.m4", "m4/ltoptions.m4", "m4/ltsugar.m4", "m4/ltversion.m4", "m4/lt~obsolete.m4"}
MADE_SUFFIXES = {".la", ".lo", ".log", ".o", ".pyc", ".trs"}


def is_made(path):
    """Whether path, relative to the top, is the product of some tool."""
    parts = path.parts
    return (
        str(path) in MADE
        or path.suffix in MADE_SUFFIXES
        or path.name == ".dirstamp"
        or not {"__pycache__", ".deps", ".libs", ".pytest_cache"}.isdisjoint(parts)
        or (parts[:2] in (("tests", "unit"), ("tests", "fuzz")) and not path.suffix)
    )


def all_files():
    """All files that people write, relative to the top, sorted."""
    found = [Path(name) for name in FILES if (TOP / name).is_file()]
    for folder in FOLDERS:
        found += [path.relative_to(TOP) for path in (TOP / folder).rglob("*") if path.is_file()]
    return sorted(path for path in found if not is_made(path))


def c_files(*folders):
    """The .c and .h files below the folders, relative to the top."""
    return [
        path
        for path in all_files()
        if path.suffix in (".c", ".h") and any(path.is_relative_to(folder) for folder in folders)
    ]


def text_of(path):
    return (TOP / path).read_text(encoding="utf-8")
