#include "connection/watch.h"

#include <errno.h>
#include <string.h>

static bool is_same(const struct watch *a, const struct watch *b)
{
    return a->error == b->error && a->status.st_dev == b->status.st_dev &&
           a->status.st_ino == b->status.st_ino && a->status.st_mode == b->status.st_mode &&
           a->status.st_ctim.tv_sec == b->status.st_ctim.tv_sec &&
           a->status.st_ctim.tv_nsec == b->status.st_ctim.tv_nsec;
}

bool watch_look(struct watch *watch, const char *path)
{
    struct watch now = {0};
    bool same;

    if (!path)
        return false;
    if (stat(path, &now.status) != 0) {
        now.error = errno;
        memset(&now.status, 0, sizeof(now.status));
    }
    same = is_same(watch, &now);
    *watch = now;
    return !same;
}
