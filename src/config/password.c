#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "config/config.h"
#include "config/guarded.h"

/* Room for the longest password that can be sent: a line of 1000 bytes. */
#define PASSWORD_ROOM 1001

/*
 * Reads up to the end of the line or the file, a byte at a time: what stands behind the first line
 * does not come into our memory.  Returns NULL, or what is wrong.
 */
static const char *read_line(int fd, char *line, size_t size, size_t *len)
{
    bool returned = false; /* a CR is good only before the end */

    for (*len = 0;;) {
        char byte;
        ssize_t got = read(fd, &byte, 1);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return strerror(errno);
        if (got == 0 || byte == '\n')
            return NULL;
        if (returned || ((unsigned char)byte < 0x20 && byte != '\r') || byte == 0x7f)
            return "a password cannot hold control characters";
        returned = byte == '\r';
        if (returned)
            continue;
        if (*len + 1 >= size)
            return "the password is too long";
        line[(*len)++] = byte;
    }
}

int config_read_password(const char *file, char *password, size_t size, char *error,
                         size_t error_size)
{
    const char *fault;
    int fd = guarded_open(file, &fault);
    size_t len = 0;

    if (!fault)
        fault = read_line(fd, password, size, &len);
    if (!fault && len >= 3 && memcmp(password, "\xef\xbb\xbf", 3) == 0)
        fault = "it begins with a byte order mark: save it without one";
    if (!fault && len == 0)
        fault = "the first line is empty";
    if (fd >= 0)
        close(fd);
    if (fault) {
        explicit_bzero(password, size);
        snprintf(error, error_size, "password file %s: %s", file, fault);
        return -1;
    }
    password[len] = '\0';
    return (int)len;
}

bool config_check_passwords(const struct config *config, struct config_error *error)
{
    char password[PASSWORD_ROOM];
    char why[sizeof(error->text[0])];

    error->count = 0;
    for (size_t i = 0; i < config->count; i++) {
        const struct instance_config *instance = &config->instances[i];
        int len;

        if (!instance->password_file)
            continue;
        len = config_read_password(instance->password_file, password, sizeof(password), why,
                                   sizeof(why));
        explicit_bzero(password, sizeof(password));
        if (len >= 0)
            continue;
        if (error->count < CONFIG_FAULTS_MAX)
            snprintf(error->text[error->count], sizeof(error->text[0]),
                     "%s:%u: instances[%zu].password_file: %.*s", config->file, instance->line, i,
                     400, why);
        error->count++;
    }
    return error->count == 0;
}
