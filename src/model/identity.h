#ifndef MODEL_IDENTITY_H
#define MODEL_IDENTITY_H

#include "protocol/address.h"

/* Who a client is and where it is to be found, while it is there and afterwards.  Owns its texts.
 */
struct identity {
    char *common_name;
    char *username;
    struct address real;
    char *real_text; /* as the daemon writes it */
    struct tunnel_addresses tunnel;
};

/* A copy; a text that there is no memory for is missing in it. */
struct identity identity_copy(const struct identity *identity);

void identity_fini(struct identity *identity);

#endif
