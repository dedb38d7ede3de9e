"""Guests of the one management session of real daemons."""

import os
import re
import stat

import pytest

from parts import openvpn
from parts.control import last
from parts.share import ALL, Guest, enter, share, shared
from parts.view import InstanceView

# What the daemon is asked directly, and its twin by way of a share.
LINES = """
help|version|pid|nclients|load-stats|status|status 1|status 2|status 3|status 4|status 0|status x
state|state 1|state 0|state x|state all|state on|state off|state on all|state off all|state on x
state on off|state "on" 1|log|log on|log off|log x|log 0|log on x|log off x|log on off|echo|echo on
echo all|echo 1|echo on all|echo off|echo x|bytecount|bytecount 0|bytecount 5|bytecount x
bytecount -1|env-filter|env-filter 2|env-filter x|env-filter 0
verb|verb 4|verb 3|verb 16|verb -1|mute|mute 5|mute 0|mute -1|auth-retry|auth-retry interact
auth-retry bad|auth-retry none|hold|hold on|hold off|hold maybe|hold release|HOLD|Pid|pid extra
kill|kill nobody|kill 1.2.3.4:5|kill 1.2.3.4|client-kill|client-kill 99|client-kill x
client-kill 99 HALT|client-deny|client-deny 0 1|client-deny x 1 no
client-auth-nt|client-auth-nt 5|client-auth-nt x 1|client-auth-nt 5 x
client-pending-auth|signal|signal SIGWHAT|username|username Auth|username Auth x
password|password Auth x|needok|needok x ok|needstr x|needstr x y|forget-passwords
cr-response|remote|proxy|net|test|test 0|test 3|test 12
remote-entry-count|remote-entry-get|remote-entry-get 0
push-update-broad|push-update-cid|push-update-cid 1
rubbish|rubbish with words||   |# a comment|; another|pid # comment
"pid"|'pid'|pi\\d|"pid|'pid|pid "|"verb" "4"|verb '3'|\\"pid|pid \\x|status "3"|verb "|kill ""
""".strip().replace("\n", "|").split("|")

# The daemon's own words, or what it does on purpose, is another thing than what a share does.
DIFFER = {
    'client-auth-nt 5': "both refuse it",
}


def plain(lines):
    """Without numbers and traces of the session."""
    own = re.compile(r"MANAGEMENT: (CMD|Client|>STATE)")
    return [re.sub(r"\d+", "N", line) for line in lines if not own.search(line)]


def test_a_twin_answers_the_same(lab, pki, start_agent, snmpd):
    direct = openvpn.server(lab, pki, "direct").start()
    twin = openvpn.server(lab, pki, "twin").start()
    direct.wait_completed()
    twin.wait_completed()
    place = share(lab, allow=ALL)
    start_agent([shared(twin, place)])
    guest = enter(lab, place)
    with direct.manage() as host, guest:
        assert guest.greeting == host.greeting
        differ = {}
        for line in LINES:
            theirs, ours = plain(host.command(line)), plain(guest.command(line))
            if theirs != ours and line not in DIFFER:
                differ[line] = (theirs, ours)
    assert len(LINES) > 100
    assert differ == {}
