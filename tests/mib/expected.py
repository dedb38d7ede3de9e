"""What the module must have, written by hand: names, numbers, syntax, access.

A table is its name less `Table`, its place below the root, and its index objects; then a line for
each column in the order of its numbers: name less the table's, SYNTAX, and `na` or `rw` where it is
not read-only.  Numbers start at 1.  Later additions go last, and nothing is renamed or dropped.
"""

SCALARS = """
ovpnAgent 1.1
    Version                  SnmpAdminString
    StartTime                DateAndTime
    StartTimeUnix            OvpnUnixTime
    Instances                Gauge32
    ConfigLoaded             TimeStamp
    StateLoaded              INTEGER
    StateSavedUnix           OvpnUnixTime
    NotificationsSent        Counter32
    NotificationsDropped     Counter32
    NotificationsSuppressed  Counter32
ovpn 1.10
    NotificationSequence     OvpnSequence         notify
    NotificationUnixTime     OvpnUnixTime         notify
    MutedNotification        OBJECT-IDENTIFIER    notify
    MutedCount               Unsigned32           notify
    NotificationReason       OvpnText             notify
"""

TABLES = """
ovpnInstance 1.2 ovpnInstanceIndex
    Index                Unsigned32           na
    Name                 SnmpAdminString
    Endpoint             SnmpAdminString
    Contact              OvpnContact
    ContactLastChange    TimeStamp
    ContactSinceUnix     OvpnUnixTime
    ContactError         OvpnText
    Contacts             Counter32
    Age                  Gauge32
    Version              OvpnText
    ManagementVersion    Unsigned32
    Pid                  Unsigned32
    Mode                 INTEGER
    State                OvpnState
    StateName            SnmpAdminString
    StateSince           DateAndTime
    StateSinceUnix       OvpnUnixTime
    StateReason          OvpnText
    StateLastChange      TimeStamp
    IfIndex              OvpnInterfaceIndexOrZero
    IfName               SnmpAdminString
    TunnelIpv4           OvpnIpv4
    TunnelIpv6           OvpnIpv6
    TunnelText           SnmpAdminString
    LocalAddrType        InetAddressType
    LocalAddr            InetAddress
    LocalPort            InetPortNumber
    LocalText            SnmpAdminString
    RemoteAddrType       InetAddressType
    RemoteAddr           InetAddress
    RemotePort           InetPortNumber
    RemoteText           SnmpAdminString
    HoldFlag             OvpnTruth
    HoldWaiting          OvpnTruth
    HoldWaitHint         Unsigned32
    Verb                 Integer32
    Mute                 Integer32
    AuthRetry            OvpnAuthRetry
    Clients              Gauge32
    ClientsPeak          Gauge32
    ClientsMax           Gauge32
    PendingClients       Gauge32
    LoginsAccepted       Counter32
    LoginsRejected       Counter32
    BytesIn              Counter64
    BytesOut             Counter64
    TunReadBytes         Counter64
    TunWriteBytes        Counter64
    LinkReadBytes        Counter64
    LinkWriteBytes       Counter64
    AuthReadBytes        Counter64
    BcastQueueMax        Gauge32
    DcoEnabled           OvpnTruth
    StatusUpdated        DateAndTime
    StatusUpdatedUnix    OvpnUnixTime
    StatusAge            Gauge32
    StatusComplete       OvpnTruth
    PendingRequests      Gauge32
    Fatals               Counter32
    Errors               Counter32
    Warnings             Counter32
    DiscontinuityTime    TimeStamp
    TunnelDiscontinuity  TimeStamp
    FatalMessage         OvpnText
    FatalUnix            OvpnUnixTime
    Info                 OvpnText
    ConfigError          OvpnText
    UnknownMessages      Counter32
    LogLast              OvpnSequence
    StateLast            OvpnSequence
    EchoLast             OvpnSequence
    SessionLast          OvpnSequence
    RowsDropped          Counter32
    LinesCut             Counter32
    UsersDropped         Counter32
ovpnClient 1.3 ovpnInstanceIndex ovpnClientIndex
    Index                Unsigned32           na
    InstanceName         SnmpAdminString
    CommonName           SnmpAdminString
    Username             SnmpAdminString
    UserIndex            Unsigned32
    RealProto            INTEGER
    RealAddrType         InetAddressType
    RealAddr             InetAddress
    RealPort             InetPortNumber
    RealText             SnmpAdminString
    VirtualIpv4          OvpnIpv4
    VirtualIpv6          OvpnIpv6
    TunnelText           SnmpAdminString
    BytesIn              Counter64
    BytesOut             Counter64
    ConnectedSince       DateAndTime
    ConnectedSinceUnix   OvpnUnixTime
    ConnectedSeconds     Gauge32
    ClientId             Integer32
    PeerId               Integer32
    Cipher               SnmpAdminString
    LastRef              DateAndTime
    LastRefUnix          OvpnUnixTime
    DiscontinuityTime    TimeStamp
    Pending              OvpnTruth
    Confirmed            OvpnTruth
ovpnPeer 1.4 ovpnInstanceIndex ovpnClientIndex
    Version              SnmpAdminString
    Platform             SnmpAdminString
    GuiVersion           SnmpAdminString
    Sso                  SnmpAdminString
    PlatformVersion      SnmpAdminString
    HardwareAddress      SnmpAdminString
    Ssl                  SnmpAdminString
    Variables            SnmpAdminString
ovpnUser 1.5 ovpnInstanceIndex ovpnUserIndex
    Index                Unsigned32           na
    InstanceName         SnmpAdminString
    Name                 SnmpAdminString
    Online               OvpnTruth
    Sessions             Gauge32
    Connects             Counter32
    Rejected             Counter32
    BytesIn              Counter64
    BytesOut             Counter64
    Seconds              Counter64
    LastConnected        DateAndTime
    LastConnectedUnix    OvpnUnixTime
    LastSeen             DateAndTime
    LastSeenUnix         OvpnUnixTime
    RealText             SnmpAdminString
    TunnelText           SnmpAdminString
    Created              DateAndTime
    CreatedUnix          OvpnUnixTime
ovpnRoute 1.6 ovpnInstanceIndex ovpnRouteIndex
    Index                Unsigned32           na
    InstanceName         SnmpAdminString
    Kind                 INTEGER
    Address              SnmpAdminString
    Cached               OvpnTruth
    CommonName           SnmpAdminString
    ClientIndex          Unsigned32
    LastRef              DateAndTime
    LastRefUnix          OvpnUnixTime
ovpnRequest 1.7 ovpnInstanceIndex ovpnRequestIndex
    Index                Unsigned32           na
    Kind                 INTEGER
    Name                 SnmpAdminString
    Prompt               OvpnText
    Reason               OvpnText
    Echo                 OvpnTruth
    Since                DateAndTime
    SinceUnix            OvpnUnixTime
    Ended                DateAndTime
    EndedUnix            OvpnUnixTime
    Status               INTEGER
ovpnCapability 1.8 ovpnInstanceIndex ovpnCapabilityIndex
    Index                Unsigned32           na
    Command              SnmpAdminString
    Summary              OvpnText
ovpnCertificate 1.9 ovpnInstanceIndex ovpnCertificateIndex
    Index                Unsigned32           na
    InstanceName         SnmpAdminString
    Role                 INTEGER
    Subject              OvpnText
    Serial               SnmpAdminString
    NotBefore            DateAndTime
    NotBeforeUnix        OvpnUnixTime
    NotAfter             DateAndTime
    NotAfterUnix         OvpnUnixTime
    SecondsLeft          Integer32
    Source               OvpnText
ovpnShare 1.11 ovpnInstanceIndex ovpnShareIndex
    Index                Unsigned32           na
    InstanceName         SnmpAdminString
    Endpoint             SnmpAdminString
    Allow                SnmpAdminString
    Guests               Gauge32
    GuestsMax            Gauge32
    Connects             Counter32
    Refused              Counter32
    Commands             Counter32
    Denied               Counter32
    Dropped              Counter32
    LastDenied           OvpnText
    LastDeniedUnix       OvpnUnixTime
    Opened               DateAndTime
    OpenedUnix           OvpnUnixTime
ovpnState 2.1 ovpnInstanceIndex ovpnStateSeq
    Seq                  OvpnSequence         na
    Time                 DateAndTime
    TimeUnix             OvpnUnixTime
    Value                OvpnState
    Name                 SnmpAdminString
    Reason               OvpnText
    TunnelIpv4           OvpnIpv4
    TunnelIpv6           OvpnIpv6
    TunnelText           SnmpAdminString
    RemoteText           SnmpAdminString
    LocalText            SnmpAdminString
ovpnLog 2.2 ovpnInstanceIndex ovpnLogSeq
    Seq                  OvpnSequence         na
    Time                 DateAndTime
    TimeUnix             OvpnUnixTime
    Flags                OvpnLogFlags
    Message              OvpnText
ovpnEcho 2.3 ovpnInstanceIndex ovpnEchoSeq
    Seq                  OvpnSequence         na
    Time                 DateAndTime
    TimeUnix             OvpnUnixTime
    Message              OvpnText
ovpnSession 2.4 ovpnInstanceIndex ovpnSessionSeq
    Seq                  OvpnSequence         na
    InstanceName         SnmpAdminString
    CommonName           SnmpAdminString
    Username             SnmpAdminString
    UserIndex            Unsigned32
    RealAddrType         InetAddressType
    RealAddr             InetAddress
    RealPort             InetPortNumber
    RealText             SnmpAdminString
    VirtualIpv4          OvpnIpv4
    VirtualIpv6          OvpnIpv6
    TunnelText           SnmpAdminString
    BytesIn              Counter64
    BytesOut             Counter64
    Connected            DateAndTime
    ConnectedUnix        OvpnUnixTime
    Ended                DateAndTime
    EndedUnix            OvpnUnixTime
    Seconds              Unsigned32
    ClientIndex          Unsigned32
ovpnCommand 2.5 ovpnInstanceIndex ovpnCommandSeq
    Seq                  OvpnSequence         na
    Time                 DateAndTime
    TimeUnix             OvpnUnixTime
    Source               OvpnText
    Command              OvpnText
    Result               INTEGER
    Reply                OvpnText
    Milliseconds         Unsigned32
ovpnNet 2.6 ovpnInstanceIndex ovpnNetLine
    Line                 Unsigned32           na
    Text                 OvpnText
ovpnPkcs11 2.7 ovpnInstanceIndex ovpnPkcs11Index
    Index                Unsigned32           na
    Id                   OvpnText
    Blob                 OCTET-STRING
    Truncated            OvpnTruth
ovpnGuest 2.8 ovpnInstanceIndex ovpnGuestIndex
    Index                Unsigned32           na
    InstanceName         SnmpAdminString
    Share                Unsigned32
    Peer                 OvpnText
    Since                DateAndTime
    SinceUnix            OvpnUnixTime
    Streams              BITS
    Commands             Counter32
    LastCommand          OvpnText
ovpnControl 3.1.1 ovpnInstanceIndex
    Serial               TestAndIncr          rw
    Session              INTEGER              rw
    HoldFlag             OvpnTruth            rw
    HoldRelease          INTEGER              rw
    Verb                 Integer32            rw
    Mute                 Integer32            rw
    Signal               INTEGER              rw
    KillCommonName       SnmpAdminString      rw
    KillAddress          SnmpAdminString      rw
    AuthRetry            OvpnAuthRetry        rw
    ForgetPasswords      INTEGER              rw
    Refresh              INTEGER              rw
    NetRefresh           INTEGER              rw
    Pkcs11Refresh        INTEGER              rw
    NetUpdatedUnix       OvpnUnixTime
    Pkcs11UpdatedUnix    OvpnUnixTime
    Pkcs11Count          Integer32
    LastCommand          OvpnSequence
    LastResult           INTEGER
    LastReply            OvpnText
ovpnClientControl 3.1.2 ovpnInstanceIndex ovpnClientIndex
    Action               INTEGER              rw
ovpnConfirm 3.1.3 ovpnInstanceIndex ovpnRequestIndex
    Confirm              INTEGER              rw
ovpnCredential 3.2.1 ovpnInstanceIndex ovpnRequestIndex
    Username             SnmpAdminString      rw
    Password             OCTET-STRING         rw
    Response             OCTET-STRING         rw
    String               OCTET-STRING         rw
"""

# Name less `ovpn`, and what follows sequence, time and name of the instance, which those of the agent
# do not carry; numbered from 0.1.  A `/` in front: without the table's name.
_CLIENT = "CommonName Username RealText TunnelText"
NOTIFICATIONS = [
    ("AgentStarted", "Agent", "Version Instances StateLoaded"),
    ("AgentStopping", "Agent", "Version"),
    ("ContactLost", "Instance", "Contact ContactError"),
    ("ContactRestored", "Instance", "Contact Version Pid State"),
    ("TunnelUp", "Instance", "State /NotificationReason TunnelText RemoteText"),
    ("TunnelDown", "Instance", "State /NotificationReason TunnelText RemoteText"),
    ("StateChange", "Instance", "State StateName StateReason TunnelText RemoteText"),
    ("Fatal", "Instance", "FatalMessage"),
    ("HoldWaiting", "Instance", "HoldWaiting HoldWaitHint"),
    ("HoldEnded", "Instance", "HoldWaiting State"),
    ("InputNeeded", "Request", "Kind Name Prompt"),
    ("InputEnded", "Request", "Kind Name Status"),
    ("AuthenticationFailed", "Request", "Name Reason"),
    ("ClientConnected", "Client", _CLIENT),
    ("ClientDisconnected", "Session", _CLIENT + " BytesIn BytesOut Seconds ClientIndex"),
    ("ClientRejected", "Client", "CommonName Username RealText /NotificationReason"),
    ("CertificateExpires", "Certificate", "Role Subject NotAfterUnix SecondsLeft Source"),
    ("LogAlert", "Log", "Flags Message"),
    ("Echo", "Echo", "Message"),
    ("NotificationsMuted", "Muted", "Notification Count"),
]

# Labels in the order of their numbers, from 1; of BITS from 0.
ENUMERATIONS = {
    "ovpnAgentStateLoaded": "none fresh loaded refused",
    "ovpnCertificateRole": "ca cert crl extraCert",
    "ovpnInstanceContact": "disconnected connecting authenticating synchronizing up stale refused"
    " detached awaited",
    "ovpnInstanceMode": "unknown server client peerToPeer",
    "ovpnInstanceState": "unknown connecting wait auth getConfig assignIp addRoutes connected"
    " reconnecting exiting resolve tcpConnect authPending",
    "ovpnInstanceHoldFlag": "true false unknown",
    "ovpnInstanceAuthRetry": "unknown none interact nointeract",
    "ovpnClientRealProto": "unknown udp tcp",
    "ovpnRouteKind": "unknown ipv4 ipv6 mac",
    "ovpnRequestKind": "unknown password usernamePassword username confirm string other"
                       " challenge",
    "ovpnRequestStatus": "pending answered failed withdrawn",
    "ovpnGuestStreams": "state log echo bytecount",
    "ovpnLogFlags": "informational fatal nonFatal warning debug",
    "ovpnCommandResult": "pending success error timedOut rejected",
    "ovpnControlLastResult": "pending success error timedOut rejected",
    "ovpnControlSession": "attached detached",
    "ovpnControlHoldRelease": "ready release",
    "ovpnControlSignal": "none sighup sigterm sigusr1 sigusr2",
    "ovpnControlForgetPasswords": "ready forget",
    "ovpnControlRefresh": "ready refresh",
    "ovpnControlNetRefresh": "ready refresh",
    "ovpnControlPkcs11Refresh": "ready refresh",
    "ovpnClientControlAction": "none kill halt",
    "ovpnConfirmConfirm": "none ok cancel",
}

# Ranges of numbers and sizes of octets.
LIMITS = {
    "ovpnInstanceIndex": [(1, 2147483647)],
    "ovpnInstanceName": [(1, 32)],
    "ovpnInstanceVerb": [(-1, 15)],
    "ovpnInstanceMute": [(-1, 2147483647)],
    "ovpnInstanceContactError": [(0, 1024)],
    "ovpnInstanceTunnelIpv4": [(0, 0), (4, 4)],
    "ovpnInstanceTunnelIpv6": [(0, 0), (16, 16)],
    "ovpnInstanceStateReason": [(0, 1024)],
    "ovpnClientClientId": [(-1, 2147483647)],
    "ovpnClientPeerId": [(-1, 2147483647)],
    "ovpnLogSeq": [(1, 4294967295)],
    "ovpnControlVerb": [(-1, 15)],
    "ovpnControlMute": [(-1, 2147483647)],
    "ovpnControlKillAddress": [(0, 64)],
    "ovpnControlPkcs11Count": [(-1, 2147483647)],
    "ovpnCredentialUsername": [(0, 255)],
    "ovpnCredentialPassword": [(0, 255)],
    "ovpnCredentialResponse": [(0, 255)],
    "ovpnCredentialString": [(0, 255)],
}

_ACCESS = {
    "na": "not-accessible",
    "rw": "read-write",
    "notify": "accessible-for-notify",
    "": "read-only",
}


def _read(text):
    """Yields (prefix, place, indexes, [(name, syntax, access)]) for each block."""
    block = None
    for line in text.strip().splitlines():
        words = line.split()
        if not line.startswith(" "):
            if block:
                yield block
            block = (words[0], tuple(map(int, words[1].split("."))), tuple(words[2:]), [])
        else:
            name, syntax, access = (*words, "")[:3]
            block[3].append((block[0] + name, syntax.replace("-", " "), _ACCESS[access]))
    yield block


def objects():
    """All scalars and columns as {name: (place below the root, syntax, access, index objects)}."""
    found = {}
    for _, place, _, members in _read(SCALARS):
        for number, (name, syntax, access) in enumerate(members, 1):
            found[name] = (*place, number), syntax, access, ()
    for _, place, indexes, members in _read(TABLES):
        for number, (name, syntax, access) in enumerate(members, 1):
            found[name] = (*place, 1, number), syntax, access, indexes
    return found


def notifications():
    """All notifications as {name: (place below the root, names of what they carry)}."""
    first = ["ovpnNotificationSequence", "ovpnNotificationUnixTime"]
    found = {}
    for number, (name, prefix, words) in enumerate(NOTIFICATIONS, 1):
        head = first if prefix == "Agent" else [*first, "ovpnInstanceName"]
        own = ["ovpn" + (word[1:] if word[0] == "/" else prefix + word) for word in words.split()]
        found["ovpn" + name] = (0, number), (*head, *own)
    return found
