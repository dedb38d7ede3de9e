#include "agent/standalone/engine.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <net-snmp/net-snmp-config.h>
#include <net-snmp/net-snmp-includes.h>

#include "agent/master/library.h"
#include "base/log.h"

static const char *folder_fault(const char *folder)
{
    struct stat status;

    if (mkdir(folder, 0700) != 0 && errno != EEXIST)
        return strerror(errno);
    if (stat(folder, &status) != 0)
        return strerror(errno);
    if (!S_ISDIR(status.st_mode))
        return "not a folder";
    if (status.st_mode & (S_IWGRP | S_IWOTH))
        return "group or others can write there: refused (chmod go-w)";
    return access(folder, R_OK | W_OK | X_OK) == 0 ? NULL : strerror(errno);
}

bool engine_prepare(const char *folder)
{
    const char *fault = folder_fault(folder);

    if (fault)
        log_error("state_dir %s: %s; without it managers of SNMPv3 would not know this agent again",
                  folder, fault);
    return !fault;
}

/* The library says nothing of a file that it could not write. */
bool engine_store(const char *folder)
{
    char path[4096];
    char line[256];
    static const char word[] = "engineBoots ";
    bool found = false;
    FILE *file;

    snmp_store(library_name);
    snprintf(path, sizeof(path), "%s/%s.conf", folder, library_name);
    file = fopen(path, "re");
    while (file && fgets(line, sizeof(line), file))
        found |= strncmp(line, word, sizeof(word) - 1) == 0 &&
                 strtoul(line + sizeof(word) - 1, NULL, 10) == snmpv3_local_snmpEngineBoots();
    if (file)
        fclose(file);
    if (!found)
        log_error("%s: the SNMP engine's state cannot be kept", path);
    return found;
}
