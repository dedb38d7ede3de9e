#include "agent/serve/repeats.h"

#include <string.h>

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

#include "agent/serve/requester.h"
#include "base/clock.h"

struct result {
    struct repeat_key key;
    int64_t mono;
    int status;
    size_t which;
};

/* The oldest is overwritten.  A digest of 0 is none. */
static struct result results[REPEATS_MAX];
static size_t next_result;

/* FNV-1a: no secret stays here, and who could aim at the digest of another one's SET? */
static void digest_bytes(uint64_t *digest, const void *bytes, size_t len)
{
    const unsigned char *at = bytes;

    for (size_t i = 0; i < len; i++)
        *digest = (*digest ^ at[i]) * 1099511628211u;
}

static void digest_part(uint64_t *digest, const void *bytes, size_t len)
{
    digest_bytes(digest, &len, sizeof(len));
    if (len > 0)
        digest_bytes(digest, bytes, len);
}

struct repeat_key repeats_key(const netsnmp_pdu *pdu)
{
    struct repeat_key key = {.digest = 14695981039346656037u, .request = (int32_t)pdu->reqid};

    if (!requester_known(pdu) || !pdu->transport_data || pdu->transport_data_length <= 0)
        return (struct repeat_key){0};
    digest_part(&key.digest, pdu->transport_data, (size_t)pdu->transport_data_length);
    digest_part(&key.digest, &pdu->version, sizeof(pdu->version));
    digest_part(&key.digest, pdu->community, pdu->community ? pdu->community_len : 0);
    digest_part(&key.digest, pdu->securityName, pdu->securityName ? pdu->securityNameLen : 0);
    for (const netsnmp_variable_list *varbind = pdu->variables; varbind;
         varbind = varbind->next_variable) {
        digest_part(&key.digest, varbind->name, varbind->name_length * sizeof(*varbind->name));
        digest_part(&key.digest, &varbind->type, sizeof(varbind->type));
        digest_part(&key.digest, varbind->val.string, varbind->val_len);
    }
    key.digest += key.digest == 0;
    return key;
}

void repeats_add(const struct repeat_key *key, int status, size_t which)
{
    if (key->digest == 0)
        return;
    results[next_result] = (struct result){*key, clock_mono(), status, which};
    next_result = (next_result + 1) % REPEATS_MAX;
}

bool repeats_find(const struct repeat_key *key, int *status, size_t *which)
{
    int64_t now = clock_mono();

    for (size_t i = 0; i < REPEATS_MAX && key->digest != 0; i++) {
        const struct result *result = &results[i];

        if (result->key.digest != key->digest || result->key.request != key->request ||
            now - result->mono >= REPEATS_MS)
            continue;
        *status = result->status;
        *which = result->which;
        return true;
    }
    return false;
}
