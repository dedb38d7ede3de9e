#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/timers.h"
#include "checks.h"
#include "config/config.h"
#include "fuzz.h"
#include "session/session.h"
#include "tests/unit/fixtures/status_headers.h"
#include "wire.h"

/*
 * A whole session over a socket and a clock that the input plays: what the daemon says, when it
 * hangs up, how much time passes.  Behind an escape stands what happens, or how many commands a
 * well-behaved daemon answers, so that inputs get behind the start-up.  In the end a well-behaved
 * daemon must always get the session up.
 */

#define LIMITS                                                                                     \
    {                                                                                              \
        .log_lines = 10, .state_lines = 10, .echo_lines = 5, .session_lines = 10,                  \
        .request_lines = 4, .client_max = 20, .route_max = 20, .user_lines = 5                     \
    }

static char name[] = "fuzz";
static char endpoint[] = "unix:/run/fuzz.sock";
static char password_file[] = "/tmp/openvpn-agentx-fuzz.XXXXXX";
static struct instance_config config = {
    .name = name,
    .management = {.text = endpoint},
    .status_interval = 10,
    .reply_timeout = 60,
    .limits = LIMITS,
};
static struct instance_config reconfigured = {
    .name = name,
    .management = {.text = endpoint},
    .status_interval = 1,
    .reply_timeout = 10,
    .limits = LIMITS,
};

#define HEADERS STATUS_TITLE STATUS_HEADERS
#define ALICE                                                                                      \
    "CLIENT_LIST\talice\t192.0.2.1:4000\t10.9.0.2\t\t5\t6\tx\t1795453800\tUNDEF\t0\t0\tAES\r\n"
#define BOB                                                                                        \
    "CLIENT_LIST\tbob\t192.0.2.2:4000\t10.9.0.3\t\t5\t6\tx\t1795453801\tUNDEF\t1\t1\tAES\r\n"
#define ROUTE "ROUTING_TABLE\t10.9.0.2\talice\t192.0.2.1:4000\tx\t1795453800\r\n"

static struct polite daemons[] = {
    {77, NULL, "1795453890,CONNECTED,SUCCESS,10.9.0.1,,,127.0.0.1,1194\r\n",
     "1795453890,I,Initialization Sequence Completed\r\n", HEADERS ALICE BOB ROUTE},
    {77, NULL, "1795453890,CONNECTED,SUCCESS,10.9.0.1,,,127.0.0.1,1194\r\n",
     "1795453890,I,Initialization Sequence Completed\r\n", HEADERS BOB ALICE},
    {78, NULL, "1795453890,WAIT,,,,,,\r\n1795453891,AUTH,,,,,,\r\n", NULL,
     "OpenVPN STATISTICS\r\nUpdated,2026-11-25 16:00:00\r\nTUN/TAP read bytes,5\r\n"
     "TCP/UDP read bytes,9\r\nTCP/UDP write bytes,9\r\n"},
    {79, NULL, NULL, NULL, HEADERS ALICE ALICE},
};
enum { DAEMONS = sizeof(daemons) / sizeof(daemons[0]), ANSWERS = 8 };

static struct session *session;
static struct instance *instance;

static void make_password_file(void)
{
    int fd = mkstemp(password_file);

    REQUIRE(fd >= 0 && write(fd, "hunter2\n", 8) == 8);
    close(fd);
}

static void remove_password_file(void)
{
    unlink(password_file);
}

static void set_up_once(void)
{
    static bool done;

    if (done)
        return;
    done = true;
    log_set_level(LOG_LEVEL_ERROR);
    make_password_file();
    atexit(remove_password_file);
}

/* With a first byte of 1 the daemon wants a management password. */
static void choose(struct fuzz_input *input)
{
    bool password = input->len > 0 && input->at[0] == 1;

    config.password_file = reconfigured.password_file = password ? password_file : NULL;
    for (size_t i = 0; i < DAEMONS; i++)
        daemons[i].password = password ? "hunter2" : NULL;
    input->at += password;
    input->len -= password;
}

static void check(void)
{
    check_instance(instance);
    REQUIRE(!instance_in_contact(instance) || wire_is_open());
    REQUIRE(instance_in_contact(instance) || instance->contact_error || !instance->loss_told);
    /* Something is always to come: a byte of the daemon or a timer. */
    REQUIRE(wire_is_open() || timers_next() >= 0);
}

/* Codes from 128 on are answers: which daemon, and how many. */
static void answer(int code)
{
    const struct polite *daemon = &daemons[code % DAEMONS];

    for (int i = 0; i < 1 << (code / DAEMONS % ANSWERS) && wire_answer(daemon); i++)
        ;
}

static void happen(int code)
{
    static const int errors[] = {0,      ECONNRESET, EPIPE,  ECONNREFUSED,
                                 EACCES, EAGAIN,     ENOENT, ENOMEM};
    static const int64_t times[] = {1, 999, 1000, 5000, 10000, 30000, 60000, 130000};

    switch (code / 8) {
    case 0:
        wire_hang_up(errors[code % 8]);
        break;
    case 1:
        wire_pass(times[code % 8]);
        break;
    case 2:
        wire_refuse(errors[code % 8]);
        break;
    case 3:
        session_configure(session, code % 2 ? &config : &reconfigured);
        break;
    case 4:
        wire_accept();
        break;
    case 5:
        wire_greet(&daemons[code % DAEMONS]);
        break;
    case 6:
        wire_ignore();
        break;
    default:
        if (code >= 128)
            answer(code);
        break;
    }
}

static bool is_well(void)
{
    return instance->contact == CONTACT_UP && instance->pid == daemons[0].pid &&
           instance->clients.count == 2 && instance->routes.count == 1 &&
           instance->status_complete == TRUTH_TRUE;
}

/* A pause is 30 seconds at most, and a status comes within five polls of the interval. */
static void recover(void)
{
    bool opened = false;

    wire_refuse(0);
    wire_hang_up(0);
    for (int second = 0; second < 200 && !is_well(); second++) {
        if (wire_is_open() && !opened)
            wire_greet(&daemons[0]);
        opened = wire_is_open();
        while (wire_answer(&daemons[0]))
            ;
        wire_pass(1000);
    }
    REQUIRE(is_well());
    REQUIRE(instance_state(instance) == STATE_CONNECTED);
    REQUIRE(instance->settings[SETTING_VERB] == 3 && instance->capability_count == 2);
    check();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    const char *bytes;
    size_t len;
    int code;

    set_up_once();
    choose(&input);
    wire_clock_start();
    wire_reset();
    checks_begin();
    instance = instance_new(1, &config);
    session = session_new(instance, &config, &wire_kind, NULL);
    session_start(session);
    wire_turn();
    while (fuzz_next(&input, &bytes, &len, &code)) {
        wire_say((struct slice){bytes, len});
        check();
        if (code >= 0)
            happen(code);
        check();
    }
    recover();
    session_free(session);
    instance_free(instance);
    rows_bury_now();
    checks_end();
    REQUIRE(!wire_is_open() && timers_next() == -1);
    wire_clock_stop();
    return 0;
}
