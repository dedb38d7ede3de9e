#include "model/course.h"

static void learn(struct course *course, bool peer)
{
    course->peer = peer;
    course->client = !peer;
}

/* Where neither is known a client is the likelier: they are the many. */
static void begin_wait(struct course *course)
{
    course->waited = true;
    if (course->assigned || !course->peer)
        learn(course, course->assigned);
}

/* With persist-tun ASSIGN_IP is left out at a restart: what was learnt before stays true. */
static void step(struct course *course, enum state state)
{
    switch (state) {
    case STATE_CONNECTING:
    case STATE_RECONNECTING:
        course->assigned = course->waited = false;
        break;
    case STATE_ASSIGN_IP:
        course->assigned = !course->waited;
        if (course->waited)
            learn(course, false);
        break;
    case STATE_WAIT:
    case STATE_AUTH:
        begin_wait(course);
        break;
    case STATE_GET_CONFIG:
    case STATE_AUTH_PENDING:
        learn(course, false);
        break;
    default:
        break;
    }
}

bool course_follow(struct course *course, enum state state)
{
    if (course->state == STATE_CONNECTED && (state == STATE_WAIT || state == STATE_AUTH))
        return false;
    step(course, state);
    course->state = state;
    return true;
}
