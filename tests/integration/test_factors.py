"""A server that asks for a second factor: the test is the server's manager, the agent the client's."""

import base64

from parts import openvpn
from parts.control import entry, last, refused
from parts.view import InstanceView, rows

CODE = "Xq7-very-secret"


def test_a_second_factor(lab, pki, start_agent, manager, snmptrapd):
    server = openvpn.server(lab, pki, extra=["management-client-auth",
                                             "auth-user-pass-optional"]).start()
    client = openvpn.client(lab, pki, server, "alice", extra=["setenv IV_SSO crtext,openurl"])
    with server.manage() as office:
        office.deadline = 20
        client.start()
        agent = start_agent([entry(client)])
        view = InstanceView(lab, manager)
        view.wait(Contact="up")
        cid, kid = office.wait_notification(">CLIENT:CONNECT").split(",")[1:3]
        assert office.command(f"client-pending-auth {cid} {kid} \"CR_TEXT:E,R:Enter the code\" 40")
        view.wait(20, PendingRequests=1, State="authPending")
        (index, row), = rows(manager, "ovpnRequestTable").items()
        assert (row["Kind"], row["Name"], row["Prompt"], row["Echo"]) == (
            "challenge", "CR_TEXT", "Enter the code", "true")
        assert snmptrapd.wait_traps("ovpnInputNeeded")[0].values["ovpnRequestName"] == "CR_TEXT"
        assert view.get("Info") == ""
        where = f"ovpnCredentialResponse.{index[0]}.{index[1]}"
        assert refused(manager, (where.replace("Response", "Password"), "s", "x")
                       ) == "inconsistentValue"
        manager.set((where, "s", CODE))
        assert last(manager) == ["success", "command succeeded"]
        answer = office.wait_notification(">CLIENT:CR_RESPONSE")
        assert base64.b64decode(answer.split(",")[3]).decode() == CODE
        assert office.command(f"client-auth-nt {cid} {kid}")
        view.wait(30, State="connected", PendingRequests=0)
    row, = rows(manager, "ovpnRequestTable").values()
    assert row["Status"] == "answered"
    shown = str(manager.bulkwalk("OPENVPN-MANAGEMENT-MIB::ovpnRecords"))
    for secret in (CODE, base64.b64encode(CODE.encode()).decode()):
        assert secret not in agent.log + shown
