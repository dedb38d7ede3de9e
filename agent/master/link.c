#include "agent/master/link.h"

static const struct link_kind *used; /* NULL while there is none */

void link_use(const struct link_kind *kind)
{
    used = kind;
}

int64_t link_turn(void)
{
    return used->turn();
}

void link_stop(void)
{
    if (used)
        used->stop();
    used = NULL;
}

bool link_is_up(void)
{
    return used && used->is_up();
}

const char *link_words(void)
{
    return used->is_up() ? used->up : used->down;
}

unsigned link_generation(void)
{
    return used->generation();
}

size_t link_answer_max(void)
{
    return used->answer_max;
}

struct snmp_pdu *link_notification(void)
{
    return used->notification();
}

bool link_notify(struct snmp_pdu *pdu)
{
    return used->notify(pdu);
}

enum link_outcome link_notified(void)
{
    return used->notified();
}
