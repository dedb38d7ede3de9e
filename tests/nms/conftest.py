"""The lab of the integration tests, for whole monitoring systems."""

import os
import sys
from pathlib import Path

sys.dont_write_bytecode = True
_INTEGRATION = str(Path(__file__).resolve().parent.parent / "integration")
if _INTEGRATION not in sys.path:
    sys.path.insert(0, _INTEGRATION)

from importlib import util  # noqa: E402  (the path comes first)

_spec = util.spec_from_file_location("integration_conftest", _INTEGRATION + "/conftest.py")
_conftest = util.module_from_spec(_spec)
_spec.loader.exec_module(_conftest)
for _name in ("pki", "lab", "snmptrapd", "manager", "start_fake", "start_agent",
              "pytest_runtest_makereport"):
    globals()[_name] = getattr(_conftest, _name)

import pytest  # noqa: E402
from parts.snmp import MONITOR_USER, Snmpd  # noqa: E402
from prometheus_server import Monitoring  # noqa: E402


@pytest.fixture
def snmpd(lab, snmptrapd):
    """With the user that all of integrations/ has."""
    return Snmpd(lab, sink=snmptrapd, extra=MONITOR_USER).start()


@pytest.fixture
def newer():
    """newer(name) is a program of a newer Debian; scripts/newer-debian has brought it."""
    return lambda name: os.path.join(os.environ["OVPN_AGENTX_BUILD"], "newer-debian", name)


@pytest.fixture
def monitoring(lab, snmpd):
    return Monitoring(lab, snmpd)
