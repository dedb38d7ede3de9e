#include "store/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "store/decode.h"
#include "store/recall.h"
#include "store/writer.h"

/* Between two looks at a lock, in milliseconds. */
enum { LOCK_PAUSE = 20 };

/*
 * The child of an agent that was killed holds it until the kernel has let go of it.  A file system
 * that knows no locks is used without.
 */
static bool lock(int folder)
{
    const struct timespec pause = {0, LOCK_PAUSE * 1000000L};

    for (int left = FOLDER_WAIT / LOCK_PAUSE; flock(folder, LOCK_EX | LOCK_NB) != 0; left--) {
        if (errno != EWOULDBLOCK)
            return true;
        if (left == 0)
            return false;
        nanosleep(&pause, NULL);
    }
    return true;
}

int folder_open(const char *path, const char **why)
{
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (folder < 0) {
        *why = strerror(errno);
    } else if (!lock(folder)) {
        *why = "another agent uses it";
        close(folder);
        folder = -1;
    }
    return folder;
}

/* All bytes of the file; *why says what is wrong with them. */
static bool read_bytes(int fd, struct decode *decode, const char **why)
{
    static char bytes[1 << 16];
    ssize_t len = -1;

    if (lseek(fd, 0, SEEK_SET) != 0 || (len = read(fd, bytes, sizeof(bytes))) < 0)
        *why = strerror(errno);
    while (len > 0 && decode_bytes(decode, (struct slice){bytes, (size_t)len}))
        if ((len = read(fd, bytes, sizeof(bytes))) < 0)
            *why = strerror(errno);
    if (len < 0)
        return false;
    *why = decode_is_whole(decode) ? NULL : decode->wrong;
    return *why == NULL;
}

static const char *look_at(int fd)
{
    struct stat file;

    if (fstat(fd, &file) != 0)
        return strerror(errno);
    if (!S_ISREG(file.st_mode))
        return "it is no regular file";
    return file.st_size > WRITER_BYTES_MAX ? "it is too large" : NULL;
}

static enum folder_found read_memory(int fd, struct model *model, const char **why)
{
    static struct decode decode;
    struct recall recall;

    *why = look_at(fd);
    if (*why)
        return FOLDER_REFUSED;
    decode_begin(&decode, NULL, NULL);
    if (!read_bytes(fd, &decode, why))
        return FOLDER_REFUSED;
    recall_begin(&recall, model);
    decode_begin(&decode, recall_line, &recall);
    if (!read_bytes(fd, &decode, why))
        return FOLDER_REFUSED;
    return recall.starved ? FOLDER_NO_MEMORY : FOLDER_MEMORY;
}

enum folder_found folder_read(int folder, struct model *model, const char **why)
{
    int fd = openat(folder, WRITER_FILE, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    enum folder_found found;

    if (fd < 0 && errno == ENOENT)
        return FOLDER_EMPTY;
    if (fd < 0) {
        *why = strerror(errno);
        return FOLDER_REFUSED;
    }
    found = read_memory(fd, model, why);
    close(fd);
    return found;
}

bool folder_put_aside(int folder)
{
    return renameat(folder, WRITER_FILE, folder, FOLDER_REFUSED_FILE) == 0;
}

bool folder_is_writable(int folder)
{
    return faccessat(folder, ".", W_OK | X_OK, AT_EACCESS) == 0;
}
