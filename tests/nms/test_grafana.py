"""The dashboard: each query finds series in Prometheus, and Grafana's own types have all that it says."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from daemons import CertificateFile, entry, login
from parts import openvpn
from parts.view import InstanceView

TOP = Path(__file__).resolve().parents[2]
BOARD = json.loads((TOP / "integrations/grafana/openvpn.json").read_text())
PANELS = [panel for panel in BOARD["panels"] if panel["type"] != "row"]
VARIABLES = {variable["name"]: variable["query"]["query"] for variable in BOARD["templating"]["list"]
             if variable["type"] == "query"}
PACKAGES = ["@grafana/schema@11.6.9", "typescript@5.9.3"]


def filled(text, **values):
    """A query as Grafana sends it."""
    for name in VARIABLES:
        text = text.replace(f"${name}", values.get(name, ".*"))
    return text.replace("$__rate_interval", "1m")


def test_each_query_has_series(lab, pki, start_agent, manager, monitoring):
    server = openvpn.server(lab, pki, users={"alice": "right"}).start()
    made = CertificateFile(lab, "max-clients 9")
    made.make()
    start_agent([entry("office", 1, server, openvpn_config=made.config)])
    login(lab, pki, server, "alice", "alice").start()
    InstanceView(lab, manager).wait(30, Contact="up", State="connected", Clients=1, ClientsMax=9)
    wanted = {(panel["title"], target["expr"]) for panel in PANELS for target in panel["targets"]}
    missing = set(wanted)

    def all_have():
        for title, text in sorted(missing):
            if monitoring.ask(filled(text)):
                missing.discard((title, text))
        return not missing

    lab.wait_until(all_have, lambda: f"series for {missing}", 90)
    for name, text in VARIABLES.items():
        selector, label = re.fullmatch(r"label_values\((.*), (\w+)\)", text).groups()
        found = {series[label] for series in monitoring.find(filled(selector))}
        assert found == {"host": {f"127.0.0.1:{manager.port}"}, "daemon": {"office"}, "user": {"alice"}}[name]
    assert not [text for _, text in wanted if monitoring.ask(filled(text, daemon="backup"))
                and "Subject" not in text and "Rejected" not in text and "ovpnUserOnline" not in text]


# Enumerations of words as these words.
PLAIN = """
type Plain<T> = T extends string ? `${T}` : T extends number | boolean | null | undefined ? T
    : unknown extends T ? T : T extends object ? { [K in keyof T]: Plain<T[K]> } : T;
"""


def typescript():
    """The dashboard, and the options and fields of each kind of panel, as typed constants."""
    folder = "@grafana/schema/dist/esm/raw/composable"
    kinds = {"stat": ("stat", "Stat"), "table": ("table", "Table"), "timeseries": ("timeseries", "TimeSeries"),
             "state-timeline": ("statetimeline", "StateTimeline")}
    lines = ['import type { Dashboard, Panel } from "@grafana/schema";']
    lines += [f'import type * as {name} from "{folder}/{kind}/panelcfg/x/{name}PanelCfg_types.gen.js";'
              for kind, name in kinds.values()]
    lines += [PLAIN, f"export const board: Plain<Dashboard> = {json.dumps({**BOARD, 'panels': []})};"]
    for panel in BOARD["panels"]:
        number = panel["id"]
        if panel["type"] == "row":
            continue
        name = kinds[panel["type"]][1]
        lines.append(f"export const panel{number}: Plain<Panel> = {json.dumps(panel)};")
        lines.append(f"export const options{number}: Plain<{name}.Options> = {json.dumps(panel['options'])};")
        custom = panel["fieldConfig"]["defaults"].get("custom")
        if custom:
            lines.append(f"export const field{number}: Plain<{name}.FieldConfig> = {json.dumps(custom)};")
    return "\n".join(lines) + "\n"


def test_grafanas_types_have_it():
    if not shutil.which("npm"):
        pytest.skip("npm is not installed")
    folder = Path(os.environ["OVPN_AGENTX_BUILD"], "grafana-types")
    folder.mkdir(exist_ok=True)
    (folder / "package.json").write_text('{"private": true}\n')
    got = subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", *PACKAGES], cwd=folder,
                         text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300, check=False)
    if got.returncode:
        pytest.skip(f"npm has not got {PACKAGES}: {got.stdout}")
    (folder / "board.ts").write_text(typescript())
    done = subprocess.run(["node_modules/.bin/tsc", "--noEmit", "--strict", "--skipLibCheck", "--module", "nodenext",
                           "--moduleResolution", "nodenext", "board.ts"], cwd=folder, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300, check=False)
    assert done.returncode == 0, done.stdout
