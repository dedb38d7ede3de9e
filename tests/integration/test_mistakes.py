"""Mistakes that people make in a first set-up, and the sentence that each is answered with.

Two more stand in test_session.py: a management session that somebody else has, and one that
management-client-user does not give to the agent.  Every fault of a configuration file is in
tests/unit/config/test_config_refused.c.
"""

import os
import pwd
import stat
import subprocess

import pytest

import base_mibs
from parts import agent as agent_part
from parts import openvpn, snmp
from parts.agent import Agent
from parts.control import entry
from parts.process import Child
from parts.snmp import Absent, SnmpError
from parts.view import InstanceView, question

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
NOBODY = (54321, 54321)  # no name belongs to them

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="another user's process needs root")


@pytest.fixture
def view(lab, manager):
    """Instance 1."""
    return InstanceView(lab, manager)


@pytest.fixture
def program():
    return agent_part.program() or pytest.skip(f"{agent_part.VARIABLE} is not set")


@pytest.fixture
def unprivileged(lab, program):
    """unprivileged(instances, master): a running agent of a user who owns nothing."""

    def start(instances, master):
        return Agent(lab, master, instances, name="unprivileged", identity=NOBODY).start()

    return start


def wait_log(part, text, deadline=10.0):
    part.lab.wait_until(lambda: text in part.log, f"{part.name} logs {text!r}", deadline)


# snmpd


class SnmpdWithoutAgentx(Child):
    """Debian's default: it answers, and has no socket for subagents."""

    def __init__(self, lab):
        port = snmp.free_port()
        self.agentx = "unix:" + lab.path("no-agentx.sock")
        self.manager = snmp.Manager(port, lab.make_folder("plain"))
        configuration = lab.write("plain/snmpd.conf", f"agentaddress udp:127.0.0.1:{port}\n"
                                                      f"rocommunity {snmp.COMMUNITY}\n")
        super().__init__(lab, "plain", ["snmpd", "-f", "-r", "-C", "-c", configuration, "-LE", "5"],
                         {**snmp.environment(lab.path("plain")), "MIBS": ""})


def test_snmpd_has_no_line_master_agentx(lab, start_fake, start_agent):
    master = SnmpdWithoutAgentx(lab)
    master.spawn()
    lab.wait_until(master.manager.answers, "snmpd answers")
    agent = start_agent([entry(start_fake())], master=master)
    wait_log(agent, f"no session with the master agent at {master.agentx}: No such file or "
                    'directory; snmpd does not run, has no line "master agentx", or another '
                    "agentXSocket; trying again")
    with pytest.raises(Absent, match="No Such Object available on this agent at this OID"):
        master.manager.get("ovpnInstanceName.1")


@needs_root
def test_the_agentx_socket_is_not_for_the_agents_user(lab, start_fake, unprivileged):
    master = snmp.Snmpd(lab, name="closed", permissions="0660 0755").start()
    agent = unprivileged([entry(start_fake())], master)
    path = master.agentx.removeprefix("unix:")
    wait_log(agent, f"Permission denied; the agent's user may not use {path}, whose mode is 0660; "
                    "trying again")
    assert agent.alive
    # The agent needs no restart when it is put right.
    os.chmod(master.agentx.removeprefix("unix:"), 0o666)
    wait_log(agent, "connected to the master agent")


@needs_root
def test_the_folder_that_snmpd_made_at_its_first_start(lab, start_fake, unprivileged):
    """As Debian's package leaves it: without agentXPerms snmpd makes the folder for root alone, and
    with agentXPerms it leaves one that is there as it is.  The installed entry of tmpfiles opens it.
    """
    folder = lab.path("agentx")
    agentx = f"unix:{folder}/master"
    first = snmp.Snmpd(lab, name="first", agentx=agentx, permissions=None).start()
    first.stop()
    assert mode(folder) == 0o700
    master = snmp.Snmpd(lab, name="second", agentx=agentx, permissions="0666 0755").start()
    assert mode(folder) == 0o700
    agent = unprivileged([entry(start_fake())], master)
    wait_log(agent, f"Permission denied; the agent's user may not enter {folder}, whose mode is 0700; "
                    "trying again")
    create_tmpfiles(lab)
    wait_log(agent, "connected to the master agent")


def test_a_second_copy_of_the_agent(start_fake, start_agent, view):
    """It says so, does not take part, and takes over when the first one ends."""
    first = start_agent([entry(start_fake("first"))])
    view.wait(Contact="up", Name="first")
    second = start_agent([entry(start_fake("second"))], name="second")
    text = ("another subagent has the subtree already, perhaps another copy of this program; trying "
            "again")
    wait_log(second, text)
    assert view.get("Name") == "first"
    assert first.stop() == 0
    wait_log(second, "connected to the master agent")
    view.wait(Contact="up", Name="second")
    assert second.log.count(text) == 1
    assert "registering pdu failed" not in second.log


def mode(path):
    return stat.S_IMODE(os.stat(path).st_mode)


def create_tmpfiles(lab):
    """What `systemd-tmpfiles --create` does with the entry of /var/agentx."""
    with open(os.path.join(TOP, "conf/openvpn-agentx.tmpfiles"), encoding="utf-8") as file:
        line = next(line for line in file if line.startswith("d /var/agentx "))
    entries = lab.write("tmpfiles.conf", line.replace("/var/agentx", lab.path("agentx")))
    subprocess.run(["systemd-tmpfiles", "--create", entries], check=True)


# The management interface


@needs_root
def test_the_management_socket_is_not_for_the_agents_user(lab, snmpd, start_fake, unprivileged,
                                                          view):
    fake = start_fake()
    os.chmod(fake.path, 0o600)
    agent = unprivileged([entry(fake)], snmpd)
    view.wait(Contact="refused")
    text = "cannot connect: Permission denied; the agent's user may not use the socket or its folder"
    assert view.get("ContactError") == text
    assert f"fake: no contact: {text}" in agent.log
    # What is put right is tried at once, and not after the pause of 30 seconds.
    os.chmod(fake.path, 0o666)
    view.wait(Contact="up", deadline=10)


def test_the_management_path_is_wrong(lab, start_agent, view):
    agent = start_agent([{"name": "office", "index": 1,
                          "management": "unix:" + lab.path("office.sokc")}])
    view.wait(Contact="disconnected")
    text = ("cannot connect: No such file or directory; the daemon does not run, or listens "
            "elsewhere")
    assert view.get("ContactError") == text
    assert f"office: no contact: {text}" in agent.log
    assert "contact lost" not in agent.log
    assert view.get("Endpoint").endswith("office.sokc")


def test_another_user_listens(start_fake, start_agent, view):
    """Whoever listens is sent nothing, least of all the password."""
    fake = start_fake(password="secret")
    settings = entry(fake, password_file=fake.path.replace(".sock", ".pw"))
    view.lab.write("fake.pw", "secret\n")
    agent = start_agent([{**settings, "peer_user": 54321}])
    view.wait(Contact="refused")
    text = (f"user {os.geteuid()} listens on the socket, not user 54321 as peer_user says; nothing "
            "was sent")
    assert view.get("ContactError") == text
    assert f"fake: no contact: {text}" in agent.log
    assert fake.sessions > 0
    assert fake.daemon.received == []
    # What is put right holds at once, by number or by name.
    agent.reload([{**settings, "peer_user": os.geteuid()}])
    view.wait(Contact="up")
    agent.reload([{**settings, "peer_user": pwd.getpwuid(os.geteuid()).pw_name}])
    agent.reload([{**settings, "peer_user": 54321}])
    view.wait(Contact="refused")


def test_the_peer_user_is_unknown(start_fake, start_agent, view):
    fake = start_fake()
    agent = start_agent([entry(fake)])
    view.wait(Contact="up")
    agent.reload([entry(fake, peer_user="no-such-user")])
    wait_log(agent, 'instances[0].peer_user: "no-such-user": the system knows no such user')
    wait_log(agent, "the configuration in force stays")
    done = check(agent.config)
    assert done.returncode == 78
    assert "peer_user" in done.stderr


@needs_root
def test_a_daemon_that_gives_up_root_later(lab, pki, start_agent, view):
    """It listens as root, so that is who it is."""
    daemon = openvpn.lone_client(lab, pki, hold=True, extra=("user nobody",)).start()
    settings = {"name": "office", "index": 1, "management": daemon}
    start_agent([{**settings, "peer_user": "root"}])
    view.wait(Contact="up", Pid=daemon.pid)


@pytest.mark.parametrize("password, text", [
    ("wrong", "the daemon does not take the management password in password_file"),
    (None, "the daemon asks for a management password, but password_file is not set"),
])
def test_the_management_password_is_wrong(lab, pki, start_agent, view, password, text):
    daemon = openvpn.lone_client(lab, pki, password="right").start()
    settings = {"name": "office", "index": 1, "management": daemon}
    if password:
        settings["password_file"] = lab.write("agent.pw", password + "\n")
    agent = start_agent([settings])
    view.wait(Contact="refused")
    assert view.get("ContactError") == text
    assert f"office: no contact: {text}" in agent.log


def test_everybody_may_read_the_password_file(lab, start_fake, start_agent, view):
    file = lab.write("agent.pw", "secret\n", mode=0o644)
    agent = start_agent([entry(start_fake(password="secret"), password_file=file)])
    text = f"password file {file}: others can read it: refused (chmod o-r)"
    view.wait(Contact="refused")
    assert view.get("ContactError") == text
    done = check(agent.config)
    assert done.returncode == 78
    assert f"{agent.config}:4: instances[0].password_file: {text}" in done.stderr


def test_a_server_waits_for_its_management_client(lab, pki, start_agent, view, manager):
    server = openvpn.server(lab, pki, extra=["management-client-auth"]).start()
    agent = start_agent([entry(server)])
    view.wait(Contact="up", State="connected")
    known = lab.write("known", "carol\nwonderland\n")
    openvpn.client(lab, pki, server, extra=[f"auth-user-pass {known}"]).start()
    text = "management-client-auth: clients wait for an answer that the agent never gives"
    wait_log(agent, f"server: {text}; no client can log in")
    assert text in view.get("ContactError")
    assert manager.get(f"ovpnRequestKind.{question(manager)}") == "other"


def test_a_login_waits_since_before_contact(lab, pki, start_agent, view):
    server = openvpn.server(lab, pki, extra=["management-client-auth", "hand-window 120"]).start()
    known = lab.write("known", "carol\nwonderland\n")
    openvpn.client(lab, pki, server, extra=[f"auth-user-pass {known}", "hand-window 120"]).start()
    server.wait_log("TLS: Username/Password authentication deferred")
    agent = start_agent([entry(server)])
    wait_log(agent, "server: management-client-auth: clients wait", 20)
    assert "management-client-auth: clients wait" in view.get("ContactError")
    assert view.get("Clients", "PendingClients") == [0, 1]


# The configuration


def check(file, *options, user=None):
    """openvpn-agentx -t, as who runs the tests or as another user."""
    # A process that has given up root may not be looked into by its leak check.
    environment = {**os.environ, "ASAN_OPTIONS": "detect_leaks=0"} if user else None
    return subprocess.run([agent_part.program(), "-t", "-c", file,
                           "-u", user or pwd.getpwuid(os.geteuid()).pw_name, *options],
                          capture_output=True, text=True, check=False, env=environment)


@pytest.mark.parametrize("text, said", [
    ('instances = (\n  { name = "a"; management = "unix:/a"; log_line = 5; }\n);\n',
     ':2: instances[0].log_line: unknown key (did you mean "log_lines"?)'),
    ('agentx = "unix:/a";\ninstance = ();\n',
     ':2: instance: unknown key (did you mean "instances"?)'),
    ('instances = (\n  { name = "a"; management = "unix:/a"; index = 1; },\n'
     '  { name = "b"; management = "unix:/b"; index = 1; }\n);\n',
     ":3: instances[1].index: 1 is the index of instances[0] already"),
    ('instances = (\n  { name = "a"; management = "unix:/a"; allow = [ "signal:HUP" ]; }\n);\n',
     ':2: instances[0].allow[0]: "signal:HUP" is not known '
     "(SIGHUP, SIGTERM, SIGUSR1 and SIGUSR2 are)"),
    ('instances = (\n  { name = "a"; management = "unix:/a" }\n\n', ": syntax error"),
])
def test_typing_errors(lab, program, text, said):
    file = lab.write("typo.conf", text)
    for done in (check(file), subprocess.run([program, "-c", file], capture_output=True, text=True,
                                             check=False)):
        assert done.returncode == 78
        assert file in done.stderr and said in done.stderr, done.stderr


def test_all_faults_are_told(lab, program):
    file = lab.write("faults.conf", "colour = 1;\ninstances = (\n  { index = 0; },\n"
                     + '  { name = "b"; management = "unix:/b unix"; }\n);\n')
    done = check(file)
    assert done.returncode == 78
    assert [line.partition(f"error: {file}:")[2].split(" ")[:2] for line in
            done.stderr.splitlines()] == [["1:", "colour:"], ["3:", "instances[0].index:"],
                                          ["3:", "instances[0].name:"],
                                          ["3:", "instances[0].management:"],
                                          ["4:", "instances[1].management:"]]
    lab.write("faults.conf", "instances = (" + "1, " * 49 + "1);\n")
    lines = check(file).stderr.splitlines()
    assert len(lines) == 21 and lines[-1] == "error: ... and 30 more faults"


def test_wrong_options(program):
    done = subprocess.run([program, "--no-such"], capture_output=True, text=True, check=False)
    assert done.returncode == 64


@needs_root
def test_the_check_looks_as_the_agents_user(lab, program):
    """Root may read everything, so its own look says nothing."""
    os.chmod(lab.folder, 0o755)
    password = lab.write("agent.pw", "secret\n", mode=0o600)
    file = lab.write("good.conf", 'instances = ( { name = "a"; index = 1; '
                     f'management = "unix:{lab.path("a.sock")}"; password_file = "{password}"; }} );\n')
    os.chmod(file, 0o644)
    assert check(file).stdout.startswith(f"{file}: OK, instances: 1")
    done = check(file, user="nobody")
    assert done.returncode == 78 and done.stdout == ""
    assert (f"{file}:1: instances[0].password_file: password file {password}: Permission denied\n"
            in done.stderr)
    assert "this is what the user nobody sees; --user says another\n" in done.stderr
    os.chown(password, -1, pwd.getpwnam("nobody").pw_gid)
    os.chmod(password, 0o640)
    done = check(file, user="nobody")
    assert (done.returncode, done.stdout) == (0, f"{file}: OK, instances: 1, looked as user nobody\n")
    os.chmod(file, 0o600)
    assert f"{file}: Permission denied" in check(file, user="nobody").stderr
    done = check(file, user="no such user")
    assert done.returncode == 1 and "the system knows no user" in done.stderr


def test_no_configuration(lab, program):
    done = check(lab.path("none.conf"))
    assert done.returncode == 78
    assert f"{lab.path('none.conf')}: No such file or directory" in done.stderr


# What is typed to ask


@pytest.fixture
def office(start_fake, start_agent, view):
    start_agent([entry(start_fake(), index=7)])
    view.index = 7
    view.wait(Contact="up", State="connected")


def test_an_index_that_does_not_exist(office, manager):
    with pytest.raises(Absent, match="No Such Instance currently exists at this OID"):
        manager.get("ovpnInstanceName.1")
    for name, kind, value in (("ovpnControlVerb.1", "i", 4), ("ovpnControlSignal.1", "i", "sigusr1"),
                              ("ovpnClientControlAction.7.1", "i", "kill")):
        with pytest.raises(SnmpError) as caught:
            manager.set((name, kind, value))
        assert caught.value.status == "noCreation"


def tool(name, folder, port, *words, **environment):
    return subprocess.run([name, "-v2c", "-c", snmp.COMMUNITY, "-r0", "-t1", f"127.0.0.1:{port}", *words],
                          capture_output=True, text=True, check=False,
                          env={**os.environ, **snmp.environment(folder), **environment})


def test_names_that_do_not_exist(office, lab, snmpd):
    """The tools' own words: an index is a number, the names are in ovpnInstanceName."""
    done = tool("snmpget", lab.folder, snmpd.port, "ovpnInstanceState.office")
    assert "ovpnInstanceState.office: Unknown Object Identifier" in done.stderr
    done = tool("snmpget", lab.folder, snmpd.port, "ovpnInstancState.7")
    assert "ovpnInstancState.7: Unknown Object Identifier" in done.stderr


def test_base_modules_are_missing(office, lab, snmpd):
    """Debian's packages of Net-SNMP come without the IETF's modules; what README says must work."""
    alone = tool("snmpwalk", lab.folder, snmpd.port, "ovpnInstanceName", MIBDIRS=snmp.MIB_FOLDER,
                 MIBS=snmp.MODULE)
    assert "Cannot find module (SNMPv2-SMI)" in alone.stderr
    assert "ovpnInstanceName: Unknown Object Identifier" in alone.stderr
    numeric = tool("snmpwalk", lab.folder, snmpd.port, ".1.3.6.1.4.1.8072.9999.9999.1194.1.2.1.2",
                   MIBS="")
    assert numeric.stdout.endswith('.1194.1.2.1.2.7 = STRING: "fake"\n') and numeric.stderr == ""


def readme_line(start):
    """The line of README.md that begins so."""
    path = os.path.join(os.path.dirname(__file__), "../../README.md")
    with open(path, encoding="utf-8") as file:
        return next(line.strip() for line in file if line.strip().startswith(start))


def test_base_modules_as_readme_puts_them(office, lab, snmpd):
    """The two lines for snmp.conf that README gives, and the script that fills their folder."""
    folder = lab.make_folder("home")
    place = readme_line("mibdirs +").removeprefix("mibdirs +")
    program = "/usr/share/openvpn-agentx/base-mibs "
    assert readme_line(program) == program + place
    lab.write("home/snmp.conf", f"mibdirs +{base_mibs.folder()}:{snmp.MIB_FOLDER}\n"
                                + readme_line("mibs ") + "\n")
    environment = {name: value for name, value in os.environ.items()
                   if name not in ("MIBDIRS", "MIBS")}
    done = subprocess.run(["snmpwalk", "-v2c", "-c", snmp.COMMUNITY, "-r0", "-t1",
                           f"127.0.0.1:{snmpd.port}", "ovpnInstanceName"], check=False,
                          capture_output=True, text=True,
                          env={**environment, "SNMPCONFPATH": folder})
    assert done.stdout == "OPENVPN-MANAGEMENT-MIB::ovpnInstanceName.7 = STRING: fake\n"
    assert done.stderr == ""
