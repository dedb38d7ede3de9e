"""What a daemon's own configuration file says: its capacity, and when its certificates end; and
where on this host its tunnel is."""

import json
import os
import re
import shutil
import subprocess
import time

import pytest

from parts import openvpn
from parts.agent import Agent
from parts.network import Network
from parts.openvpn import OpenVpn
from parts.snmp import Absent, Snmpd
from parts.view import InstanceView, rows

pytestmark = pytest.mark.both_ways

DAY = 86400


def instance(daemon, **others):
    return {"name": "office", "index": 1, "management": daemon, "status_interval": 1,
            "openvpn_config": daemon.config, **others}


@pytest.fixture
def view(lab, manager):
    return InstanceView(lab, manager)


def openssl(*words):
    return subprocess.run(["openssl", *words], check=True, capture_output=True, text=True,
                          timeout=30).stdout


def certificate(lab, name, days, common_name="server"):
    """A certificate of its own that ends in so many days, and its key."""
    path, key = lab.path(name + ".crt"), lab.path(name + ".key")
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc",
            "-subj", f"/O=Office/CN={common_name}", "-days", str(days), "-keyout", key, "-out", path)
    return path, key


def revocation_list(lab, authority, seconds):
    """A list of that authority that ends in so many seconds, which may be past."""
    certificate_path, key = authority
    lab.write("index.txt", "")
    lab.write("crlnumber", "1A\n")
    configuration = lab.write("ca.cnf", f"""[ca]
default_ca = one
[one]
database = {lab.path("index.txt")}
crlnumber = {lab.path("crlnumber")}
default_md = default
""")
    path = lab.path("crl.pem")
    end = time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + seconds))
    begin = time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() - 90 * DAY))
    openssl("ca", "-config", configuration, "-gencrl", "-cert", certificate_path, "-keyfile", key,
            "-crl_lastupdate", begin, "-crl_nextupdate", end, "-out", path)
    return path


def test_a_server_and_its_certificates(lab, pki, start_agent, manager, view):
    server = openvpn.server(lab, pki, extra=["verb 4"]).start()
    server.wait_completed()
    start_agent([instance(server, index=1)])
    view.wait(Contact="up", ConfigError="")
    lab.wait_until(lambda: len(rows(manager, "ovpnCertificateTable")) == 2, "two certificates")
    ca, cert = rows(manager, "ovpnCertificateTable").values()
    assert (ca["Role"], ca["Subject"], ca["Source"]) == ("ca", "CN=Test Authority", pki.ca)
    assert (cert["Role"], cert["Subject"]) == ("cert", "CN=server")
    assert cert["InstanceName"] == "office"
    path = pki.server().certificate
    assert cert["Source"] == path
    assert f"serial={cert['Serial']}" == openssl("x509", "-in", path, "-noout", "-serial").strip()
    end = openssl("x509", "-in", path, "-noout", "-enddate").strip().partition("=")[2]
    seconds = int(openssl_time(end))
    assert cert["NotAfterUnix"] == seconds
    assert abs(cert["SecondsLeft"] - (seconds - time.time())) < 30
    # The daemon says how large its pool is.
    size = int(re.search(r"IFCONFIG POOL IPv4: base=\S+ size=(\d+)", server.log).group(1))
    assert view.get("ClientsMax") == size == 253


def openssl_time(text):
    return subprocess.run(["date", "-u", "-d", text, "+%s"], check=True, capture_output=True,
                          text=True, timeout=10).stdout


@pytest.mark.parametrize("lines", [
    ["topology net30"],
    ["topology net30", "max-clients 20"],
    ["topology p2p"],
    ["topology subnet", "max-clients 200"],
    ["server-ipv6 fd00:8::/120"],
])
def test_the_pool_is_as_large_as_the_daemon_says(lab, pki, start_agent, view, lines):
    server = openvpn.server(lab, pki, extra=["verb 4", *lines]).start()
    server.wait_completed()
    start_agent([instance(server)])
    view.wait(Contact="up", ConfigError="")
    sizes = [int(size) for size in re.findall(r"IFCONFIG POOL IPv.: base=\S+ size=(\d+)",
                                              server.log)]
    clients = [int(line.split()[1]) for line in lines if line.startswith("max-clients")]
    view.wait(ClientsMax=min([1024, *sizes, *clients]))


def test_it_is_told_and_replaced(lab, pki, start_agent, snmptrapd, manager, view):
    server = openvpn.server(lab, pki).start()
    old, _ = certificate(lab, "server", 5)
    config = lab.write("office.conf", "server 10.8.0.0 255.255.255.0\nmax-clients 3\n"
                                      "cert server.crt\n")
    start_agent([instance(server, openvpn_config=config, expiry_days=(10, 2))])
    view.wait(Contact="up", ClientsMax=3, ConfigError="")
    trap = snmptrapd.wait_traps("ovpnCertificateExpires")[0]
    row, = rows(manager, "ovpnCertificateTable").values()
    assert trap.values["ovpnInstanceName"] == "office"
    assert trap.values["ovpnCertificateSubject"] == row["Subject"] == "CN=server,O=Office"
    assert trap.values["ovpnCertificateRole"] == row["Role"] == "cert"
    assert trap.values["ovpnCertificateSource"] == row["Source"] == old
    assert trap.values["ovpnCertificateNotAfterUnix"] == row["NotAfterUnix"]
    assert 4 * DAY < trap.values["ovpnCertificateSecondsLeft"] <= 5 * DAY
    # As people do it: another file takes its place, and nobody tells the agent.
    new, _ = certificate(lab, "new", 1)
    os.replace(new, old)
    lab.wait_until(lambda: list(rows(manager, "ovpnCertificateTable").values())[0]["SecondsLeft"]
                   <= DAY, "the new one is there", 150)
    assert len(snmptrapd.wait_traps("ovpnCertificateExpires", 2)) == 2


def test_an_expired_list_and_wrong_files(lab, pki, start_agent, snmptrapd, manager, view):
    server = openvpn.server(lab, pki).start()
    authority = certificate(lab, "authority", 1000, "authority")
    revocation_list(lab, authority, -3600)
    config = lab.write("office.conf", "client\nca authority.crt\ncrl-verify crl.pem\n"
                                      "cert gone.crt\nextra-certs authority.key\n")
    agent = start_agent([instance(server, openvpn_config=config)])
    view.wait(Contact="up")
    lab.wait_until(lambda: len(rows(manager, "ovpnCertificateTable")) == 2, "two rows")
    trap = snmptrapd.wait_traps("ovpnCertificateExpires")[0]
    assert trap.values["ovpnCertificateRole"] == "crl"
    assert -3700 < trap.values["ovpnCertificateSecondsLeft"] < -3590
    error = view.get("ConfigError")
    assert f"cert: {lab.path('gone.crt')}: No such file or directory" in error
    assert f"{lab.path('authority.key')}: there is no certificate in it, in the form PEM" in error
    assert error in agent.log
    # What it was is told again when nothing is wrong any more, and at a reload at once.
    revocation_list(lab, authority, 400 * DAY)
    lab.write("office.conf", "ca authority.crt\ncrl-verify crl.pem\n")
    agent.reload()
    view.wait(ConfigError="")
    crl = rows(manager, "ovpnCertificateTable")[(1, 2)]
    assert crl["Serial"] == "1A" and crl["SecondsLeft"] > 399 * DAY
    assert len(snmptrapd.traps("ovpnCertificateExpires")) == 1


@pytest.mark.under_snmpd
def test_a_file_that_the_agent_may_not_read(lab, pki, snmpd, manager, view):
    if os.geteuid() != 0:
        pytest.skip("another user takes root")
    server = openvpn.server(lab, pki)
    folder = lab.make_folder("server")
    os.chmod(folder, 0o700)
    config = lab.write("server/office.conf", "max-clients 3\n")
    server.start()
    agent = Agent(lab, snmpd, [instance(server, openvpn_config=config)],
                  identity=(54321, 54322)).start()
    view.wait(ConfigError=f"the agent's user may not enter {folder}, whose mode is 0700")
    assert agent.stop() == 0


def interfaces(network, namespace):
    text = subprocess.run([*network.inside(namespace), "ip", "-j", "link"], check=True,
                          capture_output=True, text=True, timeout=10).stdout
    return {entry["ifname"]: entry["ifindex"] for entry in json.loads(text)}


def start_server(lab, pki, network, device, *lines, **others):
    identity = pki.server()
    server = OpenVpn(lab, "server", [
        *device, "disable-dco", "proto udp", f"local {network.left_address}", "port 1194",
        "dh none", "mode server", "tls-server", f"ca {pki.ca}", f"cert {identity.certificate}",
        f"key {identity.key}", *lines], prefix=network.inside(network.left), **others)
    return server.start()


@pytest.mark.skipif(not shutil.which("ip"), reason="no ip")
def test_the_interface_of_the_tunnel(lab, pki):
    network = Network(lab)
    inside = network.inside(network.left)
    snmpd = Snmpd(lab, prefix=inside).start()
    manager = snmpd.manager()
    view = InstanceView(lab, manager)
    server = start_server(lab, pki, network, ["dev tun"], "topology subnet",
                          "ifconfig 10.9.0.1 255.255.255.0", addresses=True)
    server.wait_completed()
    agent = Agent(lab, snmpd, [instance(server)], wrapper=inside).start()
    name, = (name for name in interfaces(network, network.left) if name.startswith("tun"))
    index = interfaces(network, network.left)[name]
    view.wait(State="connected", IfIndex=index, IfName=name)
    # The join with the interfaces table of the master agent itself.
    lab.wait_until(lambda: [row.value for row in manager.walk("1.3.6.1.2.1.31.1.1.1.1")
                            if row.index[-1] == index] == [name], "the interface has its row", 40)
    server.kill()
    view.wait(Contact="disconnected", IfIndex=0, IfName="")
    # Another name, under which nobody looked before; a bridged one has no address.
    server = start_server(lab, pki, network, ["dev office", "dev-type tap"])
    server.wait_completed()
    index = interfaces(network, network.left)["office"]
    view.wait(State="connected", IfIndex=index, IfName="office")
    assert agent.stop() == 0


def test_not_told_where_it_is(lab, pki, start_agent, manager, view):
    server = openvpn.server(lab, pki).start()
    start_agent([{"name": "office", "index": 1, "management": server}])
    view.wait(Contact="up", ConfigError="", IfIndex=0, IfName="")
    assert rows(manager, "ovpnCertificateTable") == {}
    with pytest.raises(Absent):
        view.get("ClientsMax")
