#include "share/desk.h"

void desk_init(struct desk *desk, struct instance *instance, struct session *session)
{
    *desk = (struct desk){.instance = instance, .session = session};
    turns_init(&desk->turns, instance, session);
}

void desk_fini(struct desk *desk)
{
    turns_fini(&desk->turns);
}
