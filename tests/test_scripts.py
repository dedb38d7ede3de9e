"""The scripts around the build."""

import subprocess

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
    for script in ("demo", "install-deps"):
        done = run(TOP / "scripts" / script, "--hlep", status=1)
        assert done.stderr.startswith(f"usage: scripts/{script} ")
    run(TOP / "scripts/copy-source", "/nonexistent", status=1)


def test_install_deps_lists():
    """Each list has the one before."""
    build, demo, test = (set(run(TOP / "scripts/install-deps", "--list", word).stdout.split())
                         for word in ("build", "demo", "test"))
    assert build < demo < test
    assert "gcc" in build and "openvpn" in demo and "valgrind" in test
