#include "base/keep.h"

#ifdef HAVE_CONFIG_H
#include <build.h>
#endif

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef HAVE_SYSTEMD
#include <systemd/sd-daemon.h>
#endif

#include "base/log.h"
#include "base/unix_socket.h"

/* The manager's names may not hold everything: what follows is the name in hexadecimal digits. */
#define PREFIX "ovpn-"

enum { KEEP_WORDS_MAX = 65536 };

struct keep {
    char label[sizeof(PREFIX) + 2UL * KEEP_NAME_MAX]; /* the manager's name of it */
    int fd;                                           /* the socket */
    int words;                                        /* a file in memory, -1 without one */
    bool lent; /* the manager's own, for as long as the process runs: it listens there too */
    struct keep *next;
};

/* What a process before has left and nobody has taken yet. */
static struct keep *left;

static bool make_label(struct keep *keep, const char *name)
{
    char *at = keep->label + snprintf(keep->label, sizeof(keep->label), PREFIX);

    if (strlen(name) > KEEP_NAME_MAX)
        return false;
    for (; *name; name++)
        at += snprintf(at, 3, "%02x", (unsigned char)*name);
    return true;
}

/* False when it cannot be told. */
static bool tell_manager(const char *state, const int *fds, unsigned count)
{
#ifdef HAVE_SYSTEMD
    return sd_pid_notify_with_fds(0, 0, state, fds, count) > 0;
#else
    (void)state;
    (void)fds;
    (void)count;
    return false;
#endif
}

static bool has_manager(void)
{
#ifdef HAVE_SYSTEMD
    return getenv("NOTIFY_SOCKET") != NULL;
#else
    return false;
#endif
}

static void free_keep(struct keep *keep)
{
    if (keep->words >= 0)
        close(keep->words);
    free(keep);
}

static void remove_copies(const struct keep *keep)
{
    char state[sizeof(keep->label) + 40];

    snprintf(state, sizeof(state), "FDSTOREREMOVE=1\nFDNAME=%s", keep->label);
    tell_manager(state, NULL, 0);
}

static bool is_listener(int fd)
{
    int listens = 0;
    socklen_t len = sizeof(listens);

    return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len) == 0 && listens;
}

#ifdef HAVE_SYSTEMD
static struct keep *find_left(const char *label)
{
    struct keep *keep = left;

    while (keep && strcmp(keep->label, label) != 0)
        keep = keep->next;
    return keep;
}

static struct keep *add_left(const char *label, bool lent)
{
    struct keep *keep = calloc(1, sizeof(*keep));

    if (!keep)
        return NULL;
    snprintf(keep->label, sizeof(keep->label), "%s", label);
    keep->fd = keep->words = -1;
    keep->lent = lent;
    keep->next = left;
    left = keep;
    return keep;
}

/* Whether make_label() has made it: a unit's name may begin so as well. */
static bool is_own_label(const char *label)
{
    static const char digits[] = "0123456789abcdef";
    size_t len = strlen(label);

    return len > sizeof(PREFIX) - 1 && len < sizeof(((struct keep *)NULL)->label) &&
           strncmp(label, PREFIX, sizeof(PREFIX) - 1) == 0 && (len - sizeof(PREFIX) + 1) % 2 == 0 &&
           label[sizeof(PREFIX) - 1 + strspn(label + sizeof(PREFIX) - 1, digits)] == '\0';
}

/* A socket and its words come under one name; those of the manager's units under any. */
static void take_over(int fd, const char *label)
{
    bool own = is_own_label(label);
    struct keep *keep = own ? find_left(label) : NULL;
    struct stat status = {0};
    int *place = NULL;

    if (!keep && (own || is_listener(fd)))
        keep = add_left(label, !own);
    fstat(fd, &status);
    if (keep && S_ISSOCK(status.st_mode))
        place = &keep->fd;
    else if (keep && S_ISREG(status.st_mode))
        place = &keep->words;
    if (place && *place < 0)
        *place = fd;
    else
        close(fd);
}
#endif

void keep_start(void)
{
#ifdef HAVE_SYSTEMD
    char **names = NULL;
    int count = sd_listen_fds_with_names(1, &names);

    for (int i = 0; i < count; i++) {
        fcntl(SD_LISTEN_FDS_START + i, F_SETFL, O_NONBLOCK);
        take_over(SD_LISTEN_FDS_START + i, names[i]);
        free(names[i]);
    }
    free(names);
#endif
}

static char *load_words(int file)
{
    char *words = calloc(1, KEEP_WORDS_MAX + 1);

    if (words && file >= 0 && pread(file, words, KEEP_WORDS_MAX, 0) < 0)
        words[0] = '\0';
    return words;
}

/* Takes it out of those that are left. */
static struct keep *unlink_left(const char *label)
{
    struct keep **at = &left;
    struct keep *keep;

    while (*at && strcmp((*at)->label, label) != 0)
        at = &(*at)->next;
    keep = *at;
    if (keep)
        *at = keep->next;
    return keep;
}

struct keep *keep_take(const char *name, int *fd, char **words)
{
    struct keep wanted;
    struct keep *keep = left && make_label(&wanted, name) ? unlink_left(wanted.label) : NULL;

    if (!keep)
        return NULL;
    *words = keep->fd >= 0 ? load_words(keep->words) : NULL;
    if (!*words) {
        if (keep->fd >= 0)
            close(keep->fd);
        remove_copies(keep);
        free_keep(keep);
        return NULL;
    }
    *fd = keep->fd;
    return keep;
}

/* A session that was accepted there has the path as well. */
static bool listens_at(int fd, const char *path)
{
    return fd >= 0 && is_listener(fd) && unix_socket_is_at(fd, path);
}

struct keep *keep_take_listener(const char *path, int *fd)
{
    struct keep **at = &left;
    struct keep *keep;

    while (*at && !listens_at((*at)->fd, path))
        at = &(*at)->next;
    keep = *at;
    if (!keep)
        return NULL;
    if (!keep->lent)
        *at = keep->next;
    *fd = keep->lent ? fcntl(keep->fd, F_DUPFD_CLOEXEC, 0) : keep->fd;
    return *fd >= 0 ? keep : NULL;
}

struct keep *keep_put(const char *name, int fd)
{
    struct keep *keep = has_manager() ? calloc(1, sizeof(*keep)) : NULL;
    char state[sizeof(keep->label) + 40];

    if (!keep)
        return NULL;
    keep->fd = fd;
    keep->words = memfd_create("openvpn-agentx", MFD_CLOEXEC);
    if (keep->words < 0 || !make_label(keep, name)) {
        free_keep(keep);
        return NULL;
    }
    snprintf(state, sizeof(state), "FDSTORE=1\nFDNAME=%s", keep->label);
    if (tell_manager(state, (const int[]){fd, keep->words}, 2))
        return keep;
    free_keep(keep);
    return NULL;
}

void keep_note(struct keep *keep, struct slice words)
{
    if (!keep || keep->words < 0 || words.len > KEEP_WORDS_MAX)
        return;
    /* What is longer is cut off last: words begin what the file holds, whatever ends the process.
     */
    if (pwrite(keep->words, words.at, words.len, 0) != (ssize_t)words.len ||
        ftruncate(keep->words, (off_t)words.len) != 0)
        log_debug("%s: what is to be known after a restart cannot be noted", keep->label);
}

void keep_drop(struct keep *keep)
{
    if (!keep || keep->lent)
        return;
    shutdown(keep->fd, SHUT_RDWR); /* the manager is not waited for */
    remove_copies(keep);
    free_keep(keep);
}

void keep_leave(struct keep *keep)
{
    if (keep && !keep->lent)
        free_keep(keep);
}

void keep_drop_rest(void)
{
    struct keep **at = &left;
    struct keep *keep;

    while ((keep = *at)) {
        int fd = keep->fd;

        if (keep->lent) {
            at = &keep->next;
            continue;
        }
        *at = keep->next;
        keep_drop(keep);
        if (fd >= 0)
            close(fd);
    }
}
