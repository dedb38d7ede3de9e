"""Prometheus and Alertmanager with the shipped files, on loopback.

The rules are the shipped ones; only the times that they wait are shorter.
"""

import json
import os
import re
import shutil
import threading
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from parts import exporter
from parts.process import Child, free_port

TOP = Path(__file__).resolve().parents[2]
SHIPPED = TOP / "integrations/prometheus"
PATIENCE = 60  # seconds until an alert has come or gone


class Receiver:
    """Takes what Alertmanager tells: the names of alerts and daemons, by what holds now."""

    def __init__(self):
        self.firing, self.resolved = set(), set()
        owner = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                for alert in told["alerts"]:
                    name = alert["labels"]["alertname"], alert["labels"].get("ovpnInstanceName", "")
                    gone = alert["status"] == "resolved"
                    (owner.resolved if gone else owner.firing).add(name)
                    (owner.firing if gone else owner.resolved).discard(name)
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.name = "receiver"
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def tail(self, _lines=0):
        return f"firing {sorted(self.firing)}, resolved {sorted(self.resolved)}"

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def ready(url):
    try:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        return opener.open(url + "/-/ready", timeout=2).status == 200
    except OSError:
        return False


class Monitoring:
    """The exporter, Prometheus and Alertmanager, with the shipped files.

    newer is an exporter of 0.23 or newer, to take instead of Debian 12's.
    """

    def __init__(self, lab, snmpd, newer=None):
        self.lab = lab
        self.auth = "openvpn" if newer else None
        self.receiver = lab.track(Receiver())
        modules = Path(os.environ["OVPN_AGENTX_BUILD"], "generated/integrations/prometheus",
                       "snmp.yml" if newer else "snmp-0.21.yml")
        self.exporter = exporter.Exporter(lab, modules, program=newer or exporter.PROGRAM,
                                          auth=self.auth).start()
        self.alertmanager = self._start("prometheus-alertmanager", self._alertmanager())
        self.prometheus = self._start("prometheus", self._prometheus(snmpd.port))

    def _alertmanager(self):
        """The shipped routes, at once, and without what one alert keeps back of others."""
        text = (SHIPPED / "alertmanager.yml").read_text()
        text = re.sub(r"group_(wait|interval): \S+", r"group_\1: 1s", text)
        text = re.sub(r"inhibit_rules:.*?\n\n", "", text, flags=re.DOTALL)
        text = re.sub(r"    email_configs:.*", f'    webhook_configs: [{{url: "{self.receiver.url}", '
                      "send_resolved: true}]", text, flags=re.DOTALL)
        self.alertmanager_port = free_port()
        return [f"--config.file={self.lab.write('alertmanager.yml', text)}",
                f"--storage.path={self.lab.make_folder('alertmanager')}", "--cluster.listen-address=",
                f"--web.listen-address=127.0.0.1:{self.alertmanager_port}"]

    def _prometheus(self, snmp_port):
        rules = (SHIPPED / "rules.yml").read_text()
        rules = re.sub(r"for: \d+m", "for: 1s", rules)
        rules = rules.replace("[10m]) > 10", "[30s]) > 1")
        self.lab.write("openvpn-rules.yml", rules)
        text = (SHIPPED / "prometheus.yml").read_text()
        for old, new in (("127.0.0.1:9116", f"127.0.0.1:{self.exporter.port}"),
                         ("127.0.0.1:9093", f"127.0.0.1:{self.alertmanager_port}"),
                         ("vpn.example.net", f"127.0.0.1:{snmp_port}")):
            assert old in text
            text = text.replace(old, new)
        if self.auth:
            assert "{module: [openvpn], auth: [openvpn]}" in text
            text = re.sub(r"(params: {module: \[\w+\])", rf"\1, auth: [{self.auth}]", text)
        text = re.sub(r"scrape_interval: \S+", "scrape_interval: 2s", text)
        text = re.sub(r"scrape_timeout: \S+", "scrape_timeout: 2s", text)
        text = "global: {evaluation_interval: 1s}\n" + text
        return [f"--config.file={self.lab.write('prometheus.yml', text)}",
                f"--storage.tsdb.path={self.lab.make_folder('tsdb')}",
                f"--web.listen-address=127.0.0.1:{free_port()}"]

    def _start(self, program, words):
        if not shutil.which(program):
            pytest.skip(f"{program} is not installed")
        child = Child(self.lab, program, [program, *words])
        child.spawn()
        url = "http://" + words[-1].partition("=")[2]
        self.lab.wait_until(lambda: ready(url), f"{program} is ready", 30)
        self.url = url
        return child

    def fires(self, alert, daemon=""):
        self.lab.wait_until(lambda: (alert, daemon) in self.receiver.firing,
                            f"{alert} {daemon} fires", PATIENCE)

    def resolves(self, alert, daemon=""):
        self.lab.wait_until(lambda: (alert, daemon) in self.receiver.resolved,
                            f"{alert} {daemon} resolves", PATIENCE)

    def ask(self, text):
        """The series that a query finds."""
        return self._fetch("query", query=text)["result"]

    def find(self, selector):
        """The labels of each series that there was."""
        return self._fetch("series", **{"match[]": selector})

    def _fetch(self, what, **words):
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        query = urllib.parse.urlencode(words)
        with opener.open(f"{self.url}/api/v1/{what}?{query}", timeout=20) as answer:
            return json.load(answer)["data"]
