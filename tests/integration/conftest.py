"""Fixtures of the integration tests.

Everything that a test starts belongs to its lab, which stops it at the end.  When a test fails, the
ends of all logs are part of its report.
"""

import os
import shutil
import signal
import sys
import tempfile

import pytest

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
for _folder in (HERE, os.path.dirname(HERE)):
    if _folder not in sys.path:
        sys.path.insert(0, _folder)

from fake.fake_openvpn import FakeOpenVpn  # noqa: E402
from parts import agent as agent_part  # noqa: E402
from parts.agent import Agent  # noqa: E402
from parts.pki import Pki  # noqa: E402
from parts.process import Lab  # noqa: E402
from parts.snmp import Snmpd, Snmptrapd, Unhurried  # noqa: E402
from parts.standalone import Alone  # noqa: E402


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Adds the logs while the parts still exist: the lab is closed after this."""
    outcome = yield
    report = outcome.get_result()
    lab = item.funcargs.get("lab") if hasattr(item, "funcargs") else None
    if report.failed and lab is not None and lab.parts:
        report.sections.append(("logs of the parts", lab.tails(60)))


@pytest.fixture(scope="session")
def pki():
    folder = tempfile.mkdtemp(prefix="ovpn-pki-")
    yield Pki(folder)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def lab():
    made = Lab()
    yield made
    made.close()


@pytest.fixture
def snmptrapd(lab):
    return Snmptrapd(lab).start()


WAYS = {"agentx": Snmpd, "alone": Alone, "library": Unhurried}
MARKS = {"both_ways": ("agentx", "alone"), "all_ways": WAYS, "under_snmpd": ("agentx",)}


def pytest_generate_tests(metafunc):
    """A test with one of the marks runs as often, each time another way; the test's own mark counts
    before that of its file."""
    marks = [mark.name for mark in metafunc.definition.iter_markers() if mark.name in MARKS]
    if marks and "way" in metafunc.fixturenames:
        metafunc.parametrize("way", MARKS[marks[0]], indirect=True)


@pytest.fixture
def way(request):
    """What managers ask: the class Snmpd, Alone or Unhurried."""
    return WAYS[getattr(request, "param", "agentx")]


@pytest.fixture
def snmpd(lab, snmptrapd, way):
    return way(lab, sink=snmptrapd).start()


@pytest.fixture
def manager(request, snmpd):
    return snmpd.manager(private=request.node.get_closest_marker("private") is not None)


@pytest.fixture
def start_fake(lab):
    """start_fake(name, ...) starts a scripted daemon on a unix socket, or on TCP with a port."""

    def start(name="fake", **arguments):
        path = None if "port" in arguments else lab.path(name + ".sock")
        return lab.track(FakeOpenVpn(path, name=name, **arguments)).start()

    return start


@pytest.fixture
def start_agent(lab, snmpd):
    """start_agent(instances, ...) starts the agent under snmpd, or another master; skips without
    a binary.

    An agent that still runs at the end is stopped; an end that was not clean is an error.
    """
    if not agent_part.program():
        pytest.skip(f"{agent_part.VARIABLE} is not set")
    started = []

    def start(instances, master=None, stopped=False, **options):
        started.append(Agent(lab, master or snmpd, instances, **options))
        return started[-1] if stopped else started[-1].start()

    yield start
    for agent in started:
        status = agent.stop() if agent.alive else agent.process.returncode
        assert status in (0, -signal.SIGKILL), f"{agent.name} ended with {status}\n{agent.tail()}"
