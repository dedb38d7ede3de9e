#include "agent/finders.h"
#include "agent/tables.h"
#include "agent/values.h"
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

static bool find_net(const struct model *model, const uint32_t *index, bool exact, struct row *row)
{
    return finder_seek(model, index, exact, net_after, row);
}

static const unsigned net_path[] = {2, 6, 1};

const struct table net_table = {"ovpnNet", net_path, 3, 2, find_net, net_columns, 1};

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

static bool find_pkcs11(const struct model *model, const uint32_t *index, bool exact,
                        struct row *row)
{
    return finder_seek(model, index, exact, pkcs11_after, row);
}

static const unsigned pkcs11_path[] = {2, 7, 1};

const struct table pkcs11_table = {"ovpnPkcs11", pkcs11_path, 3, 2, find_pkcs11, pkcs11_columns, 3};
