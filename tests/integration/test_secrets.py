"""Keys and tokens that a real daemon logs from verb 7 on: they are in nothing that the agent says."""

import re
import subprocess

import pytest

from parts import openvpn
from parts.view import InstanceView, rows

pytestmark = pytest.mark.both_ways

ROOT = ".1.3.6.1.4.1.8072.9999.9999.1194"
KEY = re.compile(r"(?:(?<!sid=)[0-9a-f]{8} ){2,}[0-9a-f]{8}")
TOKEN = re.compile(r"SESS_ID_AT_([0-9A-Za-z+/]{32})")
USERS = {"alice": "wonderland"}


@pytest.fixture
def view(lab, manager):
    return InstanceView(lab, manager)


def static_key(lab):
    path = lab.path("static.key")
    subprocess.run([openvpn.PROGRAM, "--genkey", "secret", path], check=True)
    return path


def make(lab, pki, verb):
    """A server that gives tokens and its client; keys for each direction of everything there is."""
    key = static_key(lab)
    login = lab.write("login", "\n".join(*USERS.items()) + "\n")
    server = openvpn.server(lab, pki, users=USERS, extra=[
        f"tls-crypt {key}", "auth-gen-token 3600", "data-ciphers AES-256-CBC",
        "management-log-cache 5000"])
    with open(server.config, encoding="utf-8") as file:
        text = file.read()
    with open(server.config, "w", encoding="utf-8") as file:
        file.write(text.replace("\nverb 3\n", f"\nverb {verb}\n"))
    client = openvpn.client(lab, pki, server, "alice", extra=[
        f"tls-crypt {key}", f"auth-user-pass {login}", "data-ciphers AES-256-CBC"])
    return server, client


def entry(server):
    return {"name": "office", "index": 1, "management": server, "status_interval": 1,
            "log_lines": 5000, "allow": ["verb"], "notify_rate": 10000,
            "notify": ["state-all", "client", "echo", "log:IFNWD", "fatal", "contact"]}


def words(secret):
    """What gives a part of a secret away: two groups of a key in a row, or a token's start."""
    groups = secret.split(" ")
    return [f"{a} {b}" for a, b in zip(groups, groups[1:])] or [secret]


def secrets_of(log):
    found = set(KEY.findall(log)) | set(TOKEN.findall(log))
    assert sum("KEY:" in line for line in log.splitlines()) >= 8
    assert len(found) >= 10 and TOKEN.search(log) and "Master Encrypt" in log
    return {word for secret in found for word in words(secret)}


def assert_kept(secrets, *texts):
    """No test output says which secret it was."""
    for text in texts:
        assert sum(secret in text for secret in secrets) == 0


def replayed(lab, manager, view):
    """The log has come, keys and tokens in it are masked."""
    def messages():
        return [row["Message"] for row in rows(manager, "ovpnLogTable").values()]

    lab.wait_until(lambda: any("KEY: ***" in text for text in messages()), "masked keys", 30)
    found = messages()
    assert any("Generated token for client: *** (alice)" in text for text in found)
    assert any("Master Encrypt" in text and text.endswith("bits): ***") for text in found)
    assert view.get("Contact") == "up"


def walk(manager):
    return "\n".join(str(varbind.value) for varbind in manager.bulkwalk(ROOT))


@pytest.mark.parametrize("verb", [7, 9])
def test_while_verb_is_high(lab, pki, start_agent, manager, view, snmptrapd, verb):
    server, client = make(lab, pki, 3)
    server.start()
    agent = start_agent([entry(server)])
    view.wait(Contact="up", State="connected", Verb=3)
    manager.set(("ovpnControlVerb.1", "i", verb))
    before = view.get("LogLast")
    client.start().wait_completed()
    view.wait(Contact="up", Clients=1)
    assert view.get("LogLast") == before
    # What was logged meanwhile is told as soon as the stream goes on.
    manager.set(("ovpnControlVerb.1", "i", 4))
    replayed(lab, manager, view)
    secrets = secrets_of(server.log)
    assert_kept(secrets, walk(manager), snmptrapd.log, agent.log)
    assert snmptrapd.traps("ovpnClientConnected")


@pytest.mark.parametrize("verb", [7, 9])
def test_what_was_logged_before_the_agent_came(lab, pki, start_agent, manager, view, snmptrapd,
                                               verb):
    server, client = make(lab, pki, verb)
    server.start()
    client.start().wait_completed()
    with server.manage() as session:
        session.command("verb 4")
    agent = start_agent([entry(server)])
    view.wait(Contact="up", Clients=1, Verb=4)
    replayed(lab, manager, view)
    assert_kept(secrets_of(server.log), walk(manager), snmptrapd.log, agent.log)


NAMES = ["MANAGEMENT: Client x", "MANAGEMENT: CMD 'x", "Options error: x", "CRV1:zz"]


def test_names_that_look_like_the_daemon(lab, pki, start_agent, manager, view):
    """A client's lines begin with its name: they are all there, and are no last words."""
    server = openvpn.server(lab, pki, extra=["management-log-cache 1000"]).start()
    start_agent([{**entry(server), "notify": []}])
    view.wait(Contact="up", State="connected")
    for number, name in enumerate(NAMES):
        openvpn.client(lab, pki, server, f"client{number}",
                       common_name=name).start().wait_completed()
    view.wait(Contact="up", Clients=len(NAMES))
    shown = [row["Message"] for row in rows(manager, "ovpnLogTable").values()]
    for name in NAMES:
        begin = name if "CMD" not in name else "MANAGEMENT: CMD '***"
        assert any(text.startswith(begin + "/127.0.0.1:") and "MULTI: primary virtual IP" in text
                   for text in shown), name
    server.kill()
    view.wait(Contact="disconnected")
    assert view.get("ContactError") == "the daemon closed the session"
