"""Prometheus and Alertmanager on loopback: each alert fires and resolves, by doing what it is for.

The rules are the shipped ones; only the times that they wait are shorter.
"""

import json
import os
import re
import shutil
import subprocess
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from parts import exporter, openvpn
from parts.process import Child, free_port
from parts.snmp import Snmpd
from parts.view import InstanceView

TOP = Path(__file__).resolve().parents[2]
SHIPPED = TOP / "integrations/prometheus"
USER = ['createUser ovpnmonitor SHA-256 "a long password" AES "another long password"',
        "rouser ovpnmonitor authPriv"]
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
    """The exporter, Prometheus and Alertmanager, with the shipped files."""

    def __init__(self, lab, snmpd):
        self.lab = lab
        self.receiver = lab.track(Receiver())
        modules = Path(os.environ["OVPN_AGENTX_BUILD"],
                       "generated/integrations/prometheus/snmp-0.21.yml")
        self.exporter = exporter.Exporter(lab, modules).start()
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
        return child

    def fires(self, alert, daemon=""):
        self.lab.wait_until(lambda: (alert, daemon) in self.receiver.firing,
                            f"{alert} {daemon} fires", PATIENCE)

    def resolves(self, alert, daemon=""):
        self.lab.wait_until(lambda: (alert, daemon) in self.receiver.resolved,
                            f"{alert} {daemon} resolves", PATIENCE)


@pytest.fixture
def snmpd(lab, snmptrapd):
    return Snmpd(lab, sink=snmptrapd, extra=USER).start()


@pytest.fixture
def monitoring(lab, snmpd):
    return Monitoring(lab, snmpd)


def entry(name, index, daemon, **others):
    return {"name": name, "index": index, "management": daemon, "status_interval": 1, **others}


def test_a_daemon_ends_and_stands_still(lab, pki, start_agent, manager, monitoring):
    server = openvpn.server(lab, pki).start()
    agent = start_agent([entry("office", 1, server)])
    view = InstanceView(lab, manager)
    view.wait(Contact="up", State="connected")
    server.kill()
    monitoring.fires("OpenVPNContactLost", "office")
    server.start()
    monitoring.resolves("OpenVPNContactLost", "office")
    server.freeze()
    monitoring.fires("OpenVPNStatusStale", "office")
    server.thaw()
    monitoring.resolves("OpenVPNStatusStale", "office")
    agent.stop()
    monitoring.fires("OpenVPNAgentGone")
    agent.start()
    monitoring.resolves("OpenVPNAgentGone")


def test_a_client_waits_asks_and_is_down(lab, pki, start_agent, manager, monitoring):
    server = openvpn.server(lab, pki, users={"alice": "right"}).start()
    client = openvpn.client(lab, pki, server, "alice", hold=True, extra=[
        "auth-user-pass", "management-query-passwords", "ping 1", "ping-restart 5"]).start()
    start_agent([entry("branch", 2, client, allow=["hold", "passwords"])])
    InstanceView(lab, manager, 2).wait(Contact="up", HoldWaiting="true")
    monitoring.fires("OpenVPNHoldWaiting", "branch")
    # And it shall not wait again when it starts anew.
    manager.set(("ovpnControlHoldFlag.2", "i", 2))
    manager.set(("ovpnControlHoldRelease.2", "i", 2))
    monitoring.resolves("OpenVPNHoldWaiting", "branch")
    monitoring.fires("OpenVPNInputNeeded", "branch")
    answer(lab, manager, "right")
    monitoring.resolves("OpenVPNInputNeeded", "branch")
    client.wait_completed()
    server.kill()
    monitoring.fires("OpenVPNTunnelDown", "branch")
    server.start()
    monitoring.resolves("OpenVPNTunnelDown", "branch")


def answer(lab, manager, password):
    index, = {index for index, row in manager.table("ovpnRequestTable").items()
              if row["ovpnRequestStatus"] == "pending"}
    place = ".".join(map(str, index))
    manager.set((f"ovpnCredentialUsername.{place}", "s", "alice"),
                (f"ovpnCredentialPassword.{place}", "s", password))


def test_logins_fail(lab, pki, start_agent, manager, monitoring):
    server = openvpn.server(lab, pki, users={"alice": "right"}).start()
    start_agent([entry("office", 1, server)])
    InstanceView(lab, manager).wait(Contact="up", State="connected")
    words = lab.write("words", "alice\nwrong\n")
    mallory = openvpn.client(lab, pki, server, "mallory", extra=[
        f"auth-user-pass {words}", "auth-retry nointeract"]).start()
    monitoring.fires("OpenVPNLoginsRejected", "office")
    mallory.kill()
    monitoring.resolves("OpenVPNLoginsRejected", "office")


def test_a_server_is_full(lab, pki, start_agent, manager, monitoring):
    server = openvpn.server(lab, pki, extra=["max-clients 1"]).start()
    start_agent([entry("office", 1, server, openvpn_config=server.config)])
    InstanceView(lab, manager).wait(Contact="up", ClientsMax=1)
    alice = openvpn.client(lab, pki, server, "alice").start()
    monitoring.fires("OpenVPNClientsNearMax", "office")
    alice.stop()
    monitoring.resolves("OpenVPNClientsNearMax", "office")


def test_a_certificate_ends(lab, pki, start_agent, manager, monitoring):
    server = openvpn.server(lab, pki).start()
    config = lab.write("office.conf", "server 10.8.0.0 255.255.255.0\ncert server.crt\n")

    def make(*words):
        path = lab.path("made.crt")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:prime256v1", "-noenc", "-subj", "/CN=server", *words,
                        "-keyout", lab.path("server.key"), "-out", path],
                       check=True, capture_output=True, timeout=30)
        os.replace(path, lab.path("server.crt"))

    make("-days", "5")
    start_agent([entry("office", 1, server, openvpn_config=config)])
    InstanceView(lab, manager).wait(Contact="up", ConfigError="")
    monitoring.fires("OpenVPNCertificateExpires", "office")
    make("-days", "300")
    monitoring.resolves("OpenVPNCertificateExpires", "office")


def test_a_status_is_cut(lab, start_fake, start_agent, manager, monitoring):
    """With client_max, which leaves rows out as a cut status does."""
    fake = start_fake("office", mode="server")
    with fake.script() as server:
        server.add_clients(3)
    start_agent([entry("office", 1, fake, client_max=2)])
    InstanceView(lab, manager).wait(Contact="up", StatusComplete="false")
    monitoring.fires("OpenVPNStatusCut", "office")
    with fake.script() as server:
        server.remove_clients(server.clients[:2])
    monitoring.resolves("OpenVPNStatusCut", "office")
