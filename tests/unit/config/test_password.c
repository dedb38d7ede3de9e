#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "config/config.h"
#include "tests/unit/fixtures/folder.h"

/* Room for a password of ROOM - 1 bytes. */
#define ROOM 9

static void write_password(const char *bytes, size_t len, mode_t mode)
{
    unlink(main_file); /* the last one's mode may keep its owner from writing */
    write_bytes(main_file, bytes, len);
    assert_int_equal(chmod(main_file, mode), 0);
}

/* Reads into a buffer of exactly the promised size, so that a sanitizer sees a byte too many. */
static void assert_password(const char *file, const char *expected)
{
    char *password = malloc(ROOM);
    char error[256] = "";

    assert_non_null(password);
    assert_int_equal(config_read_password(file, password, ROOM, error, sizeof(error)),
                     strlen(expected));
    assert_string_equal(password, expected);
    assert_string_equal(error, "");
    free(password);
}

static void assert_refused(const char *file, const char *reason)
{
    static const char zeros[ROOM];
    char password[ROOM];
    char error[256];
    char expected[256];

    memset(password, 'x', sizeof(password));
    snprintf(expected, sizeof(expected), "password file %s: %s", file, reason);
    assert_int_equal(config_read_password(file, password, ROOM, error, sizeof(error)), -1);
    assert_string_equal(error, expected);
    assert_memory_equal(password, zeros, ROOM);
}

static void test_first_line(void **state)
{
    (void)state;
    write_password("secret\n", 7, 0600);
    assert_password(main_file, "secret");
    write_password("secret", 6, 0400);
    assert_password(main_file, "secret");
    write_password("secret\r\nmore\x01\n", 14, 0640);
    assert_password(main_file, "secret");
    write_password("a b\xc3\xa4 \"\n\nx", 10, 0600);
    assert_password(main_file, "a b\xc3\xa4 \"");
}

static void test_length(void **state)
{
    (void)state;
    write_password("12345678", 8, 0600);
    assert_password(main_file, "12345678");
    write_password("12345678\r\n", 10, 0600);
    assert_password(main_file, "12345678");
    write_password("123456789\n", 10, 0600);
    assert_refused(main_file, "the password is too long");
    write_password("", 0, 0600);
    assert_refused(main_file, "the first line is empty");
    write_password("\nsecret\n", 8, 0600);
    assert_refused(main_file, "the first line is empty");
    write_password("\r\n", 2, 0600);
    assert_refused(main_file, "the first line is empty");
}

static void test_control(void **state)
{
    static const char reason[] = "a password cannot hold control characters";

    (void)state;
    write_password("a\0b\n", 4, 0600);
    assert_refused(main_file, reason);
    write_password("a\tb\n", 4, 0600);
    assert_refused(main_file, reason);
    write_password("a\rb\n", 4, 0600);
    assert_refused(main_file, reason);
    write_password("ab\x7f\n", 4, 0600);
    assert_refused(main_file, reason);
}

/* The daemon may have it in its password too, or not. */
static void test_byte_order_mark(void **state)
{
    (void)state;
    write_password("\xef\xbb\xbfpw\n", 6, 0600);
    assert_refused(main_file, "it begins with a byte order mark: save it without one");
}

static void test_permissions(void **state)
{
    (void)state;
    write_password("secret\n", 7, 0604);
    assert_refused(main_file, "others can read it: refused (chmod o-r)");
    write_password("secret\n", 7, 0602);
    assert_refused(main_file, "group or others can write it: refused (chmod go-w)");
    write_password("secret\n", 7, 0660);
    assert_refused(main_file, "group or others can write it: refused (chmod go-w)");
}

static void test_kind(void **state)
{
    (void)state;
    assert_refused("/nonexistent/pw", "No such file or directory");
    assert_refused(folder, "not a regular file");
    assert_int_equal(mkfifo(other_file, 0600), 0);
    assert_refused(other_file, "not a regular file");
    assert_int_equal(unlink(other_file), 0);
    /* The file behind a symbolic link counts, not the link. */
    write_password("secret\n", 7, 0600);
    assert_int_equal(symlink(main_file, other_file), 0);
    assert_password(other_file, "secret");
    assert_int_equal(chmod(main_file, 0644), 0);
    assert_refused(other_file, "others can read it: refused (chmod o-r)");
    assert_int_equal(unlink(other_file), 0);
}

static void test_check(void **state)
{
    struct config_error error;
    struct config *config;
    char text[256];

    (void)state;
    snprintf(text, sizeof(text),
             "instances = ( { name = \"a\"; management = \"unix:/a\"; },\n{ name = \"b\"; "
             "management = \"unix:/b\"; password_file = \"%s\"; } );",
             other_file);
    write_text(main_file, text);
    config = config_load(main_file, &error, NULL);
    assert_non_null(config);
    write_text(other_file, "secret");
    assert_int_equal(chmod(other_file, 0600), 0);
    assert_true(config_check_passwords(config, &error));
    assert_int_equal(error.count, 0);
    assert_int_equal(chmod(other_file, 0644), 0);
    assert_false(config_check_passwords(config, &error));
    snprintf(text, sizeof(text),
             "%s:2: instances[1].password_file: password file %s: others can read it: refused "
             "(chmod o-r)",
             main_file, other_file);
    assert_string_equal(error.text[0], text);
    assert_int_equal(unlink(other_file), 0);
    assert_int_equal(error.count, 1);
    config_free(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_line),
        cmocka_unit_test(test_length),
        cmocka_unit_test(test_control),
        cmocka_unit_test(test_permissions),
        cmocka_unit_test(test_kind),
        cmocka_unit_test(test_check),
        cmocka_unit_test(test_byte_order_mark),
    };

    return cmocka_run_group_tests(tests, folder_set_up, folder_tear_down);
}
