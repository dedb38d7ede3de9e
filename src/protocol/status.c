#include "protocol/status.h"

#include <string.h>
#include <time.h>

enum section {
    SECTION_START,
    SECTION_ROWS,     /* formats 2 and 3: each row says what it is */
    SECTION_CLIENTS,  /* format 1 */
    SECTION_ROUTES,   /* format 1 */
    SECTION_GLOBALS,  /* format 1 */
    SECTION_COUNTERS, /* client and point-to-point mode */
    SECTION_DONE
};

/* What a column of a client or route row means. */
enum field {
    FIELD_COMMON_NAME,
    FIELD_REAL_ADDRESS,
    FIELD_VIRTUAL_ADDRESS,
    FIELD_VIRTUAL_IPV6,
    FIELD_BYTES_IN,
    FIELD_BYTES_OUT,
    FIELD_SINCE_TEXT,
    FIELD_SINCE,
    FIELD_USERNAME,
    FIELD_CLIENT_ID,
    FIELD_PEER_ID,
    FIELD_CIPHER,
    FIELD_LAST_REF_TEXT,
    FIELD_LAST_REF,
    FIELD_IGNORED,
    FIELD_COUNT
};

/* The words of the HEADER rows and of the titles in format 1. */
static const char *const field_names[FIELD_COUNT] = {
    [FIELD_COMMON_NAME] = "Common Name",
    [FIELD_REAL_ADDRESS] = "Real Address",
    [FIELD_VIRTUAL_ADDRESS] = "Virtual Address",
    [FIELD_VIRTUAL_IPV6] = "Virtual IPv6 Address",
    [FIELD_BYTES_IN] = "Bytes Received",
    [FIELD_BYTES_OUT] = "Bytes Sent",
    [FIELD_SINCE_TEXT] = "Connected Since",
    [FIELD_SINCE] = "Connected Since (time_t)",
    [FIELD_USERNAME] = "Username",
    [FIELD_CLIENT_ID] = "Client ID",
    [FIELD_PEER_ID] = "Peer ID",
    [FIELD_CIPHER] = "Data Channel Cipher",
    [FIELD_LAST_REF_TEXT] = "Last Ref",
    [FIELD_LAST_REF] = "Last Ref (time_t)",
};

void status_begin(struct status_reader *reader)
{
    memset(reader, 0, sizeof(*reader));
}

static unsigned read_header(struct slice names, char separator, signed char *columns)
{
    unsigned count = 0;

    while (names.at && count < STATUS_COLUMNS) {
        struct slice name = slice_cut(&names, separator);

        columns[count] = FIELD_IGNORED;
        for (int field = 0; field < FIELD_IGNORED; field++)
            if (slice_is(name, field_names[field]))
                columns[count] = (signed char)field;
        count++;
    }
    return names.at ? 0 : count;
}

static size_t count_row_fields(struct slice row, char separator)
{
    size_t fields = 1;

    for (slice_cut(&row, separator); row.at; slice_cut(&row, separator))
        fields++;
    return fields;
}

/* The fields by meaning of a row that has just as many as the header. */
static bool split_exactly(struct slice row, char separator, const signed char *columns,
                          unsigned count, struct slice *fields)
{
    const char *at = row.at;
    const char *end = row.at + row.len;

    for (unsigned i = 0; i + 1 < count; i++) {
        const char *found = memchr(at, separator, (size_t)(end - at));

        if (!found)
            return false;
        fields[columns[i]] = (struct slice){at, (size_t)(found - at)};
        at = found + 1;
    }
    fields[columns[count - 1]] = (struct slice){at, (size_t)(end - at)};
    return !memchr(at, separator, (size_t)(end - at));
}

/*
 * Splits a row into its fields by meaning.  A name may hold the separator of formats 1 and 2: where
 * the common name is the only free text, the surplus is its own; where there is a user name too the
 * row cannot be read for sure.
 */
static bool split(struct slice row, char separator, const signed char *columns, unsigned count,
                  struct slice *fields)
{
    size_t surplus;

    memset(fields, 0, FIELD_COUNT * sizeof(*fields));
    if (count == 0 || !row.at)
        return false;
    if (split_exactly(row, separator, columns, count, fields))
        return true;
    surplus = count_row_fields(row, separator);
    if (surplus < count || memchr(columns, FIELD_USERNAME, count))
        return false;
    surplus -= count;
    for (unsigned i = 0; i < count; i++) {
        struct slice field = slice_cut(&row, separator);

        for (; columns[i] == FIELD_COMMON_NAME && surplus > 0; surplus--)
            field.len += 1 + slice_cut(&row, separator).len;
        fields[columns[i]] = field;
    }
    return !row.at;
}

/*
 * Format 1 has no numbers for times: ctime(3)'s form up to 2.4, ISO since 2.5, both local.  It
 * costs as much as six rows without: to be called only where there is no number.
 */
static int64_t read_local_time(struct slice text)
{
    struct tm broken = {.tm_isdst = -1};
    char copy[32];
    const char *end;
    time_t seconds;

    if (text.len == 0 || text.len >= sizeof(copy))
        return 0;
    memcpy(copy, text.at, text.len);
    copy[text.len] = '\0';
    end = strptime(copy, "%Y-%m-%d %H:%M:%S", &broken);
    if (!end)
        end = strptime(copy, "%a %b %d %H:%M:%S %Y", &broken);
    if (!end || *end != '\0')
        return 0;
    seconds = mktime(&broken);
    return seconds > 0 ? (int64_t)seconds : 0;
}

/* A number that is there must be one; an absent or a negative one is the default. */
static bool optional_i64(struct slice text, int64_t *out)
{
    int64_t number;

    if (text.len == 0)
        return true;
    if (!slice_to_i64(text, &number))
        return false;
    if (number >= 0)
        *out = number;
    return true;
}

/* The time that a row tells as a number, else as text; 0 when it does not. */
static bool read_time(struct slice number, struct slice text, int64_t *out)
{
    *out = number.len > 0 ? 0 : read_local_time(text);
    return optional_i64(number, out);
}

static bool read_client_row(const struct slice *fields, struct status_client *client)
{
    *client = (struct status_client){
        .common_name = fields[FIELD_COMMON_NAME],
        .real_address = fields[FIELD_REAL_ADDRESS],
        .virtual_ipv4 = fields[FIELD_VIRTUAL_ADDRESS],
        .virtual_ipv6 = fields[FIELD_VIRTUAL_IPV6],
        .username = fields[FIELD_USERNAME],
        .cipher = fields[FIELD_CIPHER],
        .cid = -1,
        .peer_id = -1,
    };
    if (slice_is(client->username, "UNDEF"))
        client->username = (struct slice){NULL, 0};
    return client->common_name.len > 0 && slice_to_u64(fields[FIELD_BYTES_IN], &client->bytes_in) &&
           slice_to_u64(fields[FIELD_BYTES_OUT], &client->bytes_out) &&
           read_time(fields[FIELD_SINCE], fields[FIELD_SINCE_TEXT], &client->since) &&
           optional_i64(fields[FIELD_CLIENT_ID], &client->cid) &&
           optional_i64(fields[FIELD_PEER_ID], &client->peer_id);
}

/* A cached host route has a 'C' glued to its address. */
static bool read_route(const struct slice *fields, struct status_route *route)
{
    *route = (struct status_route){
        .address = fields[FIELD_VIRTUAL_ADDRESS],
        .common_name = fields[FIELD_COMMON_NAME],
        .real_address = fields[FIELD_REAL_ADDRESS],
    };
    if (route->address.len > 0 && route->address.at[route->address.len - 1] == 'C') {
        route->cached = true;
        route->address.len--;
    }
    return route->address.len > 0 &&
           read_time(fields[FIELD_LAST_REF], fields[FIELD_LAST_REF_TEXT], &route->last_ref);
}

static void client_row(struct status_reader *reader, struct slice text, struct status_row *row)
{
    struct slice fields[FIELD_COUNT];
    bool good =
        split(text, reader->separator, reader->client_columns, reader->client_fields, fields) &&
        read_client_row(fields, &row->client);

    row->kind = good ? STATUS_CLIENT : STATUS_BAD;
}

static void route_row(struct status_reader *reader, struct slice text, struct status_row *row)
{
    struct slice fields[FIELD_COUNT];
    bool good =
        split(text, reader->separator, reader->route_columns, reader->route_fields, fields) &&
        read_route(fields, &row->route);

    row->kind = good ? STATUS_ROUTE : STATUS_BAD;
}

/* "NAME,VALUE" */
static void number_row(struct slice text, char separator, struct status_row *row)
{
    static const struct {
        const char *name;
        enum status_number number;
    } known[] = {
        {"Max bcast/mcast queue length", STATUS_BCAST_QUEUE},
        {"dco_enabled", STATUS_DCO},
        {"TUN/TAP read bytes", STATUS_TUN_READ},
        {"TUN/TAP write bytes", STATUS_TUN_WRITE},
        {"TCP/UDP read bytes", STATUS_LINK_READ},
        {"TCP/UDP write bytes", STATUS_LINK_WRITE},
        {"Auth read bytes", STATUS_AUTH_READ},
    };
    struct slice value = text;

    row->text = slice_cut(&value, separator);
    row->number = STATUS_OTHER_NUMBER;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (slice_is(row->text, known[i].name))
            row->number = known[i].number;
    if (slice_to_u64(value, &row->value))
        row->kind = STATUS_NUMBER;
    else
        row->kind = row->number == STATUS_OTHER_NUMBER ? STATUS_OTHER : STATUS_BAD;
}

/* Formats 2 and 3. */
static void typed_row(struct status_reader *reader, struct slice line, struct status_row *row)
{
    char separator = reader->separator;
    struct slice rest = line;
    struct slice word = slice_cut(&rest, separator);

    if (slice_is(word, "CLIENT_LIST")) {
        client_row(reader, rest, row);
    } else if (slice_is(word, "ROUTING_TABLE")) {
        route_row(reader, rest, row);
    } else if (slice_is(word, "GLOBAL_STATS")) {
        number_row(rest, separator, row);
    } else if (slice_is(word, "TIME")) {
        slice_cut(&rest, separator);
        row->kind = slice_to_i64(rest, &row->time) ? STATUS_TIME : STATUS_BAD;
    } else if (slice_is(word, "HEADER")) {
        word = slice_cut(&rest, separator);
        if (slice_is(word, "CLIENT_LIST"))
            reader->client_fields = read_header(rest, separator, reader->client_columns);
        else if (slice_is(word, "ROUTING_TABLE"))
            reader->route_fields = read_header(rest, separator, reader->route_columns);
    }
}

static void updated_row(struct slice line, struct status_row *row)
{
    if (slice_take_prefix(&line, "Updated,")) {
        row->time = read_local_time(line);
        row->kind = row->time ? STATUS_TIME : STATUS_BAD;
    }
}

/* Format 1: titles in between say what the rows are. */
static void untyped_row(struct status_reader *reader, struct slice line, struct status_row *row)
{
    if (slice_is(line, "ROUTING TABLE")) {
        reader->section = SECTION_ROUTES;
    } else if (slice_is(line, "GLOBAL STATS")) {
        reader->section = SECTION_GLOBALS;
    } else if (reader->section == SECTION_GLOBALS) {
        number_row(line, ',', row);
    } else if (reader->section == SECTION_ROUTES) {
        if (reader->route_fields > 0)
            route_row(reader, line, row);
        else
            reader->route_fields = read_header(line, ',', reader->route_columns);
    } else if (reader->client_fields > 0) {
        client_row(reader, line, row);
    } else if (slice_starts(line, "Updated,")) {
        updated_row(line, row);
    } else {
        reader->client_fields = read_header(line, ',', reader->client_columns);
    }
}

/* The first line says what the rest is. */
static void first_line(struct status_reader *reader, struct slice line, struct status_row *row)
{
    bool tabs = slice_take_prefix(&line, "TITLE\t");

    reader->section = SECTION_ROWS;
    reader->separator = tabs ? '\t' : ',';
    if (tabs || slice_take_prefix(&line, "TITLE,")) {
        row->kind = STATUS_SERVER;
        row->text = line;
    } else if (slice_is(line, "OpenVPN CLIENT LIST")) {
        row->kind = STATUS_SERVER;
        reader->section = SECTION_CLIENTS;
    } else if (slice_is(line, "OpenVPN STATISTICS") || slice_is(line, "OpenVPN")) {
        /* 2.1.0 and 2.1.1 have the name of the package only. */
        row->kind = STATUS_TUNNEL;
        reader->section = SECTION_COUNTERS;
    } else {
        reader->section = SECTION_START;
    }
}

void status_line(struct status_reader *reader, struct slice line, struct status_row *row)
{
    row->kind = STATUS_OTHER;
    row->text = (struct slice){NULL, 0};
    if (slice_is(line, "END")) {
        row->kind = STATUS_END;
        reader->section = SECTION_DONE;
        return;
    }
    switch ((enum section)reader->section) {
    case SECTION_START:
        first_line(reader, line, row);
        break;
    case SECTION_ROWS:
        typed_row(reader, line, row);
        break;
    case SECTION_CLIENTS:
    case SECTION_ROUTES:
    case SECTION_GLOBALS:
        untyped_row(reader, line, row);
        break;
    case SECTION_COUNTERS:
        if (slice_starts(line, "Updated,"))
            updated_row(line, row);
        else
            number_row(line, ',', row);
        break;
    case SECTION_DONE:
        break;
    }
}
