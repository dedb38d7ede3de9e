"""What managers see of shares and their guests, and what ovpnctl makes of it."""

import os
import re

import pytest

from parts.ovpnctl import Ctl
from parts.share import enter, share, shared
from parts.view import InstanceView, rows

pytestmark = pytest.mark.both_ways


@pytest.fixture
def ctl(snmpd):
    return Ctl(snmpd.port, snmpd.folder)


@pytest.fixture
def place(lab, manager, start_fake, start_agent):
    """A share of a scripted daemon that is in contact."""
    office = start_fake("office", mode="client", hold=True)
    found = share(lab, allow=["verb", "passwords"], guests=3)
    start_agent([shared(office, found, status_interval=1, allow=["verb"])])
    InstanceView(lab, manager, 1).wait(60, Contact="up")
    return found


def only(found):
    assert len(found) == 1, found
    return list(found)[0]


def test_a_share_without_guests(ctl, manager, place):
    row = rows(manager, "ovpnShareTable")[(1, 1)]
    assert row["Endpoint"] == place["listen"]
    assert row["Allow"] == "verb, passwords"
    assert (row["Guests"], row["GuestsMax"], row["Denied"]) == (0, 3, 0)
    assert row["OpenedUnix"] > 0 and row["LastDeniedUnix"] == 0
    assert rows(manager, "ovpnGuestTable") == {}
    assert only(ctl.rows("shares"))["endpoint"] == place["listen"]
    assert ctl.rows("guests") == []
    assert "No guest is there." in ctl.table("guests").output


def test_a_guest_is_shown(lab, ctl, manager, place):
    with enter(lab, place) as guest:
        assert guest.one("state on").startswith("SUCCESS")
        assert guest.one("log on").startswith("SUCCESS")
        assert guest.one("kill nobody") == "ERROR: the 'kill' command is not allowed here"
        guest.one('password "Private Key" "very secret"')
        row = only(list(rows(manager, "ovpnGuestTable").values()))
        assert str(os.getpid()) in row["Peer"]
        assert row["LastCommand"] == 'password "Private Key" ***'
        seen = only(ctl.rows("guests"))
        assert seen["streams"] == "state,log"
        assert seen["last_command"] == 'password "Private Key" ***'
        assert "secret" not in ctl.table("guests").output
        share_row = only(ctl.rows("shares"))
        assert (share_row["guests"], share_row["denied"]) == (1, 1)
        assert share_row["last_denied"] == "kill"
        assert re.search(r"^office +unix:\S+ +verb\S*.* 1 +3 +3 +1 +kill$", ctl.table("shares").output,
                         re.MULTILINE)
    lab.wait_until(lambda: ctl.rows("guests") == [], "the guest has gone")
    assert only(ctl.rows("shares"))["guests"] == 0


def test_who_asked(lab, ctl, place):
    """Commands of guests stand beside those of managers."""
    with enter(lab, place) as guest:
        assert guest.one("verb 4").startswith("SUCCESS")
        assert guest.one("verb") == "SUCCESS: verb=4"
    lab.wait_until(lambda: ctl.rows("commands"), "the command is shown")
    row = only(ctl.rows("commands"))
    assert row["command"] == "verb 4" and row["result"] == "success"
    assert row["source"].startswith("share " + place["listen"])
