#include "base/denied.h"

#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The first folder on the way to path that may not be entered; false when there is none. */
static bool closed_folder(const char *path, char *folder, size_t size)
{
    const char *slash = path;

    while ((slash = strchr(slash + 1, '/')) != NULL) {
        if ((size_t)(slash - path) >= size)
            return false;
        memcpy(folder, path, (size_t)(slash - path));
        folder[slash - path] = '\0';
        if (faccessat(AT_FDCWD, folder, X_OK, AT_EACCESS) != 0)
            return true;
    }
    return false;
}

const char *denied_why(const char *path, char *text, size_t size)
{
    char folder[PATH_MAX];
    bool enter = closed_folder(path, folder, sizeof(folder));
    const char *what = enter ? folder : path;
    struct stat found;

    if (stat(what, &found) == 0)
        snprintf(text, size, "the agent's user may not %s %s, whose mode is %04o",
                 enter ? "enter" : "use", what, (unsigned)found.st_mode & 07777);
    else
        snprintf(text, size, "the agent's user may not use %s", path);
    return text;
}
