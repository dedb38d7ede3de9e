#include "ctl/secret.h"

#include <errno.h>
#include <malloc.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "ctl/terminal.h"

void secret_prepare(void)
{
    const struct rlimit none = {0, 0};

    prctl(PR_SET_DUMPABLE, 0);
    setrlimit(RLIMIT_CORE, &none);
    mallopt(M_PERTURB, 0xff);
}

/* One line with its end; more than fits is read to its end and thrown away. */
static bool read_typed(struct secret *secret, int terminal)
{
    char byte = 0;
    bool fits = true;
    ssize_t got = 1;

    while (byte != '\n') {
        got = read(terminal, &byte, 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        if (secret->len < sizeof(secret->text) - 1)
            secret->text[secret->len++] = byte;
        else
            fits = false;
    }
    byte = 0;
    return got > 0 && fits;
}

bool secret_read(struct secret *secret, int terminal, bool shown)
{
    bool whole;

    secret->len = 0;
    if (!shown && !terminal_take(terminal, TERMINAL_SILENT))
        return false;
    whole = read_typed(secret, terminal);
    if (!shown)
        terminal_give_back();
    if (!whole || secret->len == 0) {
        secret_wipe(secret);
        return false;
    }
    secret->text[--secret->len] = '\0'; /* the line feed */
    return true;
}

void secret_wipe(struct secret *secret)
{
    explicit_bzero(secret, sizeof(*secret));
}
