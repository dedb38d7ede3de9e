#include "agent/master/via_master.h"

#include <stdlib.h>
#include <string.h>

#include "agent/master/capabilities.h"
#include "agent/master/express.h"
#include "agent/master/flight.h"
#include "agent/master/link.h"
#include "agent/master/ping.h"
#include "agent/master/subagent.h"
#include "agent/master/wire.h"

static void (*told_above)(bool up);
static const struct walker *announced;

static void session_changed(bool up)
{
    if (up) {
        ping_start();
        capabilities_announce(announced->root, announced->root_len);
    } else {
        ping_stop();
    }
    told_above(up);
}

static void stop_session(void)
{
    ping_stop();
    subagent_stop();
    express_stop();
}

static const struct link_kind by_master = {
    .turn = subagent_turn,
    .stop = stop_session,
    .is_up = subagent_is_up,
    .generation = subagent_generation,
    .notification = flight_new,
    .notify = flight_send,
    .notified = flight_outcome,
    .answer_max = WIRE_ANSWER_MAX,
    .up = "connected to the master agent",
    .down = "no session with the master agent",
};

/* Tests have the library answer everything, and compare. */
static bool wants_express(void)
{
    const char *word = getenv("OVPN_EXPRESS");

    return !word || strcmp(word, "0") != 0;
}

bool via_master_begin(struct event_base *base, const struct endpoint *master,
                      const struct walker *walker, void (*told)(bool up),
                      void (*cut)(uint32_t transaction))
{
    told_above = told;
    announced = walker;
    if (wants_express())
        express_start(walker);
    if (!subagent_start(base, master, session_changed, cut))
        return false;
    link_use(&by_master);
    return true;
}
