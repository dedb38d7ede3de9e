#include "agent/tables/finders.h"
#include "agent/tables/getter.h"
#include "agent/tables/tables.h"
#include "agent/tables/values.h"
#include "model/instance.h"

static void get_certificate_seconds_left(const struct row *row, struct value *value)
{
    const struct certificate *item = row->item;
    int64_t left = certificate_seconds_left(item);

    if (item->not_after == 0)
        value->absence = ABSENT_CELL;
    else
        value_integer(value, left > INT32_MAX   ? INT32_MAX
                             : left < INT32_MIN ? INT32_MIN
                                                : (int32_t)left);
}

ITEM_GETTER(certificate_role, struct certificate, value_integer(value, (int32_t)item->role))
ITEM_GETTER(certificate_subject, struct certificate, value_text(value, item->subject))
ITEM_GETTER(certificate_serial, struct certificate, value_text(value, item->serial))
ITEM_GETTER(certificate_not_before, struct certificate, value_far_date(value, item->not_before))
ITEM_GETTER(certificate_not_before_unix, struct certificate, value_unix(value, item->not_before))
ITEM_GETTER(certificate_not_after, struct certificate, value_far_date(value, item->not_after))
ITEM_GETTER(certificate_not_after_unix, struct certificate, value_unix(value, item->not_after))
ITEM_GETTER(certificate_source, struct certificate, value_text(value, item->source))

static const struct column columns[] = {
    {2, VALUE_OCTETS, NULL, value_instance_name, "InstanceName"},
    {3, VALUE_INTEGER, NULL, get_certificate_role, "Role"},
    {4, VALUE_OCTETS, NULL, get_certificate_subject, "Subject"},
    {5, VALUE_OCTETS, NULL, get_certificate_serial, "Serial"},
    {6, VALUE_OCTETS, NULL, get_certificate_not_before, "NotBefore"},
    {7, VALUE_GAUGE32, NULL, get_certificate_not_before_unix, "NotBeforeUnix"},
    {8, VALUE_OCTETS, NULL, get_certificate_not_after, "NotAfter"},
    {9, VALUE_GAUGE32, NULL, get_certificate_not_after_unix, "NotAfterUnix"},
    {10, VALUE_INTEGER, NULL, get_certificate_seconds_left, "SecondsLeft"},
    {11, VALUE_OCTETS, NULL, get_certificate_source, "Source"},
};

static const void *certificate_after(const struct instance *instance, uint32_t after,
                                     uint32_t *found)
{
    if (after >= instance->certificates.count)
        return NULL;
    *found = after + 1;
    return &instance->certificates.list[after];
}

const struct table certificate_table = {.name = "ovpnCertificate",
                                        TABLE_PATH(1, 9, 1),
                                        .arity = 2,
                                        .find = finder_rows,
                                        .after = certificate_after,
                                        TABLE_COLUMNS(columns)};
