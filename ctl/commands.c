#include "ctl/commands.h"

#include <string.h>

#include "ctl/act.h"
#include "ctl/show.h"
#include "ctl/stay.h"

static const struct command all[] = {
    {"status", "[-w SECONDS] [DAEMON]", "the daemons, and what waits for somebody", show_status},
    {"clients", "[DAEMON]", "who is connected", show_clients},
    {"users", "[DAEMON]", "everybody who ever was", show_users},
    {"top", "[-d SECONDS] [DAEMON]", "who is connected, refreshed, by rate", stay_top},
    {"sessions", "[-n N] [--at TIME] [DAEMON]", "who was connected, and until when", show_sessions},
    {"log", "[-f] [-n N] [DAEMON]", "what the daemons log", show_log},
    {"state", "[-n N] [DAEMON]", "what states they went through", show_states},
    {"echo", "[-n N] [DAEMON]", "what their servers sent to echo", show_echoes},
    {"commands", "[-n N] [DAEMON]", "what was asked of them through SNMP", show_commands},
    {"requests", "[-a] [DAEMON]", "the questions that they wait with", show_requests},
    {"certificates", "[DAEMON]", "what expires, and when", show_certificates},
    {"shares", "[DAEMON]", "where others share their sessions", show_shares},
    {"guests", "[DAEMON]", "who shares them now", show_guests},
    {"watch", "[--listen ADDRESS]", "notifications as they arrive", stay_watch},
    {"kill", "[DAEMON/]CLIENT", "end a client's session; it may return", act_kill},
    {"halt", "[DAEMON/]CLIENT", "end it, and tell the client to stay away", act_halt},
    {"hold", "DAEMON [on|off]", "whether it waits at its next start", act_hold},
    {"release", "DAEMON", "let a daemon go on that waits", act_release},
    {"verb", "DAEMON N", "how much it logs, 0 to 15", act_verb},
    {"signal", "DAEMON NAME", "SIGHUP, SIGTERM, SIGUSR1 or SIGUSR2", act_signal},
    {"answer", "DAEMON [NUMBER]", "answer its question", act_answer},
    {"doctor", "[-c FILE] [-u USER]", "what is wrong with this machine", show_health},
};

const struct command *commands_at(size_t place)
{
    return place < sizeof(all) / sizeof(all[0]) ? &all[place] : NULL;
}

const struct command *commands_find(const char *name)
{
    const struct command *command;

    for (size_t i = 0; (command = commands_at(i)); i++)
        if (strcmp(command->name, name) == 0)
            return command;
    return NULL;
}

bool commands_know(const char *name)
{
    return commands_find(name) != NULL;
}
