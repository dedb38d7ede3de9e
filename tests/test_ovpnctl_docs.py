"""ovpnctl's help, manual and completions name the same commands; exit statuses are documented."""

import re
import subprocess

from source import TOP, text_of

COMMANDS = dict(re.findall(r'^ +\{"([a-z]+)", ?\n?\s*"([^"]*)"', text_of("ctl/commands.c"), re.MULTILINE))


def test_commands_are_found():
    assert len(COMMANDS) >= 19 and COMMANDS["answer"] == "DAEMON [NUMBER]"


def test_manual():
    page = text_of("man/ovpnctl.1.in")
    named = {word for words in re.findall(r"^\.It Ic ([a-z][a-z ,]*[a-z])", page, re.MULTILINE)
             for word in words.split(" , ")}
    assert named - {"q", "s", "r"} == set(COMMANDS)
    statuses = re.findall(r"OUTCOME_\w+ = (\d+)", text_of("ctl/fault.h"))
    assert re.findall(r"^\.It (\d+)$", page, re.MULTILINE) == statuses


def test_bash_completion():
    script = TOP / "conf/ovpnctl.bash"

    def complete(*words):
        text = 'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _ovpnctl; ' \
               'printf "%s\\n" "${COMPREPLY[@]}"'
        done = subprocess.run(["bash", "-c", text, "bash", script, *words], check=False,
                              capture_output=True, text=True)
        assert done.stderr == ""
        return done.stdout.split()

    assert set(COMMANDS) - set(complete("ovpnctl", "")) == set()
    assert complete("ovpnctl", "-v2c", "localhost", "cert") == ["certificates"]
    assert complete("ovpnctl", "--j") == ["--json"]
    assert complete("ovpnctl", "signal", "office", "SIGH") == ["SIGHUP"]
    assert complete("ovpnctl", "kill", "") == []


def test_zsh_completion():
    text = text_of("conf/ovpnctl.zsh")
    assert re.findall(r"^        '([a-z]+):", text, re.MULTILINE) == list(COMMANDS)
