"""The lab of the integration tests, for whole monitoring systems."""

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
for _name in ("pki", "lab", "snmptrapd", "snmpd", "manager", "start_fake", "start_agent",
              "pytest_runtest_makereport"):
    globals()[_name] = getattr(_conftest, _name)
