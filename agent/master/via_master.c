#include "agent/master/via_master.h"

#include "agent/master/capabilities.h"
#include "agent/master/flight.h"
#include "agent/master/link.h"
#include "agent/master/ping.h"
#include "agent/master/subagent.h"

/*
 * The master agent drops a subagent whose answer is over 65536 bytes.  What is left is for the
 * headers, and for what the library adds to unanswered varbinds.
 */
enum { ANSWER_MAX = 60000 };

static void (*told_above)(bool up);
static const unsigned long *announced;
static size_t announced_len;

static void session_changed(bool up)
{
    if (up) {
        ping_start();
        capabilities_announce(announced, announced_len);
    } else {
        ping_stop();
    }
    told_above(up);
}

static void stop_session(void)
{
    ping_stop();
    subagent_stop();
}

static const struct link_kind by_master = {
    .turn = subagent_turn,
    .stop = stop_session,
    .is_up = subagent_is_up,
    .generation = subagent_generation,
    .notification = flight_new,
    .notify = flight_send,
    .notified = flight_outcome,
    .answer_max = ANSWER_MAX,
    .up = "connected to the master agent",
    .down = "no session with the master agent",
};

bool via_master_begin(struct event_base *base, const struct endpoint *master,
                      const unsigned long *module, size_t len, void (*told)(bool up),
                      void (*cut)(uint32_t transaction))
{
    told_above = told;
    announced = module;
    announced_len = len;
    if (!subagent_start(base, master, session_changed, cut))
        return false;
    link_use(&by_master);
    return true;
}
