"""Reads every capture in tests/captures with the protocol layer.

The decoder (tests/unit/decode.c, its path in OVPN_DECODE) must give the same as the second reader
(tests/captures/reference.py), must agree with what was read from the bytes
(tests/captures/expectations.toml), and must not care how the bytes are cut.
"""

import os
import subprocess
import sys
import tomllib
from functools import lru_cache
from pathlib import Path

import pytest

CAPTURES = Path(__file__).parent / "captures"
sys.path.insert(0, str(CAPTURES))

import facts  # noqa: E402
import framing  # noqa: E402
import reference  # noqa: E402

EXPECTED = tomllib.loads((CAPTURES / "expectations.toml").read_text())
PIECES = (1, 2, 3, 7, 18, 256, 1000)

every_capture = pytest.mark.parametrize("name", EXPECTED)


def run_decoder(*arguments):
    decoder = os.environ.get("OVPN_DECODE")
    if not decoder:
        pytest.fail("OVPN_DECODE must name the decoder")
    done = subprocess.run(
        [decoder, *map(str, arguments)],
        env={**os.environ, "TZ": "UTC"},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout.decode("ascii").splitlines()


@lru_cache(maxsize=None)
def decoded(name):
    return run_decoder(CAPTURES / f"{name}.txt")


def test_every_capture_is_expected():
    files = {str(path.relative_to(CAPTURES).with_suffix("")) for path in CAPTURES.rglob("*.txt")}
    assert files == set(EXPECTED)


@every_capture
def test_raw_is_what_was_received(name):
    capture = framing.read(CAPTURES / f"{name}.txt")
    assert (CAPTURES / f"{name}.raw").read_bytes() == framing.received(capture)


@every_capture
def test_counts(name):
    pairs = (pair.split() for pair in EXPECTED[name]["counts"].split(", "))
    expected = {kind: int(count) for kind, count in pairs}
    assert facts.raw_counts_of((CAPTURES / f"{name}.raw").read_bytes()) == expected
    assert facts.counts_of(decoded(name)) == expected


@every_capture
def test_facts(name):
    expected = {key: fact for key, fact in EXPECTED[name].items() if key not in ("counts", "lines")}
    assert facts.facts_of(decoded(name)) == expected


@every_capture
def test_lines(name):
    rest = iter(decoded(name))
    for line in EXPECTED[name].get("lines", "").splitlines():
        assert line in rest, f"missing, or in another order: {line}"


@every_capture
def test_second_reader_agrees(name):
    assert decoded(name) == reference.decode(CAPTURES / f"{name}.txt")


@every_capture
@pytest.mark.parametrize("piece", PIECES)
def test_pieces(name, piece):
    assert run_decoder("--piece", piece, CAPTURES / f"{name}.txt") == decoded(name)
