#include "ctl/doctor_checks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MODULE    "OPENVPN-MANAGEMENT-MIB"
#define BASE_MIBS "/usr/share/openvpn-agentx/base-mibs /usr/local/share/snmp/mibs"

/* Where Net-SNMP's tools look, and which modules they load, as snmp.conf(5) says. */
struct tools {
    char folders[2048]; /* separated by colons */
    bool silent;        /* the last line mibs is empty */
    bool named;         /* a line mibs names the module, or all of them */
};

static bool take_tools(struct slice line, void *context)
{
    struct tools *tools = context;
    struct slice word;
    struct slice value = {NULL, 0};
    size_t used = strlen(tools->folders);
    char text[1024];

    if (!doctor_next_word(&line, &word))
        return true;
    doctor_next_word(&line, &value);
    if (slice_is(word, "mibdirs")) {
        if (value.len > 0 && (value.at[0] == '+' || value.at[0] == '-'))
            value = slice_skip(value, 1);
        else
            used = 0;
        doctor_copy(text, sizeof(text), value);
        snprintf(tools->folders + used, sizeof(tools->folders) - used, ":%s", text);
    } else if (slice_is(word, "mibs")) {
        doctor_copy(text, sizeof(text), value);
        tools->silent = value.len == 0 || slice_is(value, ":");
        tools->named |= strstr(text, MODULE) != NULL || strcasecmp(text, "all") == 0;
    }
    return true;
}

static bool has_module(const struct doctor *doctor, const struct tools *tools, const char *name)
{
    static const char *const endings[] = {"", ".txt", ".mib", ".my"};
    struct slice rest = slice_of(tools->folders);
    struct stat found;
    char path[2300];

    while (rest.at) {
        struct slice folder = slice_cut(&rest, ':');

        for (size_t i = 0; folder.len > 0 && i < sizeof(endings) / sizeof(endings[0]); i++) {
            snprintf(path, sizeof(path), "%.*s/%s%s", (int)folder.len, folder.at, name, endings[i]);
            if (doctor_stat(doctor, path, &found))
                return true;
        }
    }
    return false;
}

void doctor_check_modules(struct doctor *doctor)
{
    const char *home = getenv("HOME");
    struct tools tools = {.silent = false};
    char path[1024];

    snprintf(tools.folders, sizeof(tools.folders),
             "%s/.snmp/mibs:/usr/share/snmp/mibs:/usr/share/snmp/mibs/iana:"
             "/usr/share/snmp/mibs/ietf",
             home && strlen(home) < 500 ? home : "");
    doctor_lines(doctor, "/etc/snmp/snmp.conf", take_tools, &tools);
    snprintf(path, sizeof(path), "%s/.snmp/snmp.conf", home && strlen(home) < 500 ? home : "");
    doctor_lines(doctor, path, take_tools, &tools);
    if (!has_module(doctor, &tools, MODULE)) {
        doctor_say(doctor, DOCTOR_WARN, MODULE, "the tools of Net-SNMP do not find the module");
        doctor_mend(doctor, "apt-get install openvpn-agentx-mib");
    }
    if (!has_module(doctor, &tools, "SNMPv2-SMI")) {
        doctor_say(doctor, DOCTOR_WARN, "SNMPv2-SMI",
                   "the tools of Net-SNMP do not find the modules that the agent's builds on");
        doctor_mend(doctor, BASE_MIBS);
    }
    if (tools.silent || !tools.named) {
        doctor_say(doctor, DOCTOR_WARN, "snmp.conf",
                   tools.silent
                       ? "an empty line mibs switches all modules off"
                       : "no line mibs names the module, so that the tools do not load it");
        doctor_mend(doctor, "mkdir -p -m 0700 ~/.snmp && printf 'mibs " MODULE ":SNMPv2-MIB\\n"
                            "mibdirs +/usr/local/share/snmp/mibs\\n' >>~/.snmp/snmp.conf");
    }
}
