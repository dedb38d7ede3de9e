#include "connection/backoff.h"

/* In milliseconds. */
enum { PAUSE_FIRST = 1000, PAUSE_MAX = 15000, PAUSE_REFUSED = 30000 };

void backoff_reset(struct backoff *backoff)
{
    backoff->next = PAUSE_FIRST;
}

int backoff_take(struct backoff *backoff, bool refused)
{
    int taken = refused ? PAUSE_REFUSED : backoff->next;

    backoff->next = backoff->next * 2 < PAUSE_MAX ? backoff->next * 2 : PAUSE_MAX;
    return taken;
}
