#ifndef TESTS_UNIT_FOLDER_H
#define TESTS_UNIT_FOLDER_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * A folder for one test program, with two files in it that tests write.  To be included after
 * cmocka.h, by one file of a program.
 */

static char folder[32];
static char main_file[64];
static char other_file[64];

static void __attribute__((unused)) write_bytes(const char *file, const char *bytes, size_t len)
{
    FILE *stream = fopen(file, "w");

    assert_non_null(stream);
    assert_int_equal(fwrite(bytes, 1, len, stream), len);
    assert_int_equal(fclose(stream), 0);
}

static void __attribute__((unused)) write_text(const char *file, const char *text)
{
    write_bytes(file, text, strlen(text));
}

static int folder_set_up(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/openvpn-agentx.XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    snprintf(main_file, sizeof(main_file), "%s/main", folder);
    snprintf(other_file, sizeof(other_file), "%s/other", folder);
    return 0;
}

/* Fails when a test left another file. */
static int folder_tear_down(void **state)
{
    (void)state;
    unlink(other_file);
    unlink(main_file);
    return rmdir(folder);
}

#endif
