#include "ctl/daemons.h"

#include <stdio.h>
#include <string.h>

#include "base/slice.h"

bool daemons_read(struct daemons *daemons, struct remote *remote, const enum object *columns,
                  size_t count, struct fault *fault)
{
    enum object wanted[WALK_COLUMNS_MAX] = {ovpnInstanceName};
    bool read;

    for (size_t i = 0; i < count; i++)
        wanted[i + 1] = columns[i];
    read = remote_read(remote, &(struct remote_columns){wanted, count + 1, 1, 0, 0}, &daemons->rows,
                       fault);
    if (read && daemons->rows.count == 0) {
        fault_set(fault, OUTCOME_NOT_FOUND,
                  "%s shows no OpenVPN daemons: openvpn-agentx does not run there, or the view of "
                  "this user does not have them",
                  remote_host(remote));
        return false;
    }
    return read;
}

void daemons_fini(struct daemons *daemons)
{
    grid_fini(&daemons->rows);
}

const struct row *daemons_row(const struct daemons *daemons, unsigned long index)
{
    size_t low = 0;
    size_t high = daemons->rows.count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct row *row = &daemons->rows.row[middle];

        if (row->index[0] == index)
            return row;
        if (row->index[0] < index)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

const char *daemons_name(const struct daemons *daemons, unsigned long index)
{
    static char digits[24];
    const struct row *row = daemons_row(daemons, index);

    if (row && cell_text(&row->cells[0])[0])
        return cell_text(&row->cells[0]);
    snprintf(digits, sizeof(digits), "%lu", index);
    return digits;
}

/* The names of all daemons, as many as fit. */
static void list_names(const struct daemons *daemons, char *out, size_t size)
{
    size_t len = 0;

    out[0] = '\0';
    for (size_t i = 0; i < daemons->rows.count; i++) {
        const char *name = cell_text(&daemons->rows.row[i].cells[0]);

        if (len + strlen(name) + 8 > size) {
            snprintf(out + len, size - len, ", ...");
            return;
        }
        len += (size_t)snprintf(out + len, size - len, "%s%s", len > 0 ? ", " : "", name);
    }
}

bool daemons_find(const struct daemons *daemons, const char *word, unsigned long *index,
                  struct fault *fault)
{
    char names[400];
    uint64_t number;

    for (size_t i = 0; i < daemons->rows.count; i++)
        if (strcmp(cell_text(&daemons->rows.row[i].cells[0]), word) == 0) {
            *index = daemons->rows.row[i].index[0];
            return true;
        }
    if (slice_to_u64(slice_of(word), &number) && daemons_row(daemons, number)) {
        *index = number;
        return true;
    }
    list_names(daemons, names, sizeof(names));
    fault_set(fault, OUTCOME_NOT_FOUND, "there is no daemon \"%s\": %s", word, names);
    return false;
}

bool daemons_of_call(struct daemons *daemons, const struct call *call, int place,
                     unsigned long *only, struct fault *fault)
{
    const char *word = call_word(call, place);

    *only = 0;
    return daemons_read(daemons, call->remote, NULL, 0, fault) &&
           (!word || daemons_find(daemons, word, only, fault));
}
