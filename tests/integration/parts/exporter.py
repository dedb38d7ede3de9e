"""Debian's prometheus-snmp-exporter: a manager in Go, with a configuration of the test's own.

Its service, which the package may start, has nothing to do with this one.
"""

import json
import re
import shutil
import urllib.error
import urllib.parse
import urllib.request

from parts.process import Child, free_port
from parts.snmp import COMMUNITY

PROGRAM = "prometheus-snmp-exporter"
MODULE = "openvpn"

# An exporter's type for the base type of the module; other text is shown by DisplayString.
_NUMBERS = {"Counter32": "counter", "Counter64": "counter", "Gauge32": "gauge",
            "Unsigned32": "gauge", "Integer32": "gauge", "INTEGER": "gauge", "TimeTicks": "gauge"}

_METRIC = re.compile(r'^(\w+)\{(.*)\} (\S+)$', re.MULTILINE)
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


def available():
    return shutil.which(PROGRAM) is not None


def dotted(oid):
    return ".".join(map(str, oid))


def settings(columns):
    """The exporter's file for columns of tests/mib/compiled.py; JSON is YAML too."""
    metrics = [{
        "name": column.name, "oid": dotted(column.oid), "help": column.name,
        "type": _NUMBERS.get(column.syntax.base, "DisplayString"),
        "indexes": [{"labelname": name, "type": "gauge"} for name in column.indexes],
    } for column in columns]
    tables = sorted({column.oid[:-2] for column in columns})
    return json.dumps({MODULE: {
        "walk": [dotted(oid) for oid in tables], "metrics": metrics, "version": 2,
        "max_repetitions": 25, "retries": 0, "timeout": "5s", "auth": {"community": COMMUNITY}}})


class Exporter(Child):
    """Serves on a port of 127.0.0.1."""

    def __init__(self, lab, columns, name="exporter"):
        self.columns = columns
        self.port = free_port()
        configuration = lab.write(name + ".yml", settings(columns))
        super().__init__(lab, name, [PROGRAM, f"--config.file={configuration}",
                                     f"--web.listen-address=127.0.0.1:{self.port}"])

    def start(self):
        self.spawn()
        self.lab.wait_until(self._answers, "the exporter answers")
        return self

    def _answers(self):
        assert self.alive, self.tail()
        try:
            return bool(self._fetch("/"))
        except urllib.error.URLError:
            return False

    def _fetch(self, path):
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"http://127.0.0.1:{self.port}{path}", timeout=20) as answer:
            return answer.read().decode()

    def scrape(self, snmp_port):
        """{(column, index): value}: numbers as int, text as str."""
        query = urllib.parse.urlencode({"module": MODULE, "target": f"127.0.0.1:{snmp_port}"})
        known = {column.name: column for column in self.columns}
        found = {}
        for name, labels, value in _METRIC.findall(self._fetch("/snmp?" + query)):
            if name not in known:
                continue
            words = {label: _plain(text) for label, text in _LABEL.findall(labels)}
            index = tuple(int(words[label]) for label in known[name].indexes)
            found[name, index] = words[name] if name in words else int(float(value))
        return found


def _plain(text):
    return re.sub(r"\\(.)", lambda match: {"n": "\n"}.get(match[1], match[1]), text)
