#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/timers.h"
#include "tests/unit/fixtures/folder.h"

/* Where the log goes, and that it is waited for nowhere. */

/* More lines than any pipe, socket or queue takes. */
enum { STORM = 20000, STORM_BYTES = 60 };

static int64_t now;
static int saved; /* the real stderr */

static int64_t mono(void)
{
    return now;
}

static int64_t wall(void)
{
    return now / 1000;
}

static const struct clock_source source = {mono, wall, mono};

static int set_up(void **state)
{
    (void)state;
    now = 1000;
    clock_use(&source);
    signal(SIGPIPE, SIG_IGN);
    unsetenv("JOURNAL_STREAM");
    saved = dup(STDERR_FILENO);
    return saved < 0 ? -1 : 0;
}

static int tear_down(void **state)
{
    (void)state;
    dup2(saved, STDERR_FILENO);
    close(saved);
    log_to_stderr();
    unlink(main_file);
    return 0;
}

/* Makes fd, which is closed, the stderr of a program that serves. */
static void serve_on(int fd)
{
    assert_int_equal(dup2(fd, STDERR_FILENO), STDERR_FILENO);
    close(fd);
    log_to_stderr();
    log_never_wait();
}

static void storm(void)
{
    for (int i = 0; i < STORM; i++)
        log_error("%06d %040d", i, 0);
}

/* Takes what is there to read, as one text; the rest of a storm's lines must all be whole. */
static size_t read_all(int fd, char *text, size_t size)
{
    size_t len = 0;
    ssize_t got;

    while ((got = recv(fd, text + len, size - len - 1, MSG_DONTWAIT)) > 0 ||
           (got < 0 && errno == ENOTSOCK && (got = read(fd, text + len, size - len - 1)) > 0))
        len += (size_t)got;
    text[len] = '\0';
    return len;
}

static size_t count(const char *text, const char *word)
{
    size_t found = 0;

    while ((text = strstr(text, word))) {
        found++;
        text += strlen(word);
    }
    return found;
}

/* A storm into what nobody reads, then a reader: what is left out is told once, and no line is cut.
 */
static void assert_storm_is_counted(int reader)
{
    char *text = malloc(STORM * STORM_BYTES);
    char expected[100];
    size_t lines;

    assert_non_null(text);
    storm();
    assert_in_range(timers_next(), 1, 10000);
    read_all(reader, text, STORM * STORM_BYTES);
    lines = count(text, "error: 0");
    assert_in_range(lines, 100, STORM - 100);
    now += 2000;
    timers_run();
    read_all(reader, text + strlen(text), STORM * STORM_BYTES - strlen(text));
    snprintf(expected, sizeof(expected),
             "warning: %zu lines are left out here: the log could not be written\n", STORM - lines);
    assert_string_equal(strstr(text, "warning: "), expected);
    assert_int_equal(count(text, "\n"), lines + 1);
    assert_int_equal(timers_next(), -1);

    log_error("on");
    read_all(reader, text, STORM * STORM_BYTES);
    assert_string_equal(text, "error: on\n");
    free(text);
}

static void test_pipe_that_nobody_reads(void **state)
{
    int ends[2];

    (void)state;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    serve_on(ends[1]);
    assert_storm_is_counted(ends[0]);
    /* Others that have the same pipe do not expect to be turned away. */
    assert_false(fcntl(STDERR_FILENO, F_GETFL) & O_NONBLOCK);
    close(ends[0]);
}

/* As sudo leaves it: the agent's user may write to it, and not open it. */
static void test_pipe_of_another_user(void **state)
{
    uid_t user = geteuid();
    int ends[2];

    (void)state;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    assert_int_equal(fchmod(ends[1], 0), 0);
    if (user == 0)
        assert_int_equal(seteuid(65534), 0);
    serve_on(ends[1]);
    assert_int_equal(seteuid(user), 0);
    assert_storm_is_counted(ends[0]);
    close(ends[0]);
}

static void test_socket_that_nobody_reads(void **state)
{
    int ends[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    serve_on(ends[1]);
    assert_storm_is_counted(ends[0]);
    close(ends[0]);
}

/* Adds up what is told to be left out. */
static size_t told_of(const char *text)
{
    size_t sum = 0;

    while ((text = strstr(text, "warning: "))) {
        text += strlen("warning: ");
        sum += strtoul(text, NULL, 10);
    }
    return sum;
}

static bool all_told(const char *text, size_t len)
{
    return len > 0 && text[len - 1] == '\n' && count(text, "error: 0") + told_of(text) == STORM;
}

/* A terminal takes a line in part; the rest of it goes out first.  The kernel moves its bytes when
 * it has time. */
static void test_terminal_that_nobody_reads(void **state)
{
    static char text[STORM * STORM_BYTES];
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    struct pollfd readable = {.fd = master, .events = POLLIN};
    size_t len = 0;
    size_t lines;

    (void)state;
    assert_true(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
    serve_on(open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC));
    storm();
    for (int turn = 0; turn < 1000 && !all_told(text, len); turn++) {
        poll(&readable, 1, 10);
        len += read_all(master, text + len, sizeof(text) - len);
        now += 2000;
        timers_run();
    }
    lines = count(text, "error: 0");
    assert_in_range(lines, 10, STORM - 1);
    assert_int_equal(told_of(text), STORM - lines);
    /* Whole lines, as the terminal ends them. */
    assert_int_equal(count(text, "0000000000\r\n"), lines);
    assert_int_equal(count(text, "\n"), lines + count(text, " could not be written\r\n"));
    close(master);
}

/* Nobody can ever read again: the agent goes on, and does not try without a cause. */
static void test_reader_is_gone(void **state)
{
    int ends[2];

    (void)state;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    serve_on(ends[1]);
    close(ends[0]);
    storm();
    assert_int_equal(timers_next(), -1);

    /* What comes next is another test's, or another file's. */
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    serve_on(ends[1]);
    log_error("on");
    {
        char text[200];

        read_all(ends[0], text, sizeof(text));
        assert_string_equal(text, "warning: 20000 lines are left out here: the log could not be "
                                  "written\nerror: on\n");
    }
    close(ends[0]);
}

/* With JOURNAL_STREAM each line has its priority; with that of another file it has not. */
static void test_journal(void **state)
{
    char stream[64];
    char text[200];
    struct stat status;
    int ends[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    assert_int_equal(fstat(ends[1], &status), 0);
    for (int other = 0; other < 2; other++) {
        snprintf(stream, sizeof(stream), "%llu:%llu", (unsigned long long)status.st_dev,
                 (unsigned long long)status.st_ino + (unsigned)other);
        setenv("JOURNAL_STREAM", stream, 1);
        serve_on(dup(ends[1]));
        log_set_level(LOG_LEVEL_DEBUG);
        log_error("1");
        log_warning("2");
        log_notice("3");
        log_info("4");
        log_debug("5");
        log_set_level(LOG_LEVEL_NOTICE);
        read_all(ends[0], text, sizeof(text));
        assert_string_equal(text, other ? "error: 1\nwarning: 2\nnotice: 3\ninfo: 4\ndebug: 5\n"
                                        : "<3>error: 1\n<4>warning: 2\n<5>notice: 3\n"
                                          "<6>info: 4\n<7>debug: 5\n");
    }
    close(ends[0]);
    close(ends[1]);
}

static int listen_at(int type)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

    unlink(main_file);
    strcpy(address.sun_path, main_file);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    if (type == SOCK_STREAM)
        assert_int_equal(listen(fd, 5), 0);
    return fd;
}

/* Checks one line of RFC 3164, but for its time. */
static void assert_syslog(const char *line, const char *priority, const char *text)
{
    char expected[200];

    snprintf(expected, sizeof(expected), " tester[%d]: %s", (int)getpid(), text);
    assert_memory_equal(line, priority, strlen(priority));
    assert_int_equal(strlen(line), strlen(priority) + strlen("Jan  1 00:00:00") + strlen(expected));
    assert_string_equal(line + strlen(line) - strlen(expected), expected);
}

static void receive(int fd, char line[256])
{
    ssize_t got = recv(fd, line, 255, MSG_DONTWAIT);

    assert_true(got > 0);
    line[got] = '\0';
}

static void test_syslog(void **state)
{
    char line[256];
    int fd = listen_at(SOCK_DGRAM);

    (void)state;
    log_to_syslog(main_file, "tester");
    log_error("one\ntwo");
    receive(fd, line);
    assert_syslog(line, "<27>", "one two");
    /* It ends and comes again. */
    close(fd);
    fd = listen_at(SOCK_DGRAM);
    log_warning("three");
    receive(fd, line);
    assert_syslog(line, "<28>", "three");
    close(fd);
}

static void test_syslog_that_nobody_reads(void **state)
{
    char line[256];
    int fd = listen_at(SOCK_DGRAM);
    int lines = 0;

    (void)state;
    log_to_syslog(main_file, "tester");
    storm();
    while (recv(fd, line, sizeof(line), MSG_DONTWAIT) > 0)
        lines++;
    assert_in_range(lines, 1, STORM - 1);
    now += 2000;
    timers_run();
    receive(fd, line);
    {
        char expected[100];

        snprintf(expected, sizeof(expected),
                 "%d lines are left out here: the log could not be written", STORM - lines);
        assert_syslog(line, "<28>", expected);
    }
    assert_int_equal(timers_next(), -1);
    close(fd);
}

/* There is none: nothing waits, and when it is there the log goes on. */
static void test_syslog_is_not_there(void **state)
{
    char line[256];
    int fd;

    (void)state;
    log_to_syslog(main_file, "tester");
    storm();
    fd = listen_at(SOCK_DGRAM);
    log_notice("on");
    receive(fd, line);
    assert_syslog(line, "<28>", "20000 lines are left out here: the log could not be written");
    receive(fd, line);
    assert_syslog(line, "<29>", "on");
    close(fd);
}

/* A NUL ends each line there. */
static void test_syslog_that_takes_streams(void **state)
{
    char line[256];
    int fd = listen_at(SOCK_STREAM);
    int peer;

    (void)state;
    log_to_syslog(main_file, "tester");
    log_error("one");
    log_error("two");
    peer = accept(fd, NULL, NULL);
    receive(peer, line);
    assert_syslog(line, "<27>", "one");
    assert_syslog(line + strlen(line) + 1, "<27>", "two");
    close(peer);
    close(fd);
}

/* A few lines of a kind in a time, then how many more there were. */
static void test_limit(void **state)
{
    static struct log_limit limit = {.level = LOG_LEVEL_NOTICE, .what = "bad things"};
    char text[4096];
    int ends[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    serve_on(ends[1]);
    for (int period = 0; period < 2; period++) {
        for (int i = 0; i < 1000; i++)
            if (log_admits(&limit))
                log_notice("bad");
        read_all(ends[0], text, sizeof(text));
        assert_int_equal(count(text, "notice: bad\n"), LOG_BURST);
        now += LOG_PERIOD;
        timers_run();
        read_all(ends[0], text, sizeof(text));
        assert_string_equal(text, "notice: 980 more bad things are left out here\n");
        assert_int_equal(timers_next(), -1);
    }
    /* Where nothing is left out nothing is told. */
    assert_true(log_admits(&limit));
    now += LOG_PERIOD;
    timers_run();
    assert_int_equal(read_all(ends[0], text, sizeof(text)), 0);
    close(ends[0]);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_pipe_that_nobody_reads),
        TEST(test_pipe_of_another_user),
        TEST(test_socket_that_nobody_reads),
        TEST(test_terminal_that_nobody_reads),
        TEST(test_reader_is_gone),
        TEST(test_journal),
        TEST(test_syslog),
        TEST(test_syslog_that_nobody_reads),
        TEST(test_syslog_is_not_there),
        TEST(test_syslog_that_takes_streams),
        TEST(test_limit),
    };

    return cmocka_run_group_tests_name("log sinks", tests, folder_set_up, folder_tear_down);
}
