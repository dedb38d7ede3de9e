#ifndef TESTS_UNIT_HEADERS_H
#define TESTS_UNIT_HEADERS_H

/* The beginning of a `status 3` of 2.6. */
#define STATUS_TITLE "TITLE\tOpenVPN 2.6.14\r\n"
#define STATUS_HEADERS                                                                             \
    "HEADER\tCLIENT_LIST\tCommon Name\tReal Address\tVirtual Address\tVirtual IPv6 Address\t"      \
    "Bytes Received\tBytes Sent\tConnected Since\tConnected Since (time_t)\tUsername\t"            \
    "Client ID\tPeer ID\tData Channel Cipher\r\n"                                                  \
    "HEADER\tROUTING_TABLE\tVirtual Address\tCommon Name\tReal Address\tLast Ref\t"                \
    "Last Ref (time_t)\r\n"

#endif
