"""What integrations/ has for NMSes, by the checkers that these bring."""

import grp
import os
import pwd
import re
import shutil
import subprocess

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
