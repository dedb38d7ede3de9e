"""Debian's prometheus-snmp-exporter: a manager in Go.

Its service, which the package may start, has nothing to do with this one.
"""

import json
import re
import shutil
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass

from parts.process import Child, free_port
from parts.snmp import COMMUNITY

PROGRAM = "prometheus-snmp-exporter"

# An exporter's type for the base type of the module; other text is shown by DisplayString.
_NUMBERS = {"Counter32": "counter", "Counter64": "counter", "Gauge32": "gauge",
            "Unsigned32": "gauge", "Integer32": "gauge", "INTEGER": "gauge", "TimeTicks": "gauge"}

_METRIC = re.compile(r'^(\w+)(?:\{(.*)\})? (\S+)$', re.MULTILINE)
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


def available():
    return shutil.which(PROGRAM) is not None


def dotted(oid):
    return ".".join(map(str, oid))


def settings(module, columns):
    """An exporter's file with a module for columns of tests/mib/compiled.py; JSON is YAML too."""
    metrics = [{
        "name": column.name, "oid": dotted(column.oid), "help": column.name,
        "type": _NUMBERS.get(column.syntax.base, "DisplayString"),
        "indexes": [{"labelname": name, "type": "gauge"} for name in column.indexes],
    } for column in columns]
    tables = sorted({column.oid[:-2] for column in columns})
    return json.dumps({module: {
        "walk": [dotted(oid) for oid in tables], "metrics": metrics, "version": 2,
        "max_repetitions": 25, "retries": 0, "timeout": "5s", "auth": {"community": COMMUNITY}}})


@dataclass
class Sample:
    name: str
    labels: dict
    value: float


class Exporter(Child):
    """Serves on a port of 127.0.0.1, with the modules of a file; auth names a part of it, since 0.23."""

    def __init__(self, lab, configuration, name="exporter", program=PROGRAM, auth=None):
        self.port = free_port()
        self.auth = {"auth": auth} if auth else {}
        super().__init__(lab, name, [program, f"--config.file={configuration}",
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

    def scrape(self, module, snmp_port):
        """The samples of ours."""
        query = urllib.parse.urlencode({"module": module, "target": f"127.0.0.1:{snmp_port}", **self.auth})
        return [Sample(name, {label: _plain(text) for label, text in _LABEL.findall(labels)},
                       float(value))
                for name, labels, value in _METRIC.findall(self._fetch("/snmp?" + query))
                if name.startswith("ovpn")]


def by_index(samples, columns):
    """{(column, index): value} of samples with labels for the index: numbers as int, text as str."""
    known = {column.name: column for column in columns}
    found = {}
    for sample in samples:
        index = tuple(int(sample.labels[label]) for label in known[sample.name].indexes)
        found[sample.name, index] = sample.labels.get(sample.name, int(sample.value))
    return found


def _plain(text):
    return re.sub(r"\\(.)", lambda match: {"n": "\n"}.get(match[1], match[1]), text)
