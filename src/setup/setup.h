#ifndef SETUP_SETUP_H
#define SETUP_SETUP_H

#include <net/if.h>
#include <stdint.h>

#include "model/certificates.h"
#include "setup/files.h"

/* What a daemon's own configuration file says, with all that it includes and names. */
struct setup {
    struct certificates certificates;
    int64_t clients_max;        /* -1 when not known */
    int64_t clients_max_subnet; /* the same since OpenVPN 2.7, whose topology is another */
    char device[IFNAMSIZ];      /* the name of the tunnel's interface, where it is given */
    char *fault;                /* what is wrong, for people: clean text, NULL when nothing is */
    struct files files;         /* all that were looked at */
};

/*
 * Reads the file with that absolute path.  What cannot be read or understood is left out, and told
 * in setup->fault.  Paths are relative to the folder of the file, or to where `cd` leads.  Waits
 * for the disk, and touches nothing but *setup, which is filled anew.
 */
void setup_read(struct setup *setup, const char *path);

void setup_fini(struct setup *setup);

#endif
