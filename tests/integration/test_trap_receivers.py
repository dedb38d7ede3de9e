"""The files for snmptrapd's programs: SNMPTT makes a line of each notification, and some become mail.

Real snmptrapd and snmptt; sendmail is one that only writes down what it gets.
"""

import os
import re
import shutil
import subprocess

import pytest

from fake import questions
from parts import snmp
from parts.control import entry
from parts.process import Child, free_port
from parts.snmp import Snmpd
from parts.view import InstanceView

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
BUILD = os.environ.get("OVPN_AGENTX_BUILD", "")
INI = "/etc/snmp/snmptt.ini"
SETTINGS = {"mode": "daemon", "daemon_fork": "0", "daemon_uid": "", "sleep": "1", "log_enable": "1",
            "log_system_enable": "0", "syslog_enable": "0", "syslog_system_enable": "0",
            "unknown_trap_log_enable": "1"}

# Of each notification what it carries behind number, time and daemon, as types and values of snmptrap,
# and what SNMPTT has to say: severity and sentence.
ANY = [("ovpnNotificationSequence.0", "u", 7), ("ovpnNotificationUnixTime.0", "u", 1795625300)]
OFFICE = [*ANY, ("ovpnInstanceName.1", "s", "office")]
CERTIFICATE = [*OFFICE, ("ovpnCertificateRole.1.2", "i", 2), ("ovpnCertificateSubject.1.2", "s", "CN=server"),
               ("ovpnCertificateNotAfterUnix.1.2", "u", 1795700000)]
TUNNEL = [("ovpnInstanceTunnelText.1", "s", "10.8.0.2"), ("ovpnInstanceRemoteText.1", "s", "192.0.2.1:1194")]
QUESTION = [*OFFICE, ("ovpnRequestKind.1.5", "i", 1), ("ovpnRequestName.1.5", "s", "Auth")]
CLIENT = [("ovpnClientCommonName.1.9", "s", "alice"), ("ovpnClientUsername.1.9", "s", ""),
          ("ovpnClientRealText.1.9", "s", "198.51.100.7:1194")]
CASES = [
    ("ovpnAgentStarted", [*ANY, ("ovpnAgentVersion.0", "s", "0.1.0"), ("ovpnAgentInstances.0", "u", 3),
                          ("ovpnAgentStateLoaded.0", "i", 1)],
     "Informational", "OpenVPN: the agent has started, version 0.1.0, 3 daemons"),
    ("ovpnAgentStopping", [*ANY, ("ovpnAgentVersion.0", "s", "0.1.0")],
     "Warning", "OpenVPN: the agent stops, version 0.1.0; from now on nobody watches the daemons"),
    ("ovpnContactLost", [*OFFICE, ("ovpnInstanceContact.1", "i", 1),
                         ("ovpnInstanceContactError.1", "s", "connection refused")],
     "Major", "OpenVPN office: no contact with the daemon: connection refused"),
    ("ovpnContactRestored", [*OFFICE, ("ovpnInstanceContact.1", "i", 5),
                             ("ovpnInstanceVersion.1", "s", "OpenVPN 2.6.14"), ("ovpnInstancePid.1", "u", 4711),
                             ("ovpnInstanceState.1", "i", 8)],
     "Normal", "OpenVPN office: in contact again, process 4711, OpenVPN 2.6.14"),
    ("ovpnTunnelUp", [*OFFICE, ("ovpnInstanceState.1", "i", 8), ("ovpnNotificationReason.0", "s", "SUCCESS"),
                      *TUNNEL],
     "Normal", "OpenVPN office: the tunnel is up, address 10.8.0.2"),
    ("ovpnTunnelDown", [*OFFICE, ("ovpnInstanceState.1", "i", 9), ("ovpnNotificationReason.0", "s", "ping-restart"),
                        *TUNNEL],
     "Major", "OpenVPN office: the tunnel is down: ping-restart"),
    ("ovpnStateChange", [*OFFICE, ("ovpnInstanceState.1", "i", 4), ("ovpnInstanceStateName.1", "s", "AUTH"),
                         ("ovpnInstanceStateReason.1", "s", ""), *TUNNEL],
     "Informational", "OpenVPN office: the state is AUTH"),
    ("ovpnFatal", [*OFFICE, ("ovpnInstanceFatalMessage.1", "s", "cannot bind `id` $(id) \"x\"")],
     # SNMPTT takes away what a shell would act on.
     "Critical", "OpenVPN office: the daemon ends with a fatal error: cannot bind 'id' (id)"),
    ("ovpnHoldWaiting", [*OFFICE, ("ovpnInstanceHoldWaiting.1", "i", 1), ("ovpnInstanceHoldWaitHint.1", "u", 10)],
     "Minor", "OpenVPN office: does nothing until somebody releases its hold"),
    ("ovpnHoldEnded", [*OFFICE, ("ovpnInstanceHoldWaiting.1", "i", 2), ("ovpnInstanceState.1", "i", 2)],
     "Normal", "OpenVPN office: is not held any more"),
    ("ovpnInputNeeded", [*QUESTION, ("ovpnRequestPrompt.1.5", "s", "Need 'Auth' username/password")],
     "Minor", "OpenVPN office: waits until somebody answers Auth: Need 'Auth' username/password"),
    ("ovpnInputEnded", [*QUESTION, ("ovpnRequestStatus.1.5", "i", 2)],
     "Normal", "OpenVPN office: got an answer to Auth"),
    ("ovpnInputEnded", [*QUESTION, ("ovpnRequestStatus.1.5", "i", 3)],
     "Normal", "OpenVPN office: the answer to Auth was wrong"),
    ("ovpnInputEnded", [*QUESTION, ("ovpnRequestStatus.1.5", "i", 4)],
     "Normal", "OpenVPN office: does not wait for an answer to Auth any more"),
    ("ovpnAuthenticationFailed", [*OFFICE, ("ovpnRequestName.1.5", "s", "Auth"),
                                  ("ovpnRequestReason.1.5", "s", "no such user")],
     "Major", "OpenVPN office: the answer to Auth was wrong: no such user"),
    ("ovpnClientConnected", [*OFFICE, *CLIENT, ("ovpnClientTunnelText.1.9", "s", "10.8.0.6")],
     "Informational", "OpenVPN office: alice has connected from 198.51.100.7:1194, address 10.8.0.6"),
    ("ovpnClientDisconnected", [
        *OFFICE, ("ovpnSessionCommonName.1.3", "s", "alice"), ("ovpnSessionUsername.1.3", "s", ""),
        ("ovpnSessionRealText.1.3", "s", "198.51.100.7:1194"), ("ovpnSessionTunnelText.1.3", "s", "10.8.0.6"),
        ("ovpnSessionBytesIn.1.3", "C", 5000000000), ("ovpnSessionBytesOut.1.3", "C", 20),
        ("ovpnSessionSeconds.1.3", "u", 61), ("ovpnSessionClientIndex.1.3", "u", 9)],
     "Informational", "OpenVPN office: alice from 198.51.100.7:1194 has left after 61 seconds, "
                      "5000000000 octets received from it, 20 sent"),
    ("ovpnClientRejected", [*OFFICE, *CLIENT, ("ovpnNotificationReason.0", "s", "wrong password")],
     "Warning", "OpenVPN office: alice from 198.51.100.7:1194 was not let in: wrong password"),
    ("ovpnCertificateExpires", [*CERTIFICATE, ("ovpnCertificateSecondsLeft.1.2", "i", 86000),
                                ("ovpnCertificateSource.1.2", "s", "/etc/openvpn/server.crt")],
     "Major", "OpenVPN office: the certificate of CN=server ends in 86000 seconds, "
              "file /etc/openvpn/server.crt"),
    ("ovpnCertificateExpires", [*CERTIFICATE, ("ovpnCertificateSecondsLeft.1.2", "i", -3),
                                ("ovpnCertificateSource.1.2", "s", "/etc/openvpn/server.crt")],
     "Critical", "OpenVPN office: the certificate of CN=server has ended, file /etc/openvpn/server.crt"),
    ("ovpnLogAlert", [*OFFICE, ("ovpnLogFlags.1.3", "x", "10"), ("ovpnLogMessage.1.3", "s", "be careful")],
     "Warning", "OpenVPN office: logs: be careful"),
    ("ovpnEcho", [*OFFICE, ("ovpnEchoMessage.1.3", "s", "forget-passwords")],
     "Informational", "OpenVPN office: was sent an echo: forget-passwords"),
    ("ovpnNotificationsMuted", [*OFFICE, ("ovpnMutedNotification.0", "o", "ovpnClientConnected"),
                                ("ovpnMutedCount.0", "u", 12)],
     "Warning", "OpenVPN office: 12 notifications of"),
]
MAILED = {"ovpnAgentStopping", "ovpnContactLost", "ovpnContactRestored", "ovpnTunnelUp", "ovpnTunnelDown",
          "ovpnFatal", "ovpnHoldWaiting", "ovpnInputNeeded", "ovpnAuthenticationFailed",
          "ovpnCertificateExpires"}


class Receiver(Child):
    """snmptrapd, with snmptt and the mail program as its programs; by numbers, as README.md says."""

    def __init__(self, lab):
        self.port = free_port()
        self.address = f"udp:127.0.0.1:{self.port}"
        self.folder = lab.make_folder("receiver")
        self.mails_path, self.lines_path = lab.path("mails"), lab.path("sentences")
        self.ini = self._ini(lab)
        stub = lab.make_folder("bin")
        # All of a mail at once.
        lab.write("bin/sendmail", f"#!/bin/sh\ntext=$(cat)\nprintf '@@ %s\\n%s\\n' \"$*\" \"$text\" "
                                  f">>'{self.mails_path}'\n", 0o700)
        mail = os.path.join(TOP, "integrations/snmptrapd/mail-notification")
        configuration = lab.write("receiver/snmptrapd.conf", "disableAuthorization yes\n"
                                  f"traphandle default /usr/sbin/snmptthandler --ini={self.ini}\n"
                                  f"traphandle .1.3.6.1.4.1.8072.9999.9999.1194.0.* {mail} admin@example.net\n"
                                  f"traphandle .1.3.6.1.4.1.8072.9999.9999.1194.0.* /usr/sbin/snmptthandler "
                                  f"--ini={self.ini}\n")
        super().__init__(lab, "receiver", ["snmptrapd", "-f", "-n", "-C", "-c", configuration, "-Lo", "-OnU",
                                           self.address], {
            **snmp.environment(self.folder), "MIBS": "", "PATH": f"{stub}:{os.environ['PATH']}"})
        self.spawn()
        lab.wait_until(lambda: "NET-SNMP version" in self.log, "snmptrapd listens")
        Child(lab, "snmptt", ["/usr/sbin/snmptt", "--daemon", f"--ini={self.ini}"]).spawn()

    def _ini(self, lab):
        """Debian's, with the shipped events and places in the lab."""
        with open(INI, encoding="utf-8") as file:
            text = file.read()
        events = os.path.join(BUILD, "generated/integrations/snmptrapd/snmptt.conf")
        for key, value in {**SETTINGS, "log_file": self.lines_path, "pid_file": lab.path("snmptt.pid"),
                           "spool_directory": lab.make_folder("spool") + "/",
                           "unknown_trap_log_file": lab.path("unknown.log")}.items():
            text, count = re.subn(rf"(?m)^{key} *=.*$", f"{key} = {value}", text)
            assert count == 1, key
        text, count = re.subn(r"(?m)^snmptt_conf_files = <<END\n.*?^END$",
                              f"snmptt_conf_files = <<END\n{events}\nEND", text, flags=re.DOTALL)
        assert count == 1
        return lab.write("snmptt.ini", text)

    def send(self, name, values):
        """By Net-SNMP's own tool, from the MIB module."""
        words = [str(word) for value in values for word in value]
        done = subprocess.run(["snmptrap", "-v2c", "-c", "public", f"127.0.0.1:{self.port}", "", name, *words],
                              env={**os.environ, **snmp.environment(self.folder)}, text=True,
                              capture_output=True, check=False, timeout=20)
        assert done.returncode == 0, done.stderr

    @property
    def lines(self):
        """(name, severity, sentence) of each line of SNMPTT's log."""
        found = []
        if os.path.exists(self.lines_path):
            with open(self.lines_path, encoding="utf-8") as file:
                for line in file:
                    match = re.search(r" \.[\d.]+ (\w+) \"OpenVPN\" \S+ - (.*)$", line.rstrip("\n"))
                    assert match, line
                    found.append(match.groups())
        return found

    @property
    def mails(self):
        if not os.path.exists(self.mails_path):
            return []
        with open(self.mails_path, encoding="utf-8") as file:
            return file.read().split("@@ ")[1:]


@pytest.fixture
def receiver(lab):
    if not shutil.which("snmptt") or not os.path.exists(INI):
        pytest.skip("snmptt is not installed")
    return Receiver(lab)


def test_each_notification_is_a_sentence(lab, receiver):
    for name, values, *_ in CASES:
        receiver.send(name, values)
    lab.wait_until(lambda: len(receiver.lines) >= len(CASES), "all have their lines", 60)
    for (name, _, severity, sentence), line in zip(CASES, receiver.lines):
        assert line[0] == severity and line[1].startswith(sentence), (name, line)
    assert not os.path.exists(lab.path("unknown.log")) or not os.path.getsize(lab.path("unknown.log"))
    mailed = [name for name, *_ in CASES if name in MAILED]
    assert len(receiver.mails) == len(mailed)
    assert all(mail.startswith("-t -i\nTo: admin@example.net\nSubject: OpenVPN ")
               for mail in receiver.mails)
    fatal = receiver.mails[mailed.index("ovpnFatal")]
    assert "\nSubject: OpenVPN office: fatal error\n" in fatal
    assert 'cannot bind `id` $(id)' in fatal
    assert "at 2026-11-25 16:48:20 UTC" in fatal


def test_a_name_cannot_add_to_the_head_of_a_mail(lab, receiver):
    """Whoever may send notifications may send any bytes."""
    receiver.send("ovpnHoldWaiting", [*ANY, ("ovpnInstanceName.1", "s", "x\nBcc: victim@example.net\n\n.\nx"),
                                      ("ovpnInstanceHoldWaiting.1", "i", 1), ("ovpnInstanceHoldWaitHint.1", "u", 1)])
    lab.wait_until(lambda: receiver.mails, "the mail")
    head = receiver.mails[0].partition("\n\n")[0]
    assert "\nBcc" not in head and head.count("\n") == 6


def test_notifications_of_the_agent(lab, receiver, start_fake, start_agent):
    snmpd = Snmpd(lab, sink=receiver).start()
    fake = start_fake("branch", mode="client", hold=True)
    agent = start_agent([entry(fake, name="branch", notify=["hold", "contact", "input", "state"])], master=snmpd)
    view = InstanceView(lab, snmpd.manager())
    view.wait(Contact="up", HoldWaiting="true")
    with fake.script() as daemon:
        daemon.release()
        daemon.ask(questions.ask_user())
    view.wait(PendingRequests=1)
    fake.close()
    view.wait(Contact="disconnected")
    agent.stop()
    wanted = [("Informational", "OpenVPN: the agent has started, version "),
              ("Minor", "OpenVPN branch: does nothing until somebody releases its hold"),
              ("Normal", "OpenVPN branch: is not held any more"),
              ("Minor", "OpenVPN branch: waits until somebody answers Auth: "),
              ("Major", "OpenVPN branch: no contact with the daemon: "),
              ("Warning", "OpenVPN: the agent stops, version ")]

    def told():
        return all(any(line[0] == severity and line[1].startswith(sentence) for line in receiver.lines)
                   for severity, sentence in wanted)

    lab.wait_until(told, lambda: f"SNMPTT tells all; so far {receiver.lines}", 30)
    subjects = re.findall(r"^Subject: (.*)$", "".join(receiver.mails), re.MULTILINE)
    for subject in ("OpenVPN branch: waits for a hold release", "OpenVPN branch: waits for an answer",
                    "OpenVPN branch: no contact", "OpenVPN agent: the agent stops"):
        assert subject in subjects
