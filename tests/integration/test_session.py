"""The management session against real daemons: restarts, ends and their reasons, holds, slots."""

import os
import signal

import pytest

from parts import openvpn
from parts.view import InstanceView

pytestmark = pytest.mark.both_ways


def instance(name, daemon, index=1, **others):
    return {"name": name, "index": index, "management": daemon, "status_interval": 1} | others


@pytest.fixture
def view(lab, manager):
    """Instance 1."""
    return InstanceView(lab, manager)


def change_config(daemon, change):
    with open(daemon.config, encoding="utf-8") as file:
        text = file.read()
    with open(daemon.config, "w", encoding="utf-8") as file:
        file.write(change(text))


def test_sighup_brings_the_settings_of_the_file(lab, pki, start_agent, view):
    server = openvpn.server(lab, pki).start()
    start_agent([instance("office", server)])
    view.wait(Contact="up", State="connected", Verb=3, Mute=0)
    contacts = view.get("Contacts")
    change_config(server, lambda text: text + "\nverb 4\nmute 7\n")
    server.signal(signal.SIGHUP)
    view.wait(Contact="up", State="connected", Verb=4, Mute=7)
    assert view.get("Contacts") == contacts


def test_a_verb_that_never_ends(lab, pki, start_agent, view):
    """From verb 8 on the daemon logs that it tells us its log; it is left and taken up without it."""
    server = openvpn.server(lab, pki).start()
    agent = start_agent([instance("office", server)])
    view.wait(Contact="up", State="connected", Verb=3)
    change_config(server, lambda text: text + "\nverb 8\n")
    server.signal(signal.SIGHUP)
    view.wait(Contact="up", State="connected", Verb=8, deadline=40)
    assert view.get("Contacts") == 2
    assert "without end: verb is 8 or more" in agent.log


def test_a_broken_config_is_the_reason_of_the_end(lab, pki, start_agent, view):
    server = openvpn.server(lab, pki).start()
    start_agent([instance("office", server)])
    view.wait(Contact="up", State="connected")
    change_config(server, lambda text: text + "\nno-such-option\n")
    server.signal(signal.SIGHUP)
    view.wait(Contact="disconnected", State="unknown")
    assert "Options error" in view.get("ContactError")


def test_sigterm_is_the_reason_of_the_end(lab, pki, start_agent, view):
    server = openvpn.server(lab, pki).start()
    start_agent([instance("office", server)])
    view.wait(Contact="up", State="connected")
    server.signal(signal.SIGTERM)
    view.wait(Contact="disconnected")
    assert view.get("ContactError") == "the daemon has ended: SIGTERM"


def test_a_fatal_error_is_the_reason_of_the_end(lab, pki, start_agent, view, snmptrapd):
    server = openvpn.server(lab, pki).start()
    start_agent([instance("office", server)])
    view.wait(Contact="up", State="connected")
    broken = lab.write("broken-ca", "this is no certificate\n")
    change_config(server, lambda text: text + f"\nca {broken}\n")
    server.signal(signal.SIGHUP)
    view.wait(Contact="disconnected")
    fatal = snmptrapd.wait_traps("ovpnFatal")[0]
    message = view.get("FatalMessage")
    assert message and fatal.values["ovpnInstanceFatalMessage"] == message
    assert message in view.get("ContactError")


def test_the_slot_is_taken_and_freed(lab, pki, start_agent, view):
    server = openvpn.server(lab, pki).start()
    with server.manage():
        start_agent([instance("office", server)])
        view.wait(deadline=20, Contact="refused")
        assert "another management client" in view.get("ContactError")
    view.wait(Contact="up", State="connected")


@pytest.mark.skipif(os.geteuid() != 0, reason="a socket for another user needs root")
def test_a_wrong_user_is_told_apart(lab, pki, start_agent, view):
    server = openvpn.server(lab, pki, extra=["management-client-user nobody"]).start()
    start_agent([instance("office", server)])
    view.wait(Contact="refused")
    assert "management-client-user" in view.get("ContactError")


def test_polling_leaves_the_log_of_an_idle_daemon_alone(lab, pki, start_agent, view):
    held = openvpn.lone_client(lab, pki, hold=True).start()
    start_agent([instance("branch", held, status_interval=3)])
    view.wait(Contact="up", HoldWaiting="true")
    commands = held.log.count("MANAGEMENT: CMD")
    statuses = held.log.count("MANAGEMENT: CMD 'status")
    assert statuses <= 1
    # load-stats goes on, which the daemon does not log; each answer makes it younger.
    for _ in range(2):
        view.wait(Age=2)
        view.wait(Age=0)
    assert held.log.count("MANAGEMENT: CMD") - commands <= 1
    assert held.log.count("MANAGEMENT: CMD 'status") <= 1


def test_two_peers(lab, pki, start_agent, view):
    left, right = openvpn.peers(lab, pki)
    left.start()
    right.start()
    start_agent([instance("left", left)])
    view.wait(Contact="up", State="connected", Mode="peerToPeer", Clients=0)


def test_a_host_name(lab, pki, start_agent, view):
    """OpenVPN listens on one of the addresses that localhost has; another system may have one."""
    daemon = openvpn.lone_client(lab, pki, management="tcp", password="right").start()
    daemon.endpoint = daemon.endpoint.replace("127.0.0.1", "localhost")
    agent = start_agent([{"name": "office", "index": 1, "management": daemon,
                          "password_file": lab.path("known")}])
    lab.write("known", "right\n")
    view.wait(Contact="up", Pid=daemon.pid)
    assert view.get("Endpoint") == daemon.endpoint
    assert "goes over a network" not in agent.log
    agent.reload([{"name": "office", "index": 1, "management": "tcp:nowhere.invalid:7505"}])
    view.wait(Contact="disconnected")
    assert view.get("ContactError").startswith("cannot connect: ")
    assert "instances[0].management: the management protocol is not encrypted" in agent.log


def test_a_client_over_tcp_and_ipv6(lab, pki, start_agent, view, manager):
    server = openvpn.server(lab, pki, proto="tcp6").start()
    openvpn.client(lab, pki, server).start().wait_completed()
    start_agent([instance("office", server)])
    view.wait(Contact="up", Clients=1)
    client = {varbind.name: varbind.value
              for varbind in manager.walk("OPENVPN-MANAGEMENT-MIB::ovpnClientTable")}
    assert client["ovpnClientRealAddrType"] == "ipv6"
    assert client["ovpnClientRealText"] == "::1"
    assert client["ovpnClientRealPort"] == 0


def test_the_agent_leaves_without_a_word(lab, pki, start_agent, view):
    server = openvpn.server(lab, pki).start()
    agent = start_agent([instance("office", server)])
    view.wait(Contact="up", State="connected")
    agent.stop()
    server.wait_log("MANAGEMENT: Client disconnected")
    assert "CMD 'exit" not in server.log and "CMD 'quit" not in server.log
    assert "pkcs11" not in server.log.lower().replace("[pkcs11]", "")
