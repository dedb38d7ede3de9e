"""ovpnctl's help, manual and completions name the same commands; exit statuses are documented."""

import os
import re
import shutil
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


# Puts all matches of a line into it, says what became of it, and ends.
ZSHRC = """
fpath=($ZDOTDIR $fpath)
autoload -Uz compinit && compinit -u -D
every_match() { _main_complete "$@"; compstate[insert]=all; unset 'compstate[list]' }
zle -C every-match complete-word every_match
zle-line-init() {
    BUFFER=$LINE CURSOR=$#LINE
    zle every-match
    print -r -- $BUFFER >$SAID
    exit
}
zle -N zle-line-init
"""
LISTS = "#!/bin/sh\n[ \"$*\" = '-v2c localhost --csv status' ] && printf 'index,daemon\\n1,office\\n2,$(id)\\n'\n"


def test_zsh_completion(tmp_path):
    """By a shell on a terminal, which asks an ovpnctl that has two daemons."""
    (tmp_path / ".zshrc").write_text(ZSHRC, encoding="utf-8")
    (tmp_path / "ovpnctl").write_text(LISTS, encoding="utf-8")
    (tmp_path / "ovpnctl").chmod(0o755)
    shutil.copy(TOP / "conf/ovpnctl.zsh", tmp_path / "_ovpnctl")

    def complete(line):
        said = tmp_path / "said"
        subprocess.run(["script", "--quiet", "--command", "zsh --no-globalrcs -i", "/dev/null"],
                       check=False, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=60,
                       env={**os.environ, "ZDOTDIR": str(tmp_path), "LINE": line, "SAID": str(said),
                            "PATH": f"{tmp_path}:{os.environ['PATH']}", "TERM": "dumb"})
        return said.read_text(encoding="utf-8").split()

    assert set(COMMANDS) - set(complete("ovpnctl ")) == set()
    assert complete("ovpnctl -v2c localhost cert")[3:] == ["certificates"]
    assert complete("ovpnctl --j") == ["ovpnctl", "--json"]
    assert complete("ovpnctl signal office SIGH")[3:] == ["SIGHUP"]
    assert complete("ovpnctl hold office ")[3:] == ["off", "on"]
    assert complete("ovpnctl -v2c localhost verb ")[4:] == ["office"]
    assert complete("ovpnctl kill ") == ["ovpnctl", "kill"]


def test_zsh_completion_names_all_commands():
    text = text_of("conf/ovpnctl.zsh")
    assert re.findall(r"^        '([a-z]+):", text, re.MULTILINE) == list(COMMANDS)
