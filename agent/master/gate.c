#include "agent/master/gate.h"

#include <stddef.h>
#include <string.h>

/* A request, by what a repetition has in common with it. */
struct known {
    uint32_t packet;
    uint32_t transaction;
    uint8_t type;
};

/* A SET, from its TestSet until its UndoSet or CleanupSet is answered. */
struct set {
    bool used;
    bool busy; /* packet is worked on */
    bool ends; /* packet is the last one */
    uint32_t transaction;
    uint32_t packet;
    bool keeps; /* kept has come while packet was worked on */
    struct wire_header kept;
};

static struct {
    uint32_t session;
    void (*cut)(uint32_t transaction);
    struct known known[GATE_REQUESTS_MAX]; /* a type of 0 is none */
    size_t next;
    struct set sets[GATE_SETS_MAX];
} self;

void gate_open(uint32_t session, void (*cut)(uint32_t transaction))
{
    memset(&self, 0, sizeof(self));
    self.session = session;
    self.cut = cut;
}

static bool is_repetition(const struct wire_header *header)
{
    for (size_t i = 0; i < GATE_REQUESTS_MAX; i++) {
        const struct known *known = &self.known[i];

        if (known->packet == header->packet && known->transaction == header->transaction &&
            known->type == header->type)
            return true;
    }
    return false;
}

static void remember(const struct wire_header *header)
{
    self.known[self.next] = (struct known){header->packet, header->transaction, header->type};
    self.next = (self.next + 1) % GATE_REQUESTS_MAX;
}

static struct set *find_set(uint32_t transaction)
{
    for (size_t i = 0; i < GATE_SETS_MAX; i++)
        if (self.sets[i].used && self.sets[i].transaction == transaction)
            return &self.sets[i];
    return NULL;
}

static bool begin_set(const struct wire_header *header)
{
    for (size_t i = 0; i < GATE_SETS_MAX; i++) {
        if (self.sets[i].used)
            continue;
        self.sets[i] = (struct set){.used = true,
                                    .busy = true,
                                    .transaction = header->transaction,
                                    .packet = header->packet};
        return true;
    }
    return false;
}

static void continue_set(struct set *set, const struct wire_header *header)
{
    set->busy = true;
    set->packet = header->packet;
    set->ends = header->type != WIRE_COMMIT_SET;
}

static enum gate_verdict judge_set(const struct wire_header *header)
{
    struct set *set = find_set(header->transaction);

    if (header->type == WIRE_TEST_SET)
        return !set && begin_set(header) ? GATE_TAKE : GATE_REFUSE;
    if (!set || set->ends)
        return GATE_REFUSE;
    if (!set->busy) {
        continue_set(set, header);
        return GATE_TAKE;
    }
    if (header->type == WIRE_COMMIT_SET || set->keeps)
        return GATE_REFUSE;
    set->keeps = true;
    set->kept = *header;
    set->kept.size = 0;
    self.cut(set->transaction);
    return GATE_DROP;
}

static bool is_too_long(const struct wire_header *header)
{
    return header->size > GATE_PDU_MAX - WIRE_HEADER_SIZE;
}

enum gate_verdict gate_judge(const struct wire_header *header, enum wire_error *error)
{
    bool ours = header->session == self.session;

    if (header->type == WIRE_RESPONSE)
        return is_too_long(header) ? GATE_DROP : GATE_TAKE;
    if (header->type == WIRE_CLOSE && ours)
        return GATE_END;
    if (header->type < WIRE_GET || header->type > WIRE_CLEANUP_SET)
        return GATE_DROP;
    if (!ours || wire_has_context(header)) {
        *error = ours ? WIRE_UNSUPPORTED_CONTEXT : WIRE_NOT_OPEN;
        return GATE_REFUSE;
    }
    if (is_repetition(header))
        return GATE_DROP;
    remember(header);
    if (is_too_long(header)) {
        *error = WIRE_TOO_BIG;
        return GATE_REFUSE;
    }
    if (header->type < WIRE_TEST_SET)
        return GATE_TAKE;
    *error = WIRE_PROCESSING_ERROR;
    return judge_set(header);
}

void gate_answered(uint32_t packet)
{
    for (size_t i = 0; i < GATE_SETS_MAX; i++) {
        struct set *set = &self.sets[i];

        if (!set->used || !set->busy || set->packet != packet)
            continue;
        set->busy = false;
        set->used = !set->ends;
    }
}

static struct set *find_ready(void)
{
    for (size_t i = 0; i < GATE_SETS_MAX; i++)
        if (self.sets[i].used && !self.sets[i].busy && self.sets[i].keeps)
            return &self.sets[i];
    return NULL;
}

bool gate_waits(void)
{
    return find_ready() != NULL;
}

bool gate_release(struct wire_header *header)
{
    struct set *set = find_ready();

    if (!set)
        return false;
    *header = set->kept;
    set->keeps = false;
    continue_set(set, header);
    return true;
}

bool gate_leftover(uint32_t *transaction)
{
    for (size_t i = 0; i < GATE_SETS_MAX; i++) {
        if (!self.sets[i].used)
            continue;
        self.sets[i].used = false;
        *transaction = self.sets[i].transaction;
        return true;
    }
    return false;
}
