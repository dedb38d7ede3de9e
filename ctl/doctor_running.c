#include "ctl/doctor_checks.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "ctl/daemons.h"
#include "ctl/doctor_daemons.h"
#include "ctl/doctor_system.h"

#define AGENT_UNIT      "openvpn-agentx"
#define SYSTEMD_SECONDS 5
#define UNITS_MAX       32
#define CLOCK_SLACK     5 /* seconds */

/* A unit as systemd has it. */
struct unit {
    char load[32];
    char active[32];
    char enabled[32];
    char result[32];
};

static bool read_unit(const char *name, struct unit *unit)
{
    const char *words[] = {"/usr/bin/systemctl",
                           "show",
                           "-p",
                           "LoadState,ActiveState,UnitFileState,Result",
                           "--",
                           name,
                           NULL};
    char printed[1024];

    *unit = (struct unit){.load = ""};
    if (doctor_run(words, SYSTEMD_SECONDS, printed, sizeof(printed)) != 0)
        return false;
    doctor_value(printed, "UnitFileState", unit->enabled, sizeof(unit->enabled));
    doctor_value(printed, "Result", unit->result, sizeof(unit->result));
    return doctor_value(printed, "LoadState", unit->load, sizeof(unit->load)) &&
           doctor_value(printed, "ActiveState", unit->active, sizeof(unit->active));
}

static void check_unit(struct doctor *doctor, const char *name, bool must_be)
{
    struct unit unit;

    if (!read_unit(name, &unit)) {
        doctor_say(doctor, DOCTOR_SKIP, name, "systemctl tells nothing of the unit");
    } else if (strcmp(unit.load, "not-found") == 0) {
        if (!must_be)
            return;
        doctor_say(doctor, DOCTOR_FAIL, name, "there is no such unit");
        doctor_mend(doctor, "apt-get install --no-install-recommends %s", name);
    } else if (strcmp(unit.active, "failed") == 0) {
        doctor_say(doctor, DOCTOR_FAIL, name,
                   "the unit has failed (%s); journalctl -u %s says more", unit.result, name);
        /* systemd does not start what it has started too often. */
        if (strcmp(unit.result, "start-limit-hit") == 0)
            doctor_mend(doctor, "systemctl reset-failed %s && systemctl restart %s", name, name);
        else
            doctor_mend(doctor, "systemctl restart %s", name);
    } else if (strcmp(unit.active, "inactive") == 0) {
        doctor_say(doctor, must_be ? DOCTOR_FAIL : DOCTOR_WARN, name, "the unit does not run");
        doctor_mend(doctor, "systemctl enable --now %s", name);
    } else if (strcmp(unit.enabled, "disabled") == 0) {
        doctor_say(doctor, DOCTOR_WARN, name, "the unit runs, and does not start at boot");
        doctor_mend(doctor, "systemctl enable %s", name);
    }
}

static void check_units(struct doctor *doctor)
{
    struct doctor_daemons daemons;

    check_unit(doctor, AGENT_UNIT, true);
    check_unit(doctor, "snmpd", !doctor->config || !doctor->config->listen);
    doctor_daemons_read(&daemons, doctor);
    for (size_t i = 0; i < daemons.count && i < UNITS_MAX; i++)
        check_unit(doctor, daemons.list[i].unit, false);
    doctor_daemons_fini(&daemons);
}

void doctor_check_services(struct doctor *doctor)
{
    struct stat found;
    int ids[2] = {0, 0};

    if (doctor_processes(doctor, "openvpn-agentx", ids, 2) > 1) {
        doctor_say(doctor, DOCTOR_WARN, AGENT_UNIT,
                   "there is a second copy of the agent: processes %d and %d, of which one alone "
                   "can have the subtree",
                   ids[0], ids[1]);
        doctor_mend(doctor, "kill %d", ids[1] > ids[0] ? ids[1] : ids[0]);
    }
    if (!doctor_is_here(doctor))
        return;
    if (doctor_stat(doctor, "/run/systemd/system", &found))
        check_units(doctor);
    else
        doctor_say(doctor, DOCTOR_SKIP, NULL, "systemd does not run here");
}

/* What mends it, by the agent's words; the other checks know more of the same daemon. */
static void mend_contact(struct doctor *doctor, const char *name, const char *why)
{
    char word[DOCTOR_WORD_MAX];

    if (strstr(why, "password") || strstr(why, "peer_user"))
        doctor_mend(doctor, "sensible-editor %s", doctor_word(word, doctor->config_file));
    else if (strstr(why, "another process listens"))
        doctor_mend(doctor, "ss -xlp");
    else if (strstr(why, "cannot listen"))
        doctor_mend(doctor, "systemd-tmpfiles --create");
    else
        doctor_mend(doctor, "systemctl restart 'openvpn-*@%s.service'", name);
}

/* Where the agent looks for the daemon, and where the file says that it is. */
static void check_reloaded(struct doctor *doctor, const char *name, const char *endpoint)
{
    for (size_t i = 0; doctor->config && i < doctor->config->count; i++) {
        const struct instance_config *instance = &doctor->config->instances[i];

        if (strcmp(instance->name, name) != 0 || strcmp(instance->management.text, endpoint) == 0)
            continue;
        doctor_say(doctor, DOCTOR_FAIL, name, "the agent looks at %s, and its file says %s",
                   endpoint, instance->management.text);
        doctor_mend(doctor, "systemctl reload " AGENT_UNIT);
    }
}

enum { CONTACT_NOW = 1, WHY, FILE_WRONG, SINCE, ENDPOINT };

static void check_contacts(struct doctor *doctor, const struct daemons *daemons)
{
    for (size_t i = 0; i < daemons->rows.count; i++) {
        const struct row *row = &daemons->rows.row[i];
        const char *name = cell_text(&row->cells[0]);
        const char *why = cell_text(&row->cells[WHY]);
        int64_t contact = cell_number(&row->cells[CONTACT_NOW], 0);

        check_reloaded(doctor, name, cell_text(&row->cells[ENDPOINT]));
        if (contact != objects_value(ovpnInstanceContact, "up") || why[0]) {
            const char *label = objects_label(ovpnInstanceContact, contact);

            doctor_say(doctor, DOCTOR_FAIL, name, "the agent says: %s%s%s", label ? label : "",
                       why[0] ? ": " : "", why);
            mend_contact(doctor, name, why);
        }
        if (cell_text(&row->cells[FILE_WRONG])[0]) {
            doctor_say(doctor, DOCTOR_WARN, name, "the daemon's configuration file: %s",
                       cell_text(&row->cells[FILE_WRONG]));
            doctor_mend(doctor, "sensible-editor %s", doctor->config_file);
        }
        if (cell_number(&row->cells[SINCE], 0) > (int64_t)time(NULL) + CLOCK_SLACK)
            doctor_say(doctor, DOCTOR_WARN, name, "its state has a time that is still to come");
    }
}

static void check_agent_answer(struct doctor *doctor, const struct cell *cells)
{
    if (!cells[0].there) {
        doctor_say(doctor, DOCTOR_FAIL, remote_host(doctor->remote),
                   "snmpd answers, but the agent is not connected to it, or the user's view does "
                   "not have its objects");
        doctor_mend(doctor, "systemctl restart " AGENT_UNIT);
        return;
    }
    doctor->answers = true;
    if (doctor->config && (int64_t)doctor->config->count != cell_number(&cells[0], 0)) {
        doctor_say(doctor, DOCTOR_WARN, doctor->config_file,
                   "the agent runs with %lld daemons, and the file names %zu",
                   (long long)cell_number(&cells[0], 0), doctor->config->count);
        doctor_mend(doctor, "systemctl reload " AGENT_UNIT);
    }
    if (cell_number(&cells[1], 0) > (int64_t)time(NULL) + CLOCK_SLACK)
        doctor_say(doctor, DOCTOR_WARN, NULL,
                   "the agent was started at a time that is still to come");
    if (cell_number(&cells[2], 0) == objects_value(ovpnAgentStateLoaded, "refused"))
        doctor_say(doctor, DOCTOR_WARN, NULL,
                   "the agent does not remember what was before its start: its file was refused");
}

void doctor_check_answers(struct doctor *doctor)
{
    static const struct remote_name names[] = {{ovpnAgentInstances, 0, {0}},
                                               {ovpnAgentStartTimeUnix, 0, {0}},
                                               {ovpnAgentStateLoaded, 0, {0}}};
    static const enum object wanted[] = {ovpnInstanceContact, ovpnInstanceContactError,
                                         ovpnInstanceConfigError, ovpnInstanceStateSinceUnix,
                                         ovpnInstanceEndpoint};
    struct daemons daemons = {{0}};
    struct cell cells[3] = {{0}};
    struct fault fault;
    bool good = remote_get(doctor->remote, names, 3, cells, &fault);

    if (good)
        check_agent_answer(doctor, cells);
    if (good && doctor->answers) {
        good = daemons_read(&daemons, doctor->remote, wanted, 5, &fault);
        if (good)
            check_contacts(doctor, &daemons);
        daemons_fini(&daemons);
    }
    if (good)
        return;
    doctor_say(doctor, fault.outcome == OUTCOME_USAGE ? DOCTOR_SKIP : DOCTOR_FAIL,
               remote_host(doctor->remote), "%s", fault.text);
    doctor_mend(doctor, fault.outcome == OUTCOME_NO_CONTACT ? "systemctl restart snmpd"
                                                            : "sensible-editor ~/.snmp/snmp.conf");
}

void doctor_check_clock(struct doctor *doctor)
{
    const char *words[] = {
        "/usr/bin/timedatectl", "show", "-p", "NTPSynchronized", "-p", "CanNTP", NULL};
    struct stat found;
    char printed[256];
    char value[16];

    /* A container has the clock of its host. */
    if (!doctor_is_here(doctor) || doctor_stat(doctor, "/run/systemd/container", &found) ||
        doctor_run(words, SYSTEMD_SECONDS, printed, sizeof(printed)) != 0 ||
        !doctor_value(printed, "NTPSynchronized", value, sizeof(value)) || strcmp(value, "no") != 0)
        return;
    doctor_say(doctor, DOCTOR_WARN, NULL,
               "nothing keeps the clock right, and SNMPv3 and all times depend on it");
    doctor_mend(doctor,
                doctor_value(printed, "CanNTP", value, sizeof(value)) && strcmp(value, "no") == 0
                    ? "apt-get install --no-install-recommends systemd-timesyncd"
                    : "timedatectl set-ntp true");
}
