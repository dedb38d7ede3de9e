"""The scripts around the build."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

import base_mibs
from source import TOP, all_files


def run(*words, status=0):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stderr
    return done


def test_copy_source_copies_all(tmp_path):
    run(TOP / "scripts/copy-source", tmp_path)
    assert [str(path) for path in all_files() if not (tmp_path / path).exists()] == []
    assert not (tmp_path / ".git").exists()


def test_copy_source_without_git_leaves_out_what_was_made(tmp_path):
    """As in a release that somebody has unpacked and built in place."""
    release, copy = tmp_path / "release", tmp_path / "copy"
    for folder in (release, copy):
        folder.mkdir()
    run(TOP / "scripts/copy-source", release)
    made = ["config.status", "Makefile", "openvpn-agentx", "src/base/text.o", "generated/x",
            "src/base/.libs/text.o", "build-check/x", "build-demo/x"]
    shipped = ["configure", "Makefile.in", "build-aux/compile", "src/base/text.c"]
    for name in [*made, *shipped]:
        path = release / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    run(release / "scripts/copy-source", copy)
    assert [name for name in made if (copy / name).exists()] == []
    assert [name for name in shipped if not (copy / name).exists()] == []


def test_wrong_words():
    for script in ("scripts/demo", "scripts/install-deps", "scripts/package"):
        assert run(TOP / script, "--hlep", status=1).stderr.startswith(f"usage: {script} ")
    # It is installed, too.
    assert run(TOP / "scripts/base-mibs", "--hlep", status=1).stderr.startswith("usage: base-mibs ")
    assert run(TOP / "scripts/newer-debian", "--hlep", status=1).stderr.startswith("usage: newer-debian ")
    run(TOP / "scripts/copy-source", "/nonexistent", status=1)


def test_install_deps_lists():
    """Each list has the one before."""
    build, demo, test = (set(run(TOP / "scripts/install-deps", "--list", word).stdout.split())
                         for word in ("build", "demo", "test"))
    assert build < demo < test
    assert "gcc" in build and "openvpn" in demo and "valgrind" in test
    assert [package for package in test if package.startswith("erlang")] == []


# They start nothing that listens, and belong to every system.
HARMLESS = {"iproute2", "procps", "systemd", "util-linux"}


@pytest.mark.parametrize("stage, variable", [("test", "services"), ("nms", "nms_services")])
def test_install_deps_knows_the_services_that_it_brings(stage, variable):
    """What a package switches on at its installation is switched off again."""
    text = (TOP / "scripts/install-deps").read_text(encoding="utf-8")
    known = set(re.search(rf"^{variable}='([^']*)'$", text, re.MULTILINE).group(1).split())
    packages = set(run(TOP / "scripts/install-deps", "--list", stage).stdout.split()) - HARMLESS
    if stage == "nms":
        packages -= set(run(TOP / "scripts/install-deps", "--list", "test").stdout.split())
        packages |= {"php-common", "postgresql-common"}  # which others need
        if not shutil.which("zabbix_server"):
            pytest.skip("zabbix-server-pgsql is not installed")
    found = set()
    for package in packages:
        for path in map(Path, run("dpkg", "--listfiles", package).stdout.splitlines()):
            if path.parent.name == "system" and path.suffix in (".service", ".socket", ".timer") \
                    and "@" not in path.name and "[Install]" in path.read_text(encoding="utf-8"):
                found.add(path.name)
    assert found and found == known


def test_base_mibs_leaves_a_full_folder_alone(tmp_path):
    """It would need the network."""
    (tmp_path / "SNMPv2-SMI.mib").touch()
    run(TOP / "scripts/base-mibs", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["SNMPv2-SMI.mib"]


def test_base_modules_are_the_ones_that_the_module_imports():
    text = (TOP / "mib/OPENVPN-MANAGEMENT-MIB.txt").read_text(encoding="ascii")
    imported = re.findall(r"FROM\s+([\w-]+)", text.partition("IMPORTS")[2].partition(";")[0])
    there = {path.stem for path in base_mibs.folder().iterdir()}
    assert set(imported) - there == set()
    assert [name for name in there if name.startswith(("OTP", "RFC"))] == []
