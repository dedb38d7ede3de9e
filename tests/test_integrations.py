"""What integrations/ has for NMSes, by the checkers that these bring."""

import grp
import os
import pwd
import re
import shutil
import subprocess
import tomllib

import pytest
import yaml

import base_mibs
from source import TOP

PROMETHEUS = TOP / "integrations/prometheus"


def run(*words):
    """The program's output; skips where it is not installed."""
    if not shutil.which(str(words[0])):
        pytest.skip(f"{words[0]} is not installed")
    done = subprocess.run([str(word) for word in words], text=True, check=False, timeout=120,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_the_exporters_modules_are_those_of_the_list(tmp_path):
    """As scripts/prometheus-modules makes them of the MIB module of now."""
    if not shutil.which("prometheus-snmp-generator"):
        pytest.skip("prometheus-snmp-generator is not installed")
    run(TOP / "scripts/prometheus-modules", base_mibs.folder(), tmp_path)
    for name in ("snmp.yml.in", "snmp-0.21.yml.in"):
        assert (tmp_path / name).read_text() == (PROMETHEUS / name).read_text(), \
            f"{name}: run scripts/prometheus-modules {base_mibs.folder()}"


def test_both_forms_have_the_same_modules():
    new, old = (yaml.safe_load((PROMETHEUS / name).read_text().replace("@OID_ROOT@", "1.3"))
                for name in ("snmp.yml.in", "snmp-0.21.yml.in"))
    auth = new["auths"]["openvpn"]
    assert {name: {"version": auth["version"], "auth": {key: value for key, value in auth.items()
                                                        if key != "version"}, **module}
            for name, module in new["modules"].items()} == old


def test_no_series_is_named_by_a_number_of_a_row():
    """Numbers of clients and users change; only certificates are told apart by their place."""
    for module in yaml.safe_load((PROMETHEUS / "snmp.yml.in").read_text()
                                 .replace("@OID_ROOT@", "1.3"))["modules"].values():
        for metric in module["metrics"]:
            indexes = {index["labelname"] for index in metric.get("indexes", [])}
            dropped = {lookup["labelname"] for lookup in metric.get("lookups", [])
                       if not lookup["labels"]}
            assert indexes - dropped <= {"ovpnCertificateIndex"}, metric["name"]


def test_rules():
    run("promtool", "check", "rules", PROMETHEUS / "rules.yml")
    run("promtool", "test", "rules", TOP / "tests/nms/rules.test.yml")


def test_each_alert_has_its_test():
    alerts = set(re.findall(r"^ +- alert: (\w+)$", (PROMETHEUS / "rules.yml").read_text(), re.MULTILINE))
    tested = {test["alertname"] for test in
              yaml.safe_load((TOP / "tests/nms/rules.test.yml").read_text())["tests"][0]
              ["alert_rule_test"] if test["exp_alerts"]}
    assert alerts == tested
    page = (PROMETHEUS / "README.md").read_text()
    assert alerts == set(re.findall(r"^\| `(OpenVPN\w+)` ", page, re.MULTILINE))


def test_examples_for_prometheus_and_alertmanager(tmp_path):
    shutil.copy(PROMETHEUS / "rules.yml", tmp_path / "openvpn-rules.yml")
    shutil.copy(PROMETHEUS / "prometheus.yml", tmp_path)
    assert "16 rules" in run("promtool", "check", "config", tmp_path / "prometheus.yml")
    run("amtool", "check-config", PROMETHEUS / "alertmanager.yml")


def test_zabbix_template_and_grafanas_dashboard_are_those_of_the_lists(tmp_path):
    """As their scripts make them of the lists and of the MIB module of now."""
    for script, made in (("zabbix-template", "zabbix/openvpn.yaml.in"),
                         ("grafana-dashboard", "grafana/openvpn.json")):
        run(TOP / "scripts" / script, tmp_path)
        name = made.rpartition("/")[2]
        assert (tmp_path / name).read_text() == (TOP / "integrations" / made).read_text(), \
            f"{made}: run scripts/{script}"


def test_grafana_asks_for_what_the_exporter_has():
    modules = yaml.safe_load((PROMETHEUS / "snmp.yml.in").read_text().replace("@OID_ROOT@", "1.3"))["modules"]
    series = {metric["name"] for name in ("openvpn", "openvpn_users") for metric in modules[name]["metrics"]}
    labels = {lookup["labelname"] for module in modules.values() for metric in module["metrics"]
              for lookup in metric.get("lookups", []) if lookup["labels"]}
    board = (TOP / "integrations/grafana/openvpn.json").read_text()
    assert set(re.findall(r"\bovpn\w+\b", board)) <= series | labels


def test_zabbix_has_keys_and_names_without_numbers():
    """Numbers of daemons, users and certificates stand where Zabbix asks, and nowhere else."""
    text = (TOP / "integrations/zabbix/openvpn.yaml.in").read_text()
    template = yaml.safe_load(text)["zabbix_export"]["templates"][0]
    for rule in template["discovery_rules"]:
        for prototype in rule["item_prototypes"]:
            assert prototype["snmp_oid"].count("{#SNMPINDEX}") == 1
            assert not re.search("SNMPINDEX|INDEX", prototype["key"] + prototype["name"])
    identities = re.findall(r"uuid: (\w+)", text)
    assert len(identities) == len(set(identities))
    macros = set(re.findall(r"\{\$[A-Z.]+", text))
    assert macros == {macro["macro"].rstrip("}") for macro in template["macros"]}
    page = (TOP / "integrations/zabbix/README.md").read_text()
    assert macros == set(re.findall(r"^\| `(\{\$[A-Z.]+)\}", page, re.MULTILINE))


def test_zabbix_traps_cannot_be_forged(tmp_path):
    """By text of third parties, which would begin another host's notification."""
    told = "host\nUDP: [192.0.2.1]:51234->[192.0.2.2]:162\n.1.3 \"ZBXTRAP 192.0.2.9\"\n"
    subprocess.run([TOP / "integrations/zabbix/zabbix-traps", tmp_path / "traps"], input=told, text=True,
                   check=True, timeout=10)
    text = (tmp_path / "traps").read_text()
    assert re.fullmatch(r'\d{8}\.\d{6} ZBXTRAP 192\.0\.2\.1\n\.1\.3 "ZBX-TRAP 192\.0\.2\.9"\n', text)


def test_icinga_takes_the_configuration(tmp_path):
    """With a host as the file's own comment has it."""
    text = (TOP / "integrations/icinga/openvpn.conf").read_text()
    host = re.search(r"^ \*   (object Host .*?^ \*   \})", text, re.MULTILINE | re.DOTALL).group(1)
    host = re.sub(r"^ \*   ", "", host, flags=re.MULTILINE)
    configuration = tmp_path / "icinga2.conf"
    configuration.write_text(f'include <itl>\ninclude <plugins>\nconst PluginDir = "{tmp_path}"\n'
                             f'include "{TOP}/integrations/icinga/openvpn.conf"\n{host}\n')
    # It would go on as a user of its own, who may not write here.
    user, group = pwd.getpwuid(os.getuid()).pw_name, grp.getgrgid(os.getgid()).gr_name
    said = run("icinga2", "daemon", "-C", "-c", configuration,
               f"-DRunAsUser={user}", f"-DRunAsGroup={group}",
               *(f"-D{name}={tmp_path}" for name in ("DataDir", "CacheDir", "LogDir", "SpoolDir",
                                                     "InitRunDir")))
    assert "Instantiated 11 Services" in said


# What has numbers of the module in it, by name and by number.

ROOT = "1.3.6.1.4.1.8072.9999.9999.1194"
INTEGRATIONS = TOP / "integrations"


def numbered(name):
    return (INTEGRATIONS / f"{name}.in").read_text(encoding="utf-8").replace("@OID_ROOT@", ROOT)


@pytest.fixture(scope="module")
def objects():
    """{number behind the root: name} of all nodes of the module."""
    text = run("snmptranslate", "-M", f"{base_mibs.folder()}:{TOP / 'mib'}", "-m", "OPENVPN-MANAGEMENT-MIB", "-Tz")
    return {number.removeprefix(ROOT + "."): name for name, number in
            re.findall(r'^"(\w+)"\s+"([\d.]+)"', text, re.MULTILINE) if number.startswith(ROOT + ".")}


def module():
    return (TOP / "mib/OPENVPN-MANAGEMENT-MIB.txt").read_text(encoding="utf-8")


def numbers(name):
    return set(re.findall(rf"{re.escape(ROOT)}((?:\.\d+)+)", numbered(name)))


@pytest.mark.parametrize("name, rows", [("collectd/openvpn.conf", 0), ("mrtg/openvpn.cfg", 2)])
def test_numbers_are_columns(objects, name, rows):
    """With the index of a row behind some."""
    found = numbers(name)
    assert len(found) > 5
    for number in found:
        parts = number.strip(".").split(".")
        assert ".".join(parts[:4]) in objects and len(parts) <= 4 + rows, number


def test_snmptt_has_each_notification(objects):
    """With the severity of the module, but for certificates that have ended."""
    events = re.findall(r'^EVENT (\w+) \.([\d.]+) "OpenVPN" (\w+)$', numbered("snmptrapd/snmptt.conf"), re.MULTILINE)
    assert {name: objects[number.removeprefix(ROOT + ".")] for name, number, _ in events} == \
        {name: name for name, *_ in events}
    severities = dict(re.findall(r"^(\w+) NOTIFICATION-TYPE\n(?:(?!::=).*\n)*? +--#SEVERITY +(\w+)", module(), re.MULTILINE))
    assert len(severities) == 20
    assert {(name, severity.upper()) for name, _, severity in events} == \
        {*severities.items(), ("ovpnCertificateExpires", "CRITICAL")}
    page = (INTEGRATIONS / "snmptrapd/README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (\w+)", page, re.MULTILINE)
    assert {name: severity.upper() for name, severity in rows} == severities


# What Telegraf's documentation of inputs.snmp names.
SNMP_OPTIONS = {"agents", "interval", "timeout", "retries", "version", "sec_name", "sec_level", "auth_protocol",
                "auth_password", "priv_protocol", "priv_password", "max_repetitions", "field", "table"}


def test_telegraf(objects):
    text = numbered("telegraf/openvpn.conf")
    inputs = tomllib.loads(text)["inputs"]["snmp"]
    assert [{*part} - SNMP_OPTIONS for part in inputs] == [set(), set()]
    tables = [table for part in inputs for table in part["table"]]
    assert [table["name"] for table in tables] == ["openvpn", "openvpn_certificate", "openvpn_user"]
    for table in tables:
        assert {*table} == {"name", "field"}
        assert all({*column} <= {"name", "oid", "is_tag"} for column in table["field"])
        assert table["field"][0]["is_tag"], "the daemon's name"
        assert len({column["oid"].rpartition(".")[0] for column in table["field"]}) == 1, "of one table"
    named = re.findall(r'name = "\w+" # (\w+)\n +oid = "\.([\d.]+)"', text)
    assert len(named) == sum(len(table["field"]) for table in tables) + 1
    for name, number in named:
        assert objects[number.removeprefix(ROOT + ".").removesuffix(".0")] == name


def states(name):
    """{value: word} of an enumeration of the module: an object's, or that of its textual convention."""
    syntax = re.search(rf"^{name} OBJECT-TYPE\n +SYNTAX +(\w+)", module(), re.MULTILINE).group(1)
    text = re.search(rf"^{syntax} ::= TEXTUAL-CONVENTION.*?INTEGER \{{(.*?)\}}", module(),
                     re.MULTILINE | re.DOTALL).group(1)
    return {int(value): word for word, value in re.findall(r"(\w+)\((\d+)\)", text)}


# What its documentation of sensors names.
SENSOR_KEYS = {"oid", "value", "num_oid", "index", "group", "descr", "high_limit", "low_limit", "low_warn_limit",
               "divisor", "state_name", "states"}


def test_librenms(objects):
    sensors = yaml.safe_load(numbered("librenms/linux-openvpn.yaml"))["modules"]["sensors"]
    assert set(sensors) == {"count", "runtime", "state"}
    for sensor in (sensor for kind in sensors.values() for sensor in kind["data"]):
        assert set(sensor) <= SENSOR_KEYS
        value = sensor["value"].removeprefix("OPENVPN-MANAGEMENT-MIB::")
        number = re.fullmatch(rf"\.{re.escape(ROOT)}\.([\d.]+)\.\{{\{{ \$index \}}\}}", sensor["num_oid"]).group(1)
        assert objects[number] == value and sensor["index"] == value + ".{{ $index }}"
        named = [sensor["oid"], *re.findall(r"\{\{ (\S+) \}\}", sensor["descr"])]
        assert all(name.removeprefix("OPENVPN-MANAGEMENT-MIB::") in objects.values() for name in named)
    for sensor in sensors["state"]["data"]:
        told = {state["value"]: state["descr"] for state in sensor["states"]}
        known = states(sensor["state_name"])
        assert set(told) == set(known)
        # A truth value says more by other words.
        assert told == known or set(known.values()) == {"true", "false", "unknown"}
        assert all(state["generic"] in (0, 1, 2, 3) for state in sensor["states"])


def test_checkmk_compiles():
    compile(numbered("checkmk/openvpn_agentx.py"), "openvpn_agentx.py", "exec")


def test_each_folder_is_on_the_page():
    page = (INTEGRATIONS / "README.md").read_text(encoding="utf-8")
    folders = {path.name for path in INTEGRATIONS.iterdir() if path.is_dir() and path.name != "pictures"}
    assert {name for name in folders if f"]({name}/README.md)" not in page} == set()
    assert all((INTEGRATIONS / name / "README.md").exists() for name in folders)
