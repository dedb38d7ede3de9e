#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>
#include <event2/event.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/timers.h"
#include "config/config.h"
#include "store/folder.h"
#include "store/handover.h"
#include "store/store.h"
#include "store/writer.h"
#include "tests/unit/fixtures/folder.h"

/* The folder of a store: real files and children, a clock that the test moves, a disk that hangs.
 */

static char name[] = "office";
static char endpoint[] = "unix:/nowhere";
static const struct instance_config config = {
    .name = name,
    .management = {.text = endpoint},
    .limits = {.session_lines = 5, .request_lines = 1, .client_max = 5, .user_lines = 5}};
static struct model model;
static struct event_base *base;
static int64_t now;
static char memory_file[128];
static char refused_file[128];
static char new_file[128];
static char log_text[8192];
static size_t log_seen;

static int64_t read_mono(void)
{
    return now;
}

static int64_t read_wall(void)
{
    return 1795453890 + now / 1000;
}

static const struct clock_source source = {read_mono, read_wall, read_mono};

/* A child that waits for the disk, until it is killed or for a time that no test takes. */
static bool disk_hangs;
int __real_fsync(int fd);
int __wrap_fsync(int fd);

int __wrap_fsync(int fd)
{
    if (disk_hangs)
        sleep(600);
    return __real_fsync(fd);
}

/* Waits are short where they would end nothing. */
int __real_nanosleep(const struct timespec *time, struct timespec *left);
int __wrap_nanosleep(const struct timespec *time, struct timespec *left);

int __wrap_nanosleep(const struct timespec *time, struct timespec *left)
{
    const struct timespec none = {0, 1000};

    return __real_nanosleep(disk_hangs ? &none : time, left);
}

static int log_file;

/* What the log was told since the last call. */
static const char *told(void)
{
    ssize_t len = pread(log_file, log_text, sizeof(log_text) - 1, (off_t)log_seen);

    assert_true(len >= 0);
    log_text[len] = '\0';
    log_seen += (size_t)len;
    return log_text;
}

static int set_up(void **state)
{
    if (folder_set_up(state) != 0)
        return -1;
    snprintf(memory_file, sizeof(memory_file), "%s/" WRITER_FILE, folder);
    snprintf(refused_file, sizeof(refused_file), "%s/" FOLDER_REFUSED_FILE, folder);
    snprintf(new_file, sizeof(new_file), "%s/" WRITER_NEW_FILE, folder);
    log_file = open("/tmp", O_TMPFILE | O_RDWR | O_APPEND, 0600);
    log_seen = 0;
    assert_true(log_file >= 0 && dup2(log_file, STDERR_FILENO) >= 0);
    log_to_stderr();
    clock_use(&source);
    now = 1000;
    disk_hangs = false;
    base = event_base_new();
    return base ? 0 : -1;
}

static int tear_down(void **state)
{
    event_base_free(base);
    clock_use(NULL);
    close(log_file);
    unlink(memory_file);
    unlink(refused_file);
    rmdir(refused_file);
    unlink(new_file);
    return folder_tear_down(state);
}

static void begin_in(const char *where)
{
    model = (struct model){0};
    assert_true(model_add(&model, instance_new(1, &config)));
    assert_true(store_start(&model, base, where));
}

static void begin(void)
{
    begin_in(folder);
}

static void end(void)
{
    store_stop();
    model_fini(&model);
}

/* The timers that are due, and the children that they start. */
static void turn(void)
{
    timers_run();
    while (waitid(P_ALL, 0, &(siginfo_t){0}, WEXITED | WNOWAIT) == 0)
        event_base_loop(base, EVLOOP_ONCE);
}

static void pass_minute(void)
{
    now += STORE_PERIOD;
    turn();
}

static bool exists(const char *file)
{
    return access(file, F_OK) == 0;
}

static struct instance *office(void)
{
    return model.instances[0];
}

static void test_start_and_stop(void **state)
{
    struct stat file;

    (void)state;
    begin();
    assert_int_equal(model.remembrance, REMEMBERS_NOTHING);
    assert_false(exists(memory_file));
    turn(); /* at once, so that it is known that it can be */
    assert_int_equal(model.saved_unix, read_wall());
    assert_int_equal(stat(memory_file, &file), 0);
    assert_int_equal(file.st_mode & 07777, 0600);
    office()->logins_accepted = 7;
    end();
    assert_false(exists(new_file));
    assert_string_equal(told(), "");
    begin();
    assert_int_equal(model.remembrance, REMEMBERS_ALL);
    assert_int_equal(model.saved_unix, 0);
    assert_int_equal(office()->logins_accepted, 7);
    end();
    assert_string_equal(told(), "");
}

/* Whether the file has been written anew since the last call. */
static bool is_new_file(void)
{
    static ino_t before;
    struct stat file;
    bool news;

    assert_int_equal(stat(memory_file, &file), 0);
    news = file.st_ino != before;
    before = file.st_ino;
    return news;
}

static void test_once_a_minute_when_changed(void **state)
{
    int64_t saved;

    (void)state;
    begin();
    turn();
    assert_true(is_new_file());
    saved = model.saved_unix;
    office()->logins_accepted++;
    now += STORE_PERIOD - 1;
    turn();
    assert_false(is_new_file());
    now++;
    turn();
    assert_true(is_new_file());
    assert_true(model.saved_unix > saved);
    saved = model.saved_unix;
    pass_minute();
    pass_minute();
    assert_false(is_new_file());
    assert_int_equal(model.saved_unix, saved);
    office()->logins_accepted++;
    pass_minute();
    assert_true(is_new_file());
    end();
    assert_true(is_new_file()); /* that of an agent that has ended says so */
}

/* An agent that was killed loses what came after the last minute, and no number is given twice. */
static void test_killed(void **state)
{
    (void)state;
    begin();
    office()->log.last = 10;
    turn();
    assert_int_equal(rename(memory_file, other_file), 0);
    office()->log.last = 20;
    end(); /* of which nothing is kept */
    assert_int_equal(rename(other_file, memory_file), 0);
    begin();
    assert_int_equal(model.remembrance, REMEMBERS_ALL);
    assert_true(office()->log.last > 1000);
    end();
}

static void test_no_folder(void **state)
{
    (void)state;
    begin_in("");
    assert_int_equal(model.remembrance, REMEMBERS_NEVER);
    pass_minute();
    end();
    assert_non_null(
        strstr(told(), "nothing is remembered over a restart: state_dir names no folder"));
    begin_in("/nowhere/at/all");
    assert_int_equal(model.remembrance, REMEMBERS_NEVER);
    pass_minute();
    pass_minute();
    assert_int_equal(model.saved_unix, 0);
    end();
    assert_string_equal(strchr(told(), '/'), "/nowhere/at/all: nothing is remembered over a "
                                             "restart: No such file or directory\n");
}

static void assert_refused(const char *why)
{
    char expected[200];

    begin();
    snprintf(expected, sizeof(expected), "/memory is not used: %s\n", why);
    assert_int_equal(model.remembrance, REMEMBERS_REFUSED);
    assert_int_equal(office()->logins_accepted, 0);
    assert_non_null(strstr(told(), expected));
    assert_false(exists(memory_file));
    turn();
    assert_true(exists(memory_file));
    end();
    assert_string_equal(told(), "");
}

/* The last of them is kept. */
static void test_refused(void **state)
{
    struct stat file;

    (void)state;
    write_text(memory_file, "");
    assert_refused("its end is missing");
    write_text(memory_file, "something else\n");
    assert_refused("it is something else");
    assert_int_equal(stat(refused_file, &file), 0);
    assert_int_equal(file.st_size, strlen("something else\n"));
    begin();
    assert_int_equal(model.remembrance, REMEMBERS_ALL);
    end();
    assert_int_equal(stat(memory_file, &file), 0);
    assert_int_equal(truncate(memory_file, file.st_size - 1), 0);
    assert_refused("its end is missing");
    unlink(memory_file);
    assert_int_equal(symlink("/etc/passwd", memory_file), 0);
    assert_refused("Too many levels of symbolic links");
    unlink(memory_file);
    assert_int_equal(mkfifo(memory_file, 0600), 0);
    assert_refused("it is no regular file");
    write_text(memory_file, "");
    assert_int_equal(truncate(memory_file, WRITER_BYTES_MAX + 1), 0);
    assert_refused("it is too large");
}

static void test_cannot_be_put_aside(void **state)
{
    (void)state;
    write_text(memory_file, "something else\n");
    assert_int_equal(mkdir(refused_file, 0700), 0);
    begin();
    assert_int_equal(model.remembrance, REMEMBERS_REFUSED);
    pass_minute();
    end();
    assert_non_null(
        strstr(told(), "cannot be put aside, so nothing is remembered: Is a directory"));
    begin();
    assert_non_null(strstr(told(), "it is something else")); /* it is still there */
    end();
}

/* It is told once that it fails, and that it goes on. */
static void test_cannot_write(void **state)
{
    (void)state;
    begin();
    assert_int_equal(mkdir(new_file, 0700), 0);
    turn();
    assert_non_null(strstr(told(), ": what the agent knows cannot be written: File exists\n"));
    pass_minute();
    pass_minute();
    assert_string_equal(told(), "");
    assert_int_equal(model.saved_unix, 0);
    assert_int_equal(rmdir(new_file), 0);
    pass_minute();
    assert_non_null(strstr(told(), ": what the agent knows is written again\n"));
    assert_int_equal(model.saved_unix, read_wall());
    end();
}

/* Nothing waits for it, and no second child is started; at the end it is given up. */
static void test_disk_hangs(void **state)
{
    (void)state;
    begin();
    disk_hangs = true;
    timers_run();
    for (int i = 0; i < 3; i++) {
        now += STORE_PERIOD;
        timers_run();
        event_base_loop(base, EVLOOP_NONBLOCK);
    }
    assert_non_null(strstr(told(), "it has been waiting for the disk for a minute\n"));
    assert_int_equal(model.saved_unix, 0);
    end();
    assert_int_equal(waitpid(-1, NULL, 0) > 0, true); /* killed */
    assert_int_equal(waitpid(-1, NULL, 0), -1);       /* and the only one */
    disk_hangs = false;
    begin();
    assert_int_equal(model.remembrance, REMEMBERS_NOTHING);
    end();
}

/* Somebody kills the child. */
static void test_child_is_killed(void **state)
{
    char children[64];
    FILE *list;
    long child;

    (void)state;
    begin();
    disk_hangs = true;
    timers_run();
    snprintf(children, sizeof(children), "/proc/self/task/%d/children", getpid());
    list = fopen(children, "r");
    if (!list || fscanf(list, "%ld", &child) != 1)
        skip();
    fclose(list);
    disk_hangs = false;
    assert_int_equal(kill((pid_t)child, SIGKILL), 0);
    event_base_loop(base, EVLOOP_ONCE);
    assert_non_null(strstr(told(), "cannot be written: the process that writes was killed\n"));
    pass_minute();
    assert_non_null(strstr(told(), "is written again\n"));
    end();
}

static void test_two_agents(void **state)
{
    int other = open(folder, O_RDONLY | O_DIRECTORY);

    (void)state;
    assert_int_equal(flock(other, LOCK_EX), 0);
    disk_hangs = true; /* for short waits */
    begin();
    disk_hangs = false;
    assert_int_equal(model.remembrance, REMEMBERS_NEVER);
    pass_minute();
    end();
    assert_false(exists(memory_file));
    assert_non_null(
        strstr(told(), "nothing is remembered over a restart: another agent uses it\n"));
    close(other);
    begin();
    assert_int_equal(model.remembrance, REMEMBERS_NOTHING);
    end();
}

/* A child has nothing of its parent but the folder. */
static void test_descriptors(void **state)
{
    int ends[2];
    char byte;

    (void)state;
    assert_int_equal(pipe(ends), 0);
    begin();
    disk_hangs = true;
    timers_run();
    close(ends[1]);
    assert_int_equal(read(ends[0], &byte, 1), 0); /* nobody else has it open */
    close(ends[0]);
    end();
    waitpid(-1, NULL, 0);
}

/* From an instance to the next of that name in the same process. */
static void test_handover(void **state)
{
    struct instance *from = instance_new(1, &config);
    struct instance *to = instance_new(9, &config);

    (void)state;
    from->logins_rejected = 3;
    from->log.last = 12;
    from->clients.last_index = 99;
    to->clients.last_index = 1000;
    handover_give(handover_take(from), to);
    assert_int_equal(to->logins_rejected, 3);
    assert_int_equal(to->log.last, 12);
    assert_int_equal(to->clients.last_index, 1000);
    handover_give(handover_take(from), NULL);
    instance_free(from);
    instance_free(to);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_start_and_stop, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_once_a_minute_when_changed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_killed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_folder, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_cannot_be_put_aside, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_cannot_write, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_disk_hangs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_child_is_killed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_two_agents, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_descriptors, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_handover, set_up, tear_down),
    };

    return cmocka_run_group_tests_name("the store", tests, NULL, NULL);
}
