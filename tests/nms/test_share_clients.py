"""Other people's clients of the management interface, at a share."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from parts import openvpn
from parts.share import enter, share, shared

LIBRARY = "/usr/share/gocode/src/github.com/apparentlymart/go-openvpn-mgmt"
PROGRAM = Path(__file__).with_name("guest.go")


@pytest.mark.skipif(not shutil.which("go") or not os.path.isdir(LIBRARY),
                    reason="golang-go or golang-github-apparentlymart-go-openvpn-mgmt-dev is missing")
def test_go_openvpn_mgmt(lab, pki, start_agent):
    server = openvpn.server(lab, pki).start()
    daemon = openvpn.client(lab, pki, server, hold=True).start()
    place = share(lab, allow=("hold",))
    start_agent([shared(daemon, place)])
    enter(lab, place).close()
    done = subprocess.run(["go", "run", PROGRAM, lab.path("share.guests")], timeout=120, check=True,
                          text=True, capture_output=True,
                          env={**os.environ, "GOPATH": "/usr/share/gocode", "GO111MODULE": "off",
                               "GOCACHE": lab.make_folder("go")})
    told = done.stdout.splitlines()
    assert told[0] == f"pid {daemon.pid}"
    assert "state CONNECTED" in told and told[-1] == "counted"
