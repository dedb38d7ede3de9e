#include "agent/master/registration.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "agent/master/wire.h"

/* There are three subtrees. */
enum { ROOM = 8 };

static struct {
    uint32_t waiting[ROOM]; /* packets without an answer */
    size_t count;
    bool asked;
    unsigned error; /* of the first that was refused, 0 for none */
} self;

void registration_begin(void)
{
    memset(&self, 0, sizeof(self));
}

void registration_asked(uint32_t packet)
{
    self.asked = true;
    if (self.count < ROOM)
        self.waiting[self.count++] = packet;
}

void registration_answered(uint32_t packet, unsigned error)
{
    for (size_t i = 0; i < self.count; i++) {
        if (self.waiting[i] != packet)
            continue;
        self.waiting[i] = self.waiting[--self.count];
        if (self.error == 0)
            self.error = error;
        return;
    }
}

enum registration registration_state(void)
{
    if (self.error != 0)
        return REGISTRATION_REFUSED;
    return self.asked && self.count == 0 ? REGISTRATION_HELD : REGISTRATION_ASKED;
}

const char *registration_refusal(char *text, size_t size)
{
    if (self.error == WIRE_DUPLICATE_REGISTRATION)
        snprintf(text, size,
                 "another subagent has the subtree already, perhaps another copy of "
                 "this program");
    else if (self.error == WIRE_REQUEST_DENIED)
        snprintf(text, size, "it does not let this program have the subtree");
    else
        snprintf(text, size, "it does not register the subtree, error %u", self.error);
    return text;
}
