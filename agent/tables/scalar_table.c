#ifdef HAVE_CONFIG_H
#include <build.h>
#endif

#include "agent/tables/tables.h"

#include "agent/tables/values.h"
#include "agent/tables/vitals.h"
#include "model/model.h"

static void get_version(const struct row *row, struct value *value)
{
    (void)row;
    value_text(value, PACKAGE_VERSION);
}

static void get_start_time(const struct row *row, struct value *value)
{
    value_date(value, row->model->start_unix);
}

static void get_start_time_unix(const struct row *row, struct value *value)
{
    value_unix(value, row->model->start_unix);
}

static void get_instances(const struct row *row, struct value *value)
{
    value_number(value, row->model->count);
}

static void get_config_loaded(const struct row *row, struct value *value)
{
    value_timestamp(value, row->model->config_mono);
}

static void get_state_loaded(const struct row *row, struct value *value)
{
    value_integer(value, (int32_t)row->model->remembrance + 1);
}

static void get_state_saved(const struct row *row, struct value *value)
{
    value_unix(value, row->model->saved_unix);
}

static void get_sent(const struct row *row, struct value *value)
{
    (void)row;
    value_number(value, vitals.notifications_sent);
}

static void get_dropped(const struct row *row, struct value *value)
{
    (void)row;
    value_number(value, vitals.notifications_dropped);
}

static void get_suppressed(const struct row *row, struct value *value)
{
    (void)row;
    value_number(value, vitals.notifications_suppressed);
}

static const struct column columns[] = {
    {1, VALUE_OCTETS, NULL, get_version, "Version"},
    {2, VALUE_OCTETS, NULL, get_start_time, "StartTime"},
    {3, VALUE_GAUGE32, NULL, get_start_time_unix, "StartTimeUnix"},
    {4, VALUE_GAUGE32, NULL, get_instances, "Instances"},
    {5, VALUE_TIMETICKS, NULL, get_config_loaded, "ConfigLoaded"},
    {6, VALUE_INTEGER, NULL, get_state_loaded, "StateLoaded"},
    {7, VALUE_GAUGE32, NULL, get_state_saved, "StateSavedUnix"},
    {8, VALUE_COUNTER32, NULL, get_sent, "NotificationsSent"},
    {9, VALUE_COUNTER32, NULL, get_dropped, "NotificationsDropped"},
    {10, VALUE_COUNTER32, NULL, get_suppressed, "NotificationsSuppressed"},
};

/* Scalars: one row with the index 0. */
static bool find_scalars(const struct table *table, const struct model *model,
                         const uint32_t *index, bool exact, struct row *row)
{
    (void)table;
    if (!exact || index[0] != 0)
        return false;
    row->item = model;
    row->index[0] = 0;
    return true;
}

const struct table scalar_table = {.name = "ovpnAgent",
                                   TABLE_PATH(1, 1),
                                   .arity = 1,
                                   .find = find_scalars,
                                   TABLE_COLUMNS(columns)};
