"""Debian's Zabbix with a database and a web server of its own, on loopback.

Everything lives in the lab's folder and runs as the database's user, because neither PostgreSQL nor
Zabbix runs as root.
"""

import functools
import glob
import gzip
import json
import os
import pwd
import shutil
import signal
import subprocess
import urllib.request
from pathlib import Path

import pytest

from parts.process import Child, free_port

PAGES = "/usr/share/zabbix"
SCHEMA = "/usr/share/zabbix-server-pgsql"
HANDLER = Path(__file__).resolve().parents[2] / "integrations/zabbix/zabbix-traps"
USER = "postgres"
IMPORTED = ("groups", "templates", "valueMaps", "items", "discoveryRules", "triggers", "graphs",
            "templateDashboards")
SHA256, AES128, AUTH_PRIV = 3, 1, 2  # Zabbix' numbers


def _identity():
    """Options of setpriv, for root alone."""
    if os.geteuid():
        return []
    user = pwd.getpwnam(USER)
    return [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]


class _Part(Child):
    """The first process of a namespace, with which all others of it and their shared memory end.

    Neither Zabbix nor PHP ends its workers when it is killed, as it is when the test runner is.
    """

    def __init__(self, lab, name, arguments, environment=None):
        namespace = ["unshare", "--pid", "--ipc", "--fork", "--kill-child"]
        if os.geteuid():
            namespace += ["--user", "--map-current-user"]
        super().__init__(lab, name, [*namespace, "setpriv", "--pdeathsig", "KILL", *_identity(), *arguments],
                         environment)

    def close(self):
        """At once: nothing of it is kept."""
        if not self.alive:
            return
        with open(f"/proc/{self.pid}/task/{self.pid}/children", encoding="ascii") as file:
            for first in file.read().split():
                os.kill(int(first), signal.SIGKILL)
        self.process.wait(10)


class Zabbix:
    """Server, pages and interface; traps_file is what zabbix-traps writes to."""

    def __init__(self, lab):
        for needed in ("/usr/sbin/zabbix_server", PAGES, shutil.which("php") or "/usr/bin/php"):
            if not os.path.exists(needed):
                pytest.skip(f"{needed} is not installed")
        self.lab = lab
        self.programs = sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1]
        self.home = lab.make_folder("zabbix")
        self.database_port = free_port()
        self.port = free_port()
        self.traps_file = lab.path("zabbix", "traps")
        self._token = None
        if not os.geteuid():
            shutil.chown(self.home, USER, USER)

    def start(self):
        self._start_database()
        self._start_server()
        self._start_pages()
        self._token = self.call("user.login", username="Admin", password="zabbix")
        for host in self.call("host.get"):
            self.call("host.update", hostid=host["hostid"], status=1)
        return self

    def trap_lines(self):
        """For snmptrapd.conf: hands all to this Zabbix."""
        return ["[snmp] printNumericOids yes", f"traphandle default {HANDLER} {self.traps_file}"]

    def _run(self, *words, **others):
        return subprocess.run(["setpriv", *_identity(), *words] if _identity() else words, check=True,
                              timeout=600, capture_output=True, cwd=self.home, **others).stdout

    def _sql(self, text):
        self._run("psql", "-q", "-v", "ON_ERROR_STOP=1", "-h", self.home, "-p", str(self.database_port),
                  "-d", "postgres", input=text)

    def _start_database(self):
        data = os.path.join(self.home, "data")
        self._run(f"{self.programs}/initdb", "-D", data, "-U", USER, "-A", "trust", "-E", "UTF8",
                  "--locale=C.UTF-8", "--no-sync")
        words = ["-D", data, "-k", self.home, "-p", str(self.database_port), "-c", "listen_addresses=",
                 "-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"]
        _Part(self.lab, "postgres", [f"{self.programs}/postgres", *words]).spawn()
        os.environ["PGUSER"] = USER
        self.lab.wait_until(lambda: self._database_answers(), "the database answers", 30)
        for name in ("schema", "images", "data"):
            with gzip.open(f"{SCHEMA}/{name}.sql.gz") as file:
                self._sql(file.read())

    def _database_answers(self):
        try:
            self._sql(b"SELECT 1")
            return True
        except subprocess.CalledProcessError:
            return False

    def _start_server(self):
        lines = [f"ListenPort={self.port}", "ListenIP=127.0.0.1", "LogType=console",
                 f"DBHost={self.home}", "DBName=postgres", f"DBUser={USER}", f"DBPort={self.database_port}",
                 f"PidFile={self.home}/server.pid", f"SocketDir={self.home}", "StartSNMPTrapper=1",
                 f"SNMPTrapperFile={self.traps_file}", "CacheUpdateFrequency=2", "StartPollers=3",
                 "StartPingers=0", "StartHTTPPollers=0", "StartDiscoverers=0", "UnreachableDelay=5",
                 "UnavailableDelay=5", "AllowRoot=0", f"User={pwd.getpwuid(os.geteuid()).pw_name}",
                 "FpingLocation=/usr/bin/fping", "Timeout=4"]
        configuration = self.lab.write("zabbix_server.conf", "\n".join(lines) + "\n", mode=0o644)
        _Part(self.lab, "zabbix_server", ["zabbix_server", "-f", "-c", configuration]).spawn()

    def _start_pages(self):
        """In a copy: Debian's have the path of their settings in them, and need a locale for English."""
        pages = self.lab.path("pages")
        # Not with ignore_dangling_symlinks, which leaves out relative links, and so the graphs' font.
        shutil.copytree(PAGES, pages)
        for name, old, new in (
                ("classes/core/CConfigFile.php", "/etc/zabbix/zabbix.conf.php", self.lab.path("zabbix.conf.php")),
                ("gettextwrapper.inc.php", "!== 'en_gb'", "!== 'en_us'")):
            source = Path(pages, "include", name)
            assert old in source.read_text()
            source.write_text(source.read_text().replace(old, new))
        settings = f"""<?php
$DB['TYPE'] = 'POSTGRESQL';
$DB['SERVER'] = '{self.home}';
$DB['PORT'] = '{self.database_port}';
$DB['DATABASE'] = 'postgres';
$DB['USER'] = '{USER}';
$DB['PASSWORD'] = '';
$DB['SCHEMA'] = '';
$DB['ENCRYPTION'] = false;
$DB['DOUBLE_IEEE754'] = true;
$ZBX_SERVER = '127.0.0.1';
$ZBX_SERVER_PORT = '{self.port}';
$ZBX_SERVER_NAME = 'Zabbix';
$IMAGE_FORMAT_DEFAULT = IMAGE_FORMAT_PNG;
"""
        self.lab.write("zabbix.conf.php", settings, mode=0o644)
        port = free_port()
        self.url = f"http://127.0.0.1:{port}/"
        limits = [word for limit in ("max_execution_time=300", "max_input_time=300", "post_max_size=16M",
                                     "memory_limit=256M", "date.timezone=UTC",
                                     f"session.save_path={self.home}", "display_errors=0")
                  for word in ("-d", limit)]
        _Part(self.lab, "php", ["php", *limits, "-S", f"127.0.0.1:{port}", "-t", pages],
               {"PHP_CLI_SERVER_WORKERS": "3"}).spawn()
        self.lab.wait_until(self._pages_answer, "the pages answer", 30)

    def _pages_answer(self):
        try:
            return self.call("apiinfo.version").startswith(("6.", "7."))
        except OSError:
            return False

    def call(self, method, *listed, **parameters):
        """The interface's answer."""
        asked = {"jsonrpc": "2.0", "method": method, "params": parameters or list(listed), "id": 1}
        if self._token:
            asked["auth"] = self._token
        return self._ask(asked)

    def _ask(self, asked):
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        request = urllib.request.Request(self.url + "api_jsonrpc.php", json.dumps(asked).encode(),
                                         {"Content-Type": "application/json-rpc"})
        with opener.open(request, timeout=120) as answer:
            told = json.load(answer)
        assert "result" in told, f"{asked['method']}: {told['error']}"
        return told["result"]

    def import_template(self, path):
        with open(path, encoding="utf-8") as file:
            self.call("configuration.import", format="yaml", source=file.read(), rules={
                kind: {"createMissing": True, "updateExisting": True} for kind in IMPORTED})
        return self.call("template.get", filter={"host": "OpenVPN by SNMP"})[0]["templateid"]

    def add_host(self, name, port, template, **macros):
        """One that is read over SNMPv3."""
        group = self.call("hostgroup.get", filter={"name": "Zabbix servers"})[0]["groupid"]
        details = {"version": 3, "bulk": 1, "contextname": "", "securityname": "ovpnmonitor",
                   "securitylevel": AUTH_PRIV, "authpassphrase": "a long password",
                   "privpassphrase": "another long password", "authprotocol": SHA256, "privprotocol": AES128}
        made = self.call(
            "host.create", host=name, groups=[{"groupid": group}], templates=[{"templateid": template}],
            interfaces=[{"type": 2, "main": 1, "useip": 1, "ip": "127.0.0.1", "dns": "", "port": str(port),
                         "details": details}],
            macros=[{"macro": f"{{$OVPN.{macro}}}", "value": value} for macro, value in macros.items()])
        return Host(self, made["hostids"][0])


class Host:
    """What Zabbix knows of one."""

    def __init__(self, zabbix, number):
        self.zabbix = zabbix
        self.number = number
        self.call = functools.partial(zabbix.call, hostids=number)

    def items(self):
        """{key: item}"""
        return {item["key_"]: item for item in self.call("item.get", webitems=False)}

    def unsupported(self):
        """{key: error}, of discovery rules too."""
        return {item["key_"]: item["error"]
                for item in [*self.call("item.get"), *self.call("discoveryrule.get")]
                if item["state"] != "0" or item["error"]}

    def history(self, item):
        return self.call("history.get", itemids=item["itemid"], history=int(item["value_type"]),
                         sortfield="clock", output="extend")

    def problems(self):
        """The names of what is wrong now."""
        return {problem["name"] for problem in self.call("problem.get")}

    def set_macro(self, name, value):
        self.zabbix.call("usermacro.create", hostid=self.number, macro=name, value=value)
