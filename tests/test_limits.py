"""The bounds in the source are those that openvpn-agentx.conf(5) names, and none is left out."""

import re

import pytest

from source import c_files, text_of

PAGE = "man/openvpn-agentx.conf.5.in"

# Row of the page's table: its limit as it stands there, and where that comes from.  A constant may
# be divided, to name another unit.
ROWS = {
    "Line of a daemon": ("{} bytes", "LINES_MAX"),
    "Text in a table, OvpnText": ("{} bytes", "TEXT_MAX"),
    "Text in a table, names": ("{} bytes", "ADMIN_MAX"),
    "Reply kept of a command": ("{} bytes", "EXCHANGE_TEXT_MAX"),
    "Command to a daemon": ("{} bytes", "COMMAND_MAX"),
    "Parameter of a command": ("{} bytes", "COMMAND_PARAMETER_MAX"),
    "Name for kill": ("{} bytes", "KILL_FIELD_MAX"),
    "Commands that wait, each daemon": ("{}", "CONNECTION_QUEUE_MAX"),
    "Unsent bytes, each daemon": ("{}", "UNSENT_MAX"),
    "Answer to a command": ("{} MiB + {} x rows", "HISTORY_BYTES / 1048576", "ROW_BYTES"),
    "Answer, time": ("reply_timeout",),
    "Answer overdue": ("{} seconds", "CONNECTION_STALE_AFTER / 1000"),
    "Turns of its event loop in the log": ("{}", "SPINS"),
    "Greeting of a daemon": ("{} seconds", "GREETING_WAIT / 1000"),
    "Connection attempts": ("{} to {} seconds apart", "PAUSE_FIRST / 1000", "PAUSE_MAX / 1000"),
    "The same, when refused": ("{} seconds apart", "PAUSE_REFUSED / 1000"),
    "Silence of a TCP peer": ("{} seconds", "KEEPALIVE_IDLE"),
    "Read at once from a daemon": ("{} bytes", "TURN_BYTES"),
    "Daemons read before others have a turn": ("{}", "TURN_READS"),
    "Open files kept from daemons": ("{}", "KEPT"),
    "Columns of a status": ("{}", "STATUS_COLUMNS"),
    "Rows alike in a status": ("{}", "TWINS_MAX"),
    "Rows in ovpnCapabilityTable": ("{}", "CAPABILITIES_MAX"),
    "Rows in ovpnNetTable": ("{}", "NET_LINES_MAX"),
    "Rows in ovpnPkcs11Table": ("{}", "PKCS11_MAX"),
    "Certificate in ovpnPkcs11Table": ("{} bytes", "PKCS11_BLOB_MAX"),
    "Rows in ovpnCertificateTable, each daemon": ("{}", "CERTIFICATES_MAX"),
    "File of a daemon": ("{} MiB", "SETUP_FILE_MAX / 1048576"),
    "Files of a daemon": ("{}", "SETUP_FILES_MAX"),
    "Depth of config in a daemon's file": ("{}", "CONFIG_DEPTH_MAX"),
    "Line of a daemon's file": ("{} bytes", "DIRECTIVE_LINE_MAX"),
    "Words of such a line": ("{}", "DIRECTIVE_WORDS_MAX"),
    "Daemons whose files are read at a time": ("{}", "FOLLOWERS_AT_ONCE"),
    "Log lines on refused logins, each daemon": ("{}", "REASONS_MAX"),
    "Open questions, each daemon": ("{}", "REQUESTS_OPEN_MAX"),
    "Shares of a daemon": ("{}", "SHARES_MAX"),
    "Guests of a share": ("{}", "SHARE_GUESTS_MAX"),
    "Commands of a share in a second": ("{}", "SHARE_RATE_MAX"),
    "Logins that wait for a guest": ("{}", "ANSWERS_LOGINS_MAX"),
    "Questions that guests answer, each daemon": ("{}", "ANSWERS_QUESTIONS_MAX"),
    "Lines that belong to a guest's command": ("{}", "BLOCK_LINES_MAX"),
    "The same, in bytes": ("{}", "CONNECTION_BLOCK_MAX"),
    "Words of a guest's command": ("{}", "LEXER_WORDS_MAX"),
    "Word of a guest's command": ("{} bytes", "LEXER_WORD_MAX"),
    "Lines that a guest may ask of test": ("{}", "TEST_MAX"),
    "Question of a server, where it told a longer time": ("{} seconds", "FACTOR_SECONDS_MAX"),
    "Varbinds of a SET": ("{}", "PLAN_MAX"),
    "SETs known when they come again": ("{}", "REPEATS_MAX"),
    "SETs between two phases": ("{}", "WAITING_MAX"),
    "Notifications that wait": ("{}", "OUTBOX_BOUND"),
    "Varbinds of a notification": ("{} bytes", "CAPTURE_MAX"),
    "Sendings without an answer": ("{}", "SENDINGS_MAX"),
    "Pause behind two late notifications": ("{} times as long, up to {} seconds", "REST_SHARE",
                                            "REST_MAX / 1000"),
    "Answer to a manager": ("{} bytes", "WIRE_ANSWER_MAX"),
    "Message to a manager, with listen": ("{} bytes", "MESSAGE_MAX"),
    "Values in answer to a GetBulk of the master agent": ("{}", "EXPRESS_VALUES_MAX"),
    "Request of the master agent": ("{} bytes", "GATE_PDU_MAX"),
    "SETs under way, each session": ("{}", "GATE_SETS_MAX"),
    "Requests known when they come again": ("{}", "GATE_REQUESTS_MAX"),
    "What waits for the master agent": ("{} MiB", "OUTGOING_MAX / 1048576"),
    "Line of the agent's log": ("{} bytes", "SINK_TEXT_MAX"),
    "Refused SETs in the log": ("{} in {} seconds", "LOG_BURST", "LOG_PERIOD / 1000"),
    "Configuration, with what it includes": ("{} MiB", "SOURCE_MAX / 1048576"),
    "Look-ups of host names at a time": ("{}", "LOOKUPS_MAX"),
    "File of the memory": ("{} MiB", "WRITER_BYTES_MAX / 1048576"),
    "Addresses in listen": ("{}", "LISTEN_MAX"),
    "File of snmp_config": ("{} MiB", "GRANTS_FILE_MAX / 1048576"),
    "Depth of @include": ("{}", "DEPTH_MAX"),
    "Faults told of a configuration": ("{}", "CONFIG_FAULTS_MAX"),
}

# What the page says elsewhere.
SENTENCES = [
    ("or that of a container, of {} bytes at most", "HOST_NAME_BYTES_MAX"),
    ("each for up to {} seconds while others are left", "ADDRESS_WAIT / 1000"),
    ("{} look-ups run at a time", "LOOKUPS_MAX"),
    ("then every {} seconds if something has changed", "STORE_PERIOD / 1000"),
    ("for which the agent waits {} seconds at most", "STORE_WAIT / 1000"),
    ("numbers then go on {} higher", "RECALL_ROOM"),
    ("are told, the first {} of them", "CONFIG_FAULTS_MAX"),
    ("It has 1 to {} bytes of UTF-8", "CONFIG_NAME_MAX"),
    ("ovpnInstanceIndex: 1 to {}", "INDEX_MAX"),
    ("stretches by itself to {} times as long as the daemon took for the last status", "STRETCH"),
    ("1 to {} addresses,", "LISTEN_MAX"),
    ("that comes again within {} seconds", "REPEATS_MS / 1000"),
    ("late are {} milliseconds", "LATE_MS"),
    ("but by this to {} minutes at most", "STRETCH_MAX / 60000"),
    ("but for {} second after the last status", "NOW_MIN / 1000"),
    ("by number, 0 to {};", "USER_ID_MAX"),
    ("Up to {} numbers from 1 to {}.", "EXPIRY_DAYS_MAX", "EXPIRY_DAY_MAX"),
    ("looks each {} seconds whether", "FOLLOWER_INTERVAL / 1000"),
    ("is closed when {} MiB waits", "EVENTS_BYTES_MAX / 1048576"),
    ("Commands of all its guests in a second, 1 to {};", "SHARE_RATE_MAX"),
    ("How many guests there may be at once, 1 to {};", "SHARE_GUESTS_MAX"),
    ("{} probes, {} seconds apart", "KEEPALIVE_COUNT", "KEEPALIVE_INTERVAL"),
]

# These bound nothing that a daemon, a manager or a file can fill: buffers and shapes of the source.
INTERNAL = {
    "ANSWERS_NAME_MAX", "ASK_SHOWN_MAX", "DOOR_PEER_MAX", "MODE_MAX", "VERB_TEXT_MAX",
    "CHANGE_SHOWN_MAX", "CHANGE_SOURCE_MAX", "CHANGE_TEXT_MAX", "COMMAND_SHOWN_MAX",
    "COMMAND_VERB_LOG_MAX", "CREDENTIALS_COMMANDS_MAX", "EARLY_BLOCKS_MAX", "FIELD_TIME_MAX", "KEEP_NAME_MAX",
    "KEEP_WORDS_MAX", "LINE_MAX_BYTES",
    "PATH_MAX_BYTES", "POOL_MAX", "REQUESTER_TEXT_MAX", "SETTINGS_SHOWN_MAX", "SKIPS_MAX",
    "SOURCE_KEY_MAX", "SUGGEST_TEXT_MAX", "TAIL_MAX", "VARBINDS_MAX", "WALKER_ARITY_MAX",
    "WALKER_OID_MAX", "WORD_MAX",
}

SOURCES = [text_of(path) for path in c_files("src", "agent")]
NUMBER = r"(\(?(?:0x)?[0-9][0-9a-fxul]*(?: << [0-9]+)?\)?)"


def values_of(name):
    """What the source defines the constant as; a list with one number when all is well."""
    pattern = re.compile(rf"(?:#define {name} +{NUMBER}$|[{{ \n]{name} = {NUMBER}(?= *[,}} \n]))",
                         re.MULTILINE)
    found = []
    for text in SOURCES:
        for match in pattern.finditer(text):
            number = re.sub(r"[()ul]", "", match.group(1) or match.group(2))
            base, _, shift = number.partition(" << ")
            found.append(int(base, 0) << int(shift or 0))
    return found


def value_of(words):
    """A constant, or one `/ N`."""
    name, _, divisor = words.partition(" / ")
    values = values_of(name)
    assert len(values) == 1, f"{name} is defined as {values}"
    quotient, rest = divmod(values[0], int(divisor or 1))
    assert rest == 0, words
    return quotient


def table_of(page):
    """The rows of LIMITS: {what: limit}."""
    section = page.partition("\n.Sh LIMITS\n")[2].partition("\n.Sh ")[0]
    rows = section.partition(".Bl -tag -compact")[2].partition("\n.El")[0]
    found = {}
    for what, limit in re.findall(r"^\.It (.*)\n(.*)$", rows, re.MULTILINE):
        assert what not in found
        found[what] = limit.removeprefix(".Ic ").rstrip("; ")
    return found


def prose_of(page):
    return " ".join(page.split())


@pytest.mark.parametrize("what", ROWS)
def test_the_table_gives_the_number(what):
    form, *names = ROWS[what]
    assert table_of(text_of(PAGE))[what] == form.format(*map(value_of, names))


def test_the_table_has_no_other_rows():
    assert set(table_of(text_of(PAGE))) == set(ROWS)


@pytest.mark.parametrize("form, names", [(form, names) for form, *names in SENTENCES])
def test_the_text_gives_the_number(form, names):
    assert form.format(*map(value_of, names)) in prose_of(text_of(PAGE))


def test_no_bound_is_left_out():
    """A constant whose name ends in _MAX, or in _BOUND, is told to the user, or is none of his."""
    bound = re.compile(r"(?:#define|enum \{|,|^) *([A-Z][A-Z0-9_]*_(?:MAX|BOUND)(?:_BYTES)?)(?: +[(0-9]| = )",
                       re.MULTILINE)
    written = {name for text in SOURCES for name in bound.findall(text)}
    told = {words.partition(" / ")[0] for _, *names in [*ROWS.values(), *SENTENCES]
            for words in names}
    assert written - told - INTERNAL == set(), "neither in the page nor in INTERNAL"
    assert INTERNAL - written == set(), "in INTERNAL, but not in the source"


# The checks themselves.


def test_what_is_not_there_is_found():
    assert values_of("NO_SUCH_BOUND") == []
    with pytest.raises(AssertionError):
        value_of("NO_SUCH_BOUND")
    with pytest.raises(AssertionError):
        value_of("DEPTH_MAX / 3")
    assert table_of("\n.Sh LIMITS\n.Bl -tag -compact -width x\n.It A, b\n5 bytes;\nc\n"
                    ".It D\n.Ic key ;\nx\n.It E\n6\n.El\n.It F\n1\n.Sh X\n") == {
        "A, b": "5 bytes", "D": "key", "E": "6"}
