"""SETs on real daemons: each command with its effect in the daemon."""

import pytest

from parts import openvpn
from parts.snmp import SnmpError
from parts.view import InstanceView, rows

ALL = ["hold", "kill", "verb", "mute", "signal:SIGHUP", "signal:SIGTERM", "signal:SIGUSR1",
       "signal:SIGUSR2", "auth-retry", "passwords", "confirm", "refresh", "net", "session"]


def entry(daemon, index=1, allow=ALL, **others):
    return {"name": daemon.name, "index": index, "management": daemon, "status_interval": 1,
            "allow": allow, **others}


def refused(manager, *changes):
    """The error status of a SET."""
    with pytest.raises(SnmpError) as caught:
        manager.set(*changes)
    return caught.value.status


def last(manager, index=1):
    return manager.get(f"ovpnControlLastResult.{index}", f"ovpnControlLastReply.{index}")


@pytest.fixture
def client(lab, pki):
    return openvpn.lone_client(lab, pki).start()


def test_settings(lab, client, start_agent, manager):
    start_agent([entry(client)])
    view = InstanceView(lab, manager)
    view.wait(Contact="up")
    manager.set(("ovpnControlVerb.1", "i", 5), ("ovpnControlMute.1", "i", 7),
                ("ovpnControlHoldFlag.1", "i", "true"), ("ovpnControlAuthRetry.1", "i", "interact"))
    assert view.get("Verb", "Mute", "HoldFlag", "AuthRetry") == [5, 7, "true", "interact"]
    assert last(manager) == ["success", "auth-retry parameter changed"]
    for command in ("verb 5", "mute 7", "hold on", "auth-retry interact"):
        client.wait_log(f"MANAGEMENT: CMD '{command}'")
    shown = [row["ovpnCommandCommand"] for row in manager.table("ovpnCommandTable").values()]
    assert shown == ["verb 5", "mute 7", "hold on", "auth-retry interact"]
