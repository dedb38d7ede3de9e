#include "agent/tables/finders.h"
#include "agent/tables/tables.h"
#include "agent/tables/values.h"
#include "model/model.h"

static void get_net_text(const struct row *row, struct value *value)
{
    value_text(value, row->item);
}

static const struct column net_columns[] = {
    {2, VALUE_OCTETS, NULL, get_net_text, "Text"},
};

static const void *net_after(const struct instance *instance, uint32_t after, uint32_t *found)
{
    if (after >= instance->net.count)
        return NULL;
    *found = after + 1;
    return instance->net.lines[after];
}

const struct table net_table = {.name = "ovpnNet",
                                TABLE_PATH(2, 6, 1),
                                .arity = 2,
                                .find = finder_rows,
                                .after = net_after,
                                TABLE_COLUMNS(net_columns)};

static void get_pkcs11_id(const struct row *row, struct value *value)
{
    const struct pkcs11_certificate *certificate = row->item;

    value_text(value, certificate->id);
}

static void get_pkcs11_blob(const struct row *row, struct value *value)
{
    const struct pkcs11_certificate *certificate = row->item;

    value_bytes(value, certificate->blob, certificate->blob_len);
}

static void get_pkcs11_truncated(const struct row *row, struct value *value)
{
    const struct pkcs11_certificate *certificate = row->item;

    value_truth(value, certificate->truncated);
}

static const struct column pkcs11_columns[] = {
    {2, VALUE_OCTETS, NULL, get_pkcs11_id, "Id"},
    {3, VALUE_OCTETS, NULL, get_pkcs11_blob, "Blob"},
    {4, VALUE_INTEGER, NULL, get_pkcs11_truncated, "Truncated"},
};

static const void *pkcs11_after(const struct instance *instance, uint32_t after, uint32_t *found)
{
    if (after >= instance->pkcs11.count)
        return NULL;
    *found = after + 1;
    return &instance->pkcs11.certificates[after];
}

const struct table pkcs11_table = {.name = "ovpnPkcs11",
                                   TABLE_PATH(2, 7, 1),
                                   .arity = 2,
                                   .find = finder_rows,
                                   .after = pkcs11_after,
                                   TABLE_COLUMNS(pkcs11_columns)};
