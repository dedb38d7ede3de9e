#include "model/ondemand.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"

void net_lines_add(struct net_lines *net, struct slice line)
{
    char **list;

    if (net->count >= NET_LINES_MAX)
        return;
    list = realloc(net->lines, (net->count + 1) * sizeof(*list));
    if (list) {
        net->lines = list;
        list[net->count] = text_new(TEXT_MAX, line);
    }
    if (list && list[net->count])
        net->count++;
    else
        net->failed = true;
}

void net_lines_fini(struct net_lines *net)
{
    for (size_t i = 0; i < net->count; i++)
        free(net->lines[i]);
    free(net->lines);
    *net = (struct net_lines){0};
}

void net_lines_replace(struct net_lines *old, struct net_lines *read)
{
    net_lines_fini(old);
    *old = *read;
    old->updated = clock_wall();
    *read = (struct net_lines){0};
}

void pkcs11_list_add(struct pkcs11_list *list, struct slice id, struct slice blob, bool truncated)
{
    struct pkcs11_certificate *grown;
    size_t len = blob.len < PKCS11_BLOB_MAX ? blob.len : PKCS11_BLOB_MAX;

    if (list->count >= PKCS11_MAX)
        return;
    grown = realloc(list->certificates, (list->count + 1) * sizeof(*grown));
    if (!grown) {
        list->failed = true;
        return;
    }
    list->certificates = grown;
    grown += list->count++;
    *grown = (struct pkcs11_certificate){
        .id = text_new(TEXT_MAX, id), .blob = malloc(len + 1), .truncated = truncated};
    grown->truncated |= len < blob.len || id.len > TEXT_MAX;
    list->failed |= !grown->id || !grown->blob;
    if (grown->blob && len > 0)
        memcpy(grown->blob, blob.at, len);
    grown->blob_len = grown->blob ? len : 0;
}

void pkcs11_list_fini(struct pkcs11_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->certificates[i].id);
        free(list->certificates[i].blob);
    }
    free(list->certificates);
    *list = (struct pkcs11_list){.told = -1};
}

void pkcs11_list_replace(struct pkcs11_list *old, struct pkcs11_list *read)
{
    pkcs11_list_fini(old);
    *old = *read;
    old->updated = clock_wall();
    *read = (struct pkcs11_list){.told = -1};
}
