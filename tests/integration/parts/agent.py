"""The agent under test."""

import os
import shlex
import shutil
import signal

from parts.process import Child

VARIABLE = "OVPN_AGENTX_BIN"


def program():
    """The binary's path, or None."""
    return os.environ.get(VARIABLE)


def libconfig(value, depth=0):
    """A python value in libconfig syntax: dict is a group, list a list, tuple an array."""
    pad = "  " * (depth + 1)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, str):
        return _quote(value)
    if isinstance(value, tuple):
        return "[ " + ", ".join(libconfig(item) for item in value) + " ]"
    if isinstance(value, list):
        items = ",\n".join(pad + libconfig(item, depth + 1) for item in value)
        return f"(\n{items}\n{pad[2:]})"
    lines = [f"{pad}{key} = {libconfig(item, depth + 1)};" for key, item in value.items()]
    return "{\n" + "\n".join(lines) + f"\n{pad[2:]}}}"


def settings(value):
    """A whole configuration file from a dict."""
    return "".join(f"{key} = {libconfig(item)};\n" for key, item in value.items())


def _quote(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


class Agent(Child):
    """openvpn-agentx in the foreground, log level debug.

    instances are dicts with the keys of the configuration file; allow and notify may be lists.
    An instance's `management` may be a part that has an `endpoint`.  wrapper comes before the
    program, e.g. valgrind and its options; the default is the words in OVPN_AGENTX_WRAPPER.
    snmpd is the master agent, its address, or an Alone, with which there is none.
    identity is a pair of user and group number to run as, which takes root.  With lean an
    address sanitizer keeps little freed memory, so that the agent's memory can be judged.
    With library_leaks what libnetsnmp allocates is not looked at: 5.9.3 loses some when memory is
    out.
    state_dir is the folder of its memory; by default it has none.
    starved makes it one in which allocations fail: tests/unit/starved.c has the words.
    """

    def __init__(self, lab, snmpd, instances, name="agent", wrapper=None, options=(),
                 identity=None, lean=False, library_leaks=False, starved="", state_dir=""):
        self.alone = snmpd if hasattr(snmpd, "settings") else None
        self.agentx = snmpd.agentx if hasattr(snmpd, "agentx") else snmpd
        self._file = name + ".conf"
        self.state_dir = state_dir
        binary = program()
        assert binary, f"{VARIABLE} names the agent's binary"
        if starved:
            binary = os.path.join(os.environ["OVPN_AGENTX_BUILD"], "tests/unit/starved")
        self.config = lab.path(self._file)
        if wrapper is None:
            wrapper = shlex.split(os.environ.get("OVPN_AGENTX_WRAPPER", ""))
        self.identity = identity
        sanitizer = []
        if lean:
            sanitizer += ["quarantine_size_mb=1", "thread_local_quarantine_size_kb=64"]
        if identity:
            # Others must be able to run it, and its leak check may not look into itself.
            binary = shutil.copy(binary, lab.path(name + "-program"))
            sanitizer.append("detect_leaks=0")
            self.privileges = [f"--reuid={identity[0]}", f"--regid={identity[1]}",
                               "--clear-groups", "--inh-caps=-all", "--no-new-privs"]
        super().__init__(lab, name, [*wrapper, binary, "-c", self.config, "-l", "debug", *options],
                         {**_environment(sanitizer, library_leaks and lab),
                          **getattr(snmpd, "for_agents", {}), "STARVED": starved})
        self.configure(instances)

    def configure(self, instances):
        """Writes the configuration; a running agent does not see it before reload()."""
        entries = [{key: _setting(key, item) for key, item in entry.items()} for entry in instances]
        top = (self.alone.settings() if self.alone
               else {"agentx": self.agentx, "state_dir": self.state_dir})
        self.write(settings({**top, "instances": entries}))

    def write(self, text):
        """Makes this text the configuration file."""
        self.lab.write(self._file, text)
        if self.identity:
            os.chown(self.config, *self.identity)

    def start(self):
        self.spawn()
        if self.alone:
            self.alone.wait()
        return self

    def reload(self, instances=None):
        if instances is not None:
            self.configure(instances)
        self.signal(signal.SIGHUP)


def _environment(address_words, leaks_lab):
    """What tells the sanitizers, when there are any."""
    made = {}
    if address_words:
        made["ASAN_OPTIONS"] = _joined("ASAN_OPTIONS", *address_words)
    if leaks_lab:
        file = leaks_lab.write("suppressions", "leak:libnetsnmp.so\n")
        made["LSAN_OPTIONS"] = _joined("LSAN_OPTIONS", f"suppressions={file}",
                                       "print_suppressions=0")
    return made


def _joined(variable, *words):
    return ":".join([*filter(None, [os.environ.get(variable)]), *words])


def _setting(key, value):
    if key == "management" and hasattr(value, "endpoint"):
        return value.endpoint
    return tuple(value) if key in ("allow", "notify") else value
