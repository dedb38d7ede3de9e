#include "model/reasons.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "model/mask.h"
#include "protocol/logtext.h"

void reasons_fini(struct reasons *reasons)
{
    for (unsigned i = 0; i < REASONS_MAX; i++)
        free(reasons->list[i].text);
    *reasons = (struct reasons){0};
}

/* It follows what says more. */
static bool is_general(struct slice text)
{
    return slice_starts(text, "TLS Error: TLS handshake failed");
}

static bool is_reason(struct slice text)
{
    static const char *const begins[] = {
        "TLS Auth Error: ",
        "TLS Error: TLS key negotiation failed",
        "VERIFY ERROR: ",
        "VERIFY SCRIPT ERROR: ",
        "VERIFY PLUGIN ERROR: ",
        "VERIFY X509NAME ERROR: ",
        "VERIFY EKU ERROR",
        "VERIFY KU ERROR",
        "VERIFY nsCertType ERROR: ",
        "CRL CHECK FAILED: ",
    };

    for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]); i++)
        if (slice_starts(text, begins[i]))
            return true;
    return is_general(text);
}

/* Those of before 2.7 do not tell the protocol. */
static bool is_from(const struct address *a, const struct address *b)
{
    return a->family == b->family && a->port == b->port &&
           (a->proto == b->proto || a->proto == PROTO_UNKNOWN || b->proto == PROTO_UNKNOWN) &&
           memcmp(a->bytes, b->bytes, address_bytes(a)) == 0;
}

static const struct reason *find_reason(const struct reasons *reasons, const struct address *from)
{
    for (unsigned i = 0; i < REASONS_MAX; i++)
        if (reasons->list[i].text && is_from(&reasons->list[i].from, from))
            return &reasons->list[i];
    return NULL;
}

void reasons_log_told(struct reasons *reasons, const struct log_line *line)
{
    const struct reason *known;
    struct reason *reason;
    struct address from;
    struct slice text;

    /* Several clients may have one address without a port. */
    if (!logtext_client(line->text, &from, &text) || from.port == 0 || !is_reason(text))
        return;
    known = find_reason(reasons, &from);
    if (known && is_general(text) && known->time == line->time)
        return;
    reason = &reasons->list[known ? (unsigned)(known - reasons->list) : reasons->next];
    if (!known)
        reasons->next = (reasons->next + 1) % REASONS_MAX;
    reason->from = from;
    reason->time = line->time;
    mask_set_log(&reason->text, TEXT_MAX, text);
}

const char *reasons_find(const struct reasons *reasons, const struct address *from, int64_t since)
{
    const struct reason *reason = find_reason(reasons, from);

    return reason && since > 0 && reason->time >= since && from->port > 0 ? reason->text : NULL;
}
