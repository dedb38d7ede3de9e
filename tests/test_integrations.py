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
