"""collectd, MRTG and munin of Debian read the real agent with the shipped files, as the SHA user.

And the plugin for Checkmk, which Debian does not have: see parts/checkmk.py.
"""

import os
import re
import shutil
import subprocess

import pytest

from parts import checkmk
from parts.pollers import Site, shipped
from parts.process import Child


@pytest.fixture
def site(lab, start_fake, start_agent):
    return Site(lab, start_fake, start_agent)


def text_of(*names):
    with open(shipped(*names), encoding="utf-8") as file:
        return file.read()


def replaced(text, *pairs):
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new)
    return text


def run(*words, **options):
    done = subprocess.run([str(word) for word in words], text=True, capture_output=True, check=False, timeout=60,
                          **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


class Collectd(Child):
    """With the shipped file, and values as files of comma-separated values."""

    def __init__(self, lab, port):
        self.values = lab.path("csv/vpn.example.net")
        text = replaced(text_of("collectd", "openvpn.conf"),
                        ('Address "vpn.example.net"', f'Address "127.0.0.1:{port}"'), ("Interval 60", "Interval 1"))
        configuration = lab.write("collectd.conf", "\n".join([
            f'BaseDir "{lab.make_folder("collectd")}"', f'PIDFile "{lab.path("collectd.pid")}"',
            'TypesDB "/usr/share/collectd/types.db"', 'Hostname "nms"', "Interval 1", "LoadPlugin csv",
            f'<Plugin csv>\n  DataDir "{lab.path("csv")}"\n</Plugin>', text]))
        super().__init__(lab, "collectd", ["/usr/sbin/collectd", "-f", "-C", configuration],
                         {"SNMP_PERSISTENT_DIR": lab.make_folder("collectd-snmp"), "MIBS": ""})

    def names(self):
        found = set()
        for folder, _, files in os.walk(self.values):
            # At the end of each stands the date.
            found |= {os.path.join(os.path.relpath(folder, self.values), re.sub(r"-\d{4}-\d\d-\d\d$", "", name))
                      for name in files}
        return found

    def lines(self, name):
        folder, name = os.path.split(os.path.join(self.values, name))
        file, = (entry for entry in os.listdir(folder) if re.fullmatch(name + r"-\d{4}-\d\d-\d\d", entry))
        with open(os.path.join(folder, file), encoding="utf-8") as lines:
            return [line.strip().split(",")[1:] for line in list(lines)[1:]]


def test_collectd(lab, site):
    if not os.path.exists("/usr/sbin/collectd"):
        pytest.skip("collectd-core is not installed")
    collectd = Collectd(lab, site.port)
    collectd.spawn()
    # Of branch nobody knows octets and clients.
    wanted = {"openvpn-office/if_octets", "openvpn-office/users", "openvpn-office/gauge-contact",
              "openvpn-office/gauge-state", "openvpn-office/derive-rejected", "openvpn-office/if_octets-alice",
              "openvpn-office/if_octets-carol", "openvpn-office/users-alice", "openvpn-office/users-carol",
              "openvpn-branch/gauge-contact", "openvpn-branch/gauge-state", "openvpn-branch/derive-rejected"}
    lab.wait_until(lambda: collectd.names() >= wanted, lambda: f"{wanted - collectd.names()} are there", 30)
    assert collectd.names() == wanted
    assert float(collectd.lines("openvpn-office/users-alice")[0][0]) == 1
    assert float(collectd.lines("openvpn-office/users-carol")[0][0]) == 0
    assert float(collectd.lines("openvpn-office/gauge-contact")[0][0]) == 5
    # Without contact there are no numbers, not old ones and not 0.
    site.lose_office()
    lab.wait_until(lambda: float(collectd.lines("openvpn-office/gauge-contact")[-1][0]) != 5, "it shows")
    count = len(collectd.lines("openvpn-office/users"))
    contacts = len(collectd.lines("openvpn-office/gauge-contact"))
    lab.wait_until(lambda: len(collectd.lines("openvpn-office/gauge-contact")) > contacts + 2, "rounds")
    assert len(collectd.lines("openvpn-office/users")) <= count + 1


def test_mrtg(lab, site):
    if not shutil.which("mrtg"):
        pytest.skip("mrtg is not installed")
    index, = (index for index, row in site.manager.table("ovpnUserTable").items()
              if row["ovpnUserName"] == "alice")
    www = lab.make_folder("www")
    text = replaced(text_of("mrtg", "openvpn.cfg"), ("@vpn.example.net::", f"@127.0.0.1:{site.port}:"),
                    (".1.1795625300", "." + ".".join(map(str, index))), ("/var/www/html/mrtg", www))
    configuration = lab.write("mrtg.cfg", text)
    said = run("mrtg", "--lock-file", lab.path("mrtg.lock"), "--confcache-file", lab.path("mrtg.ok"), configuration,
               env={**os.environ, "LANG": "C", "LC_ALL": "C"})
    assert "ERROR" not in said

    def last(target):
        """What MRTG has read last: in and out."""
        with open(os.path.join(www, target + ".log"), encoding="ascii") as file:
            return [int(word) for word in file.readline().split()[1:]]

    view = site.view
    assert last("openvpn-office-traffic") == view.get("BytesIn", "BytesOut")
    assert last("openvpn-office-clients") == [1, 0]
    assert last("openvpn-office-alice") == [1500, 5000000000]
    assert os.path.exists(os.path.join(www, "openvpn-office-alice.html"))


MUNIN_ENVIRONMENT = {"version": "3", "v3username": "ovpnsha", "v3authpassword": "a long password",
                     "v3authprotocol": "sha", "v3privpassword": "another long password", "v3privprotocol": "aes"}


@pytest.fixture
def munin(lab, site):
    """munin(graph, *words) runs the plugin in munin-run, and returns {field: value} of its lines."""
    if not os.path.exists("/usr/sbin/munin-run"):
        pytest.skip("munin-node is not installed")
    plugins, settings = lab.make_folder("plugins"), lab.make_folder("plugin-conf.d")
    page = text_of("munin", "README.md")
    # As the page has it, with this host's name.
    section = re.search(r"^ +\[snmpv3_\*_openvpn_\*\]\n(?: +env\..*\n)+", page, re.MULTILINE).group()
    section = replaced(re.sub(r"^ +", "", section, flags=re.MULTILINE), ("[snmpv3_*_openvpn_*]\n", "[snmpv3_*]\n"))
    lab.write("plugin-conf.d/openvpn", f"{section}env.host 127.0.0.1\nenv.port {site.port}\nuser root\n")
    configuration = lab.write("munin-node.conf", f"host_name nms\nlog_level 4\nlog_file {lab.path('node.log')}\n")
    program = shutil.copy(shipped("munin", "snmp__openvpn_"), lab.path("snmp__openvpn_"))
    os.chmod(program, 0o755)

    def ask(graph, *words):
        link = os.path.join(plugins, f"snmpv3_127.0.0.1_openvpn_{graph}")
        if not os.path.exists(link):
            os.symlink(program, link)
        said = run("munin-run", "--config", configuration, "--servicedir", plugins, "--sconfdir", settings,
                   os.path.basename(link), *words, env={**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin"})
        return dict(re.findall(r"^(\S+) (.*)$", said, re.MULTILINE))

    return ask


def values(munin, graph):
    """{label: value}, of two ways {label: (in, out)}."""
    labels = {field.removesuffix(".label"): text for field, text in munin(graph, "config").items()
              if field.endswith(".label")}
    found = {}
    for field, value in munin(graph).items():
        name = field.removesuffix(".value")
        label = labels[name]
        found[label] = value if label not in found else (found[label], value)
    assert set(labels.values()) == set(found)
    return found


def test_munin(lab, site, munin):
    assert values(munin, "clients") == {"office": "1"}
    assert values(munin, "usertraffic") == {"office alice": ("1500", "5000000000"), "office carol": ("20", "30")}
    assert values(munin, "logins") == {"office": "0"}
    traffic = values(munin, "traffic")
    assert set(traffic) == {"office", "branch"} and traffic["branch"] == ("U", "U")
    before = munin("users", "config")
    site.lose_office()
    assert values(munin, "users") == {"office alice": "U", "office carol": "U"}
    assert munin("users", "config") == before


def test_checkmk(lab, site):
    host = checkmk.Host(shipped("checkmk", "openvpn_agentx.py"), site.manager)
    assert host.detects("openvpn_daemons")
    assert host.services("openvpn_daemons") == ["office", "branch"]
    assert host.check("openvpn_daemons", "office") == (
        "OK", "State: connected, Clients: 1", {"openvpn_clients": 1})
    state, text, metrics = host.check("openvpn_daemons", "branch")
    assert state == "CRIT" and text.startswith("No contact: ") and metrics == {}
    assert host.check("openvpn_daemons", "no such") == ("", "", {})
    lab.wait_until(lambda: sorted(host.services("openvpn_users")) == ["office alice", "office carol"],
                   "both have been there")
    assert host.check("openvpn_users", "office alice")[:2] == ("OK", "Online, sessions: 1")
    assert host.check("openvpn_users", "office carol")[:2] == ("OK", "Offline")
    # At the second look there are rates.
    metrics = host.check("openvpn_users", "office alice")[2]
    assert set(metrics) == {"openvpn_sessions", "if_in_octets", "if_out_octets", "login_failures"}
    site.lose_office()
    assert host.check("openvpn_daemons", "office")[0] == "CRIT"
    assert host.check("openvpn_users", "office alice") == ("", "", {})
    assert sorted(host.services("openvpn_users")) == ["office alice", "office carol"]
    site.agent.stop()
    assert not host.detects("openvpn_daemons")


def test_checkmk_certificates(lab, pki, start_agent, snmpd, manager):
    config = lab.write("office.conf", f"server 10.8.0.0 255.255.255.0\nca {pki.ca}\n"
                                      f"cert {pki.server().certificate}\n")
    start_agent([{"name": "office", "index": 1, "management": "unix:" + lab.path("nobody.sock"),
                  "openvpn_config": config}])
    lab.wait_until(lambda: len(manager.table("ovpnCertificateTable")) == 2, "certificates")
    host = checkmk.Host(shipped("checkmk", "openvpn_agentx.py"), manager)
    assert host.services("openvpn_certificates") == ["office 1", "office 2"]
    state, text, metrics = host.check("openvpn_certificates", "office 2")
    days = metrics["openvpn_certificate_seconds"] // 86400
    assert text == f"CN=server: {days} days left"
    assert state == ("OK" if days >= 14 else "WARN")
