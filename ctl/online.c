#include "ctl/online.h"

#include <stdio.h>
#include <string.h>

static const enum object columns[CLIENT_CELLS] = {
    [CLIENT_COMMON_NAME] = ovpnClientCommonName,
    [CLIENT_USERNAME] = ovpnClientUsername,
    [CLIENT_REAL] = ovpnClientRealText,
    [CLIENT_TUNNEL] = ovpnClientTunnelText,
    [CLIENT_SINCE] = ovpnClientConnectedSinceUnix,
    [CLIENT_SECONDS] = ovpnClientConnectedSeconds,
    [CLIENT_IN] = ovpnClientBytesIn,
    [CLIENT_OUT] = ovpnClientBytesOut,
    [CLIENT_PENDING] = ovpnClientPending,
};

const struct output_field online_fields[] = {
    {"daemon", "DAEMON", OUTPUT_TEXT, 6, 3},  {"index", NULL, OUTPUT_NUMBER, 0, 0},
    {"common_name", NULL, OUTPUT_TEXT, 0, 0}, {"username", NULL, OUTPUT_TEXT, 0, 0},
    {NULL, "NAME", OUTPUT_TEXT, 10, 0},       {"from", "FROM", OUTPUT_TEXT, 9, 0},
    {"tunnel", NULL, OUTPUT_TEXT, 0, 0},      {NULL, "TUNNEL", OUTPUT_TEXT, 9, 0},
    {"since", NULL, OUTPUT_TIME, 0, 0},       {"seconds", "FOR", OUTPUT_SECONDS, 0, 2},
    {"bytes_in", "IN", OUTPUT_BYTES, 0, 0},   {"bytes_out", "OUT", OUTPUT_BYTES, 0, 0},
    {"rate", "RATE", OUTPUT_RATE, 0, 1},
};

const size_t online_field_count = sizeof(online_fields) / sizeof(online_fields[0]);

bool online_read(struct grid *rows, struct remote *remote, unsigned long only, struct fault *fault)
{
    const struct remote_columns wanted = {columns, CLIENT_CELLS, 2, only, 0};

    return remote_read(remote, &wanted, rows, fault);
}

void online_name(char out[CLIENT_NAME_MAX], const char *common_name, const char *username)
{
    /* What OpenVPN calls a client without a certificate. */
    bool nameless = common_name[0] == '\0' || strcmp(common_name, "UNDEF") == 0;

    if (username[0] == '\0' || strcmp(username, common_name) == 0)
        snprintf(out, CLIENT_NAME_MAX, "%s", common_name);
    else if (nameless)
        snprintf(out, CLIENT_NAME_MAX, "%s", username);
    else
        snprintf(out, CLIENT_NAME_MAX, "%s (%s)", common_name, username);
}

bool online_pending(const struct row *row)
{
    return cell_number(&row->cells[CLIENT_PENDING], 0) == objects_value(ovpnClientPending, "true");
}

void online_add(struct output *output, const struct daemons *daemons, const struct row *row,
                int64_t rate)
{
    enum page_colour colour = online_pending(row) ? COLOUR_WAITS : COLOUR_NONE;
    const char *tunnel = cell_text(&row->cells[CLIENT_TUNNEL]);
    char name[CLIENT_NAME_MAX];

    online_name(name, cell_text(&row->cells[CLIENT_COMMON_NAME]),
                cell_text(&row->cells[CLIENT_USERNAME]));
    output_text(output, daemons_name(daemons, row->index[0]), COLOUR_NONE);
    output_number(output, (int64_t)row->index[1], COLOUR_NONE);
    output_cell(output, &row->cells[CLIENT_COMMON_NAME]);
    output_cell(output, &row->cells[CLIENT_USERNAME]);
    output_text(output, name, colour);
    output_cell(output, &row->cells[CLIENT_REAL]);
    output_cell(output, &row->cells[CLIENT_TUNNEL]);
    output_text(output, online_pending(row) ? "(logs in)" : tunnel, colour);
    output_cell(output, &row->cells[CLIENT_SINCE]);
    output_cell(output, &row->cells[CLIENT_SECONDS]);
    output_cell(output, &row->cells[CLIENT_IN]);
    output_cell(output, &row->cells[CLIENT_OUT]);
    if (rate < 0)
        output_nothing(output);
    else
        output_number(output, rate, COLOUR_NONE);
}
