"""Takes captures into this folder: import.py FOLDER

Copies FOLDER/*.txt and FOLDER/compat/*.txt.  The lines of `help` replies are replaced by a few of
our own, of the same shape, and the lengths of the records are corrected.  NAME.raw is written anew
from the records.
"""

import re
import sys
from pathlib import Path

import framing

# A heading, a command with its summary, and one whose summary goes on in a second line.
HELP = (
    b"Words:\r\n"
    b"hold [on|off|release]  : Tell or change the hold flag, or\r\n"
    b"                         let a held start go on.\r\n"
    b"pid                    : Tell the number of the process.\r\n"
    b"remote-entry-get  i|all [j]: List the remotes in a range.\r\n"
    b"status [n]             : Tell who is connected, in form n.\r\n"
)
HELP_REPLY = re.compile(rb"^(Management Interface for OpenVPN [^\n]*\n)(.*?)^END\r\n", re.M | re.S)


def replace(records, start, end, text):
    """Puts text in place of the received bytes start to end, into the record where they start."""
    at = 0
    for record in records:
        if record.direction == "<":
            first, last = at, at + len(record.data)
            at = last
            if first < end and start < last:
                before = record.data[: max(start - first, 0)]
                behind = record.data[min(end, last) - first :]
                record = record._replace(data=before + (text if start >= first else b"") + behind)
                if not record.data:
                    continue
        yield record


def without_help(capture):
    for found in reversed(list(HELP_REPLY.finditer(framing.received(capture)))):
        records = list(replace(capture.records, found.start(2), found.end(2), HELP))
        capture = capture._replace(records=records)
    return capture


def main(folder):
    here = Path(__file__).parent
    for source in sorted([*folder.glob("*.txt"), *folder.glob("compat/*.txt")]):
        target = here / source.relative_to(folder)
        target.parent.mkdir(exist_ok=True)
        capture = without_help(framing.read(source))
        framing.write(target, capture)
        target.with_suffix(".raw").write_bytes(framing.received(capture))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
