"""What debian/ says, against the rest of the source; `make check-package` builds it."""

import fnmatch
import re
import subprocess
from pathlib import Path

import pytest

import container
import test_install
from source import TOP, text_of

# What debhelper and build-essential bring.
BROUGHT = {"autoconf", "automake", "gcc", "libc6-dev", "libtool", "make"}
FOR_TESTS = {"libcmocka-dev"}


def paragraphs(path):
    """The fields of each paragraph of a control file."""
    found = []
    for text in re.split(r"\n\n+", text_of(path).strip()):
        fields = re.findall(r"^([\w-]+):[ \n]*((?:.*\n?)(?:^[ \t].*\n?)*)", text, re.MULTILINE)
        found.append({name: value.strip() for name, value in fields})
    return found


def names(field):
    """The packages that a field of dependencies names."""
    return {re.split(r"[\s(<]", entry.strip(), maxsplit=1)[0] for entry in field.split(",")} - {""}


def packages():
    return [fields["Package"] for fields in paragraphs("debian/control") if "Package" in fields]


def patterns(path):
    """The paths of a list of debhelper's; it knows braces, and Python's fnmatch does not."""
    def expand(pattern):
        found = re.fullmatch(r"(.*?)\{(.*)\}(.*)", pattern)
        return [f"{found[1]}{middle}{found[3]}" for middle in found[2].split(",")] if found else [pattern]

    lines = text_of(path).splitlines() if (TOP / path).exists() else []
    return [one for line in lines if line and not line.startswith("#") for one in expand(line)]


def matches(path, pattern):
    """As in a shell: * takes no slash."""
    return fnmatch.fnmatchcase(path, pattern) and path.count("/") == pattern.count("/")


def test_version():
    version = re.search(r"^AC_INIT\(\[openvpn-agentx\], \[(.+)\]\)$", text_of("configure.ac"),
                        re.MULTILINE).group(1)
    first = text_of("debian/changelog").splitlines()[0]
    assert re.match(r"openvpn-agentx \((.+)-\d+\) ", first).group(1) == version


def test_build_dependencies():
    wanted = names(paragraphs("debian/control")[0]["Build-Depends"]) - FOR_TESTS
    wanted = {name for name in wanted if not name.startswith(("debhelper-compat", "dh-sequence-"))}
    listed = subprocess.run([TOP / "scripts/install-deps", "--list", "build"], capture_output=True,
                            text=True, check=True).stdout.split()
    assert wanted == set(listed) - BROUGHT


def test_every_installed_file_is_in_one_package():
    where = {package: patterns(f"debian/{package}.install") for package in packages()}
    where["none"] = patterns("debian/not-installed")
    for name in [*test_install.FILES, *test_install.UNITS]:
        # Debian 12 has units there.
        path = re.sub("^usr/lib/systemd/", "lib/systemd/", f"usr/{name}")
        found = [package for package, listed in where.items() for pattern in listed
                 if any(matches(part, pattern) for part in (path, *map(str, Path(path).parents)))]
        assert len(found) == 1, f"{name} is in {found}"


def test_licence_is_the_same():
    files, *_ = (fields for fields in paragraphs("debian/copyright") if "Files" in fields)
    text = files["License"].partition("\n")[2]
    assert re.sub(r"^ \.?", "", text, flags=re.MULTILINE).strip() == \
        text_of("LICENSE").split("\n\n", 2)[2].strip()


def test_containerfile():
    path = TOP / "conf/Containerfile"
    words = [word for word, _ in container.instructions(path)]
    assert words == ["FROM", "COPY", "RUN", "USER", "ENTRYPOINT"]
    assert container.runs(path) == ("openvpn-agentx", "/usr/sbin/openvpn-agentx")


@pytest.mark.parametrize("text", ["", "RUN true\n", "FROM x\nRNU true\n", "FROM x\nRUN\n", "FROM x\nRUN true \\\n"])
def test_wrong_containerfiles(tmp_path, text):
    path = tmp_path / "Containerfile"
    path.write_text(text)
    with pytest.raises(ValueError):
        container.instructions(path)
