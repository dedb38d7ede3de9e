"""Prints the users of OpenVPN servers, by names: pysnmp 4 (Debian 12: python3-pysnmp4, python3-pysmi).

    python3 users_pysnmp.py HOST [PORT [FOLDER...]]

The folders have MIB modules as texts, ours and those that it builds on.
"""

import sys

from pysnmp.hlapi import (
    ContextData,
    ObjectIdentity,
    ObjectType,
    SnmpEngine,
    UdpTransportTarget,
    UsmUserData,
    bulkCmd,
    usmAesCfb128Protocol,
    usmHMAC192SHA256AuthProtocol,
)

USER = UsmUserData("ovpnmonitor", "a long password", "another long password",
                   authProtocol=usmHMAC192SHA256AuthProtocol, privProtocol=usmAesCfb128Protocol)
MODULE = "OPENVPN-MANAGEMENT-MIB"
COLUMNS = ["ovpnUserInstanceName", "ovpnUserName", "ovpnUserOnline", "ovpnUserBytesIn", "ovpnUserBytesOut"]


def main(host, port=161, *folders):
    sources = [f"file://{folder}" for folder in folders or ("/usr/share/snmp/mibs",
                                                              "/usr/local/share/snmp/mibs")]
    objects = [ObjectType(ObjectIdentity(MODULE, column).addAsn1MibSource(*sources)) for column in COLUMNS]
    answers = bulkCmd(SnmpEngine(), USER, UdpTransportTarget((host, int(port))), ContextData(), 0, 10,
                      *objects, lexicographicMode=False)
    for failure, status, _, row in answers:
        if failure or status:
            sys.exit(str(failure or status.prettyPrint()))
        daemon, name, online, received, sent = (value.prettyPrint() for _, value in row)
        print(f"{daemon}/{name} online={online} in={received} out={sent}")


if __name__ == "__main__":
    main(*sys.argv[1:])
