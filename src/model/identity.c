#include "model/identity.h"

#include <stdlib.h>

#include "base/text.h"

struct identity identity_copy(const struct identity *identity)
{
    struct identity copy = *identity;

    copy.common_name = text_copy(identity->common_name);
    copy.username = text_copy(identity->username);
    copy.real_text = text_copy(identity->real_text);
    return copy;
}

void identity_fini(struct identity *identity)
{
    free(identity->common_name);
    free(identity->username);
    free(identity->real_text);
    *identity = (struct identity){0};
}
