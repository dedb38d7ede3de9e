"""Where the MIB modules are that ours builds on, see scripts/base-mibs."""

import os
from pathlib import Path

# Set by `make`.  Without it: where README puts them, where snmp-mibs-downloader does.
VARIABLE = "OVPN_BASE_MIBS"
PLACES = ["/usr/local/share/snmp/mibs", "/usr/share/snmp/mibs/ietf"]


def folder():
    """Raises FileNotFoundError when they are nowhere."""
    for place in filter(None, [os.environ.get(VARIABLE), *PLACES]):
        if any(Path(place).glob("SNMPv2-SMI*")):
            return Path(place)
    raise FileNotFoundError(
        f"no base MIB modules: run scripts/base-mibs FOLDER and set {VARIABLE}=FOLDER"
    )
