"""The example programs print the users as they are, each with its own library."""

import os
import shutil
import subprocess

import pytest

import base_mibs
from parts import snmp
from parts.pollers import Site, shipped

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
NPM = "net-snmp@3"
GO_SOURCES = "/usr/share/gocode/src/github.com/gosnmp/gosnmp"


@pytest.fixture
def site(lab, start_fake, start_agent):
    return Site(lab, start_fake, start_agent)


def run(site, *words, folder=None, **environment):
    done = subprocess.run([str(word) for word in words], text=True, capture_output=True, check=False, timeout=200,
                          cwd=folder or site.lab.folder, env={**os.environ, **environment})
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def is_told(site, text):
    """One line for each user, in any order."""
    wanted = {f"{daemon}/{name} online={row['Online']} in={row['BytesIn']} out={row['BytesOut']}"
              for (daemon, name), row in site.users().items()}
    assert len(wanted) == 2 and any("out=5000000000" in line for line in wanted)
    assert set(text.split("\n")) - {""} == wanted


def has(module, *words):
    done = subprocess.run([*words, module], capture_output=True, check=False)
    if done.returncode:
        pytest.skip(f"{module} is not installed")


def test_pysnmp(site):
    has("import pysnmp.hlapi, pysmi", "/usr/bin/python3", "-c")
    is_told(site, run(site, "/usr/bin/python3", shipped("programs", "users_pysnmp.py"), "127.0.0.1", site.port,
                      base_mibs.folder(), snmp.MIB_FOLDER, HOME=site.lab.folder))


def test_perl_snmp(site):
    has("-MSNMP", "perl", "-e1")
    is_told(site, run(site, "perl", shipped("programs", "users_perl.pl"), f"127.0.0.1:{site.port}",
                      **snmp.environment(site.snmpd.folder)))


def test_perl_net_snmp(site):
    has("-MNet::SNMP", "perl", "-e1")
    is_told(site, run(site, "perl", shipped("programs", "users_netsnmp.pl"), "127.0.0.1", site.port))


def test_gosnmp(site):
    if not shutil.which("go") or not os.path.exists(GO_SOURCES):
        pytest.skip("golang-go or golang-github-gosnmp-gosnmp-dev is not installed")
    is_told(site, run(site, "go", "run", shipped("programs", "users_gosnmp.go"), "127.0.0.1", site.port,
                      GOPATH="/usr/share/gocode", GO111MODULE="off", GOFLAGS="", HOME=site.lab.folder,
                      GOCACHE=os.environ.get("GOCACHE", os.path.join(os.environ["OVPN_AGENTX_BUILD"], "go-cache"))))


def test_net_snmp_of_npm(site):
    """From npm's registry, once for a build."""
    if not shutil.which("npm"):
        pytest.skip("npm is not installed")
    modules = os.path.join(os.environ["OVPN_AGENTX_BUILD"], "npm")
    if not os.path.exists(os.path.join(modules, "node_modules/net-snmp")):
        os.makedirs(modules, exist_ok=True)
        done = subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--prefix", modules, NPM],
                              capture_output=True, text=True, check=False, timeout=200)
        if done.returncode:
            pytest.skip(f"npm cannot fetch {NPM}: {done.stderr[-200:]}")
    is_told(site, run(site, "node", shipped("programs", "users_netsnmp.js"), "127.0.0.1", site.port,
                      NODE_PATH=os.path.join(modules, "node_modules")))


def test_erlang(site, lab):
    """By the Erlang that scripts/base-mibs has unpacked for the test of the module."""
    erlang = base_mibs.folder() / "erlang"
    if not erlang.exists():
        pytest.skip("no Erlang: run scripts/base-mibs --snmpc for this folder")
    folder = lab.make_folder("erlang")
    shutil.copy(os.path.join(snmp.MIB_FOLDER, snmp.MODULE + ".txt"), os.path.join(folder, snmp.MODULE + ".mib"))
    shutil.copy(shipped("programs", "users_erlang.erl"), folder)
    compiler, program = erlang / "bin/erlc", erlang / "bin/erl"
    for words in (("-I", next(erlang.glob("lib/snmp-*/priv/mibs")), snmp.MODULE + ".mib"), ("users_erlang.erl",)):
        run(site, compiler, *words, folder=folder, ERLC_EMULATOR=str(program))
    is_told(site, run(site, program, "-noshell", "-run", "users_erlang", "main", "127.0.0.1", site.port,
                      snmp.COMMUNITY, "-s", "init", "stop", folder=folder))
