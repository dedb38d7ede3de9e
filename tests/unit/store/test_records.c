#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/text.h"
#include "config/config.h"
#include "store/decode.h"
#include "store/memory.h"
#include "store/recall.h"
#include "tests/unit/fixtures/failing_memory.h"

/* The model as a file, and back: all that is remembered, and nothing that is not whole. */

enum { BYTES_MAX = 1 << 20, NOW = 1795453890 };

static char first_name[] = "office";
static char second_name[] = "home";
static char endpoint[] = "unix:/nowhere";
static struct instance_config config;
static char bytes[BYTES_MAX];
static size_t len;
static int64_t wall;
static struct output output;

static int64_t read_mono(void)
{
    return 5000000;
}

static int64_t read_wall(void)
{
    return wall;
}

static const struct clock_source source = {read_mono, read_wall, read_mono};

static uint64_t seed = 88172645463325252u;

/* The same numbers in every run. */
static uint64_t random_below(uint64_t bound)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed % bound;
}

static int set_up(void **state)
{
    (void)state;
    wall = NOW;
    clock_use(&source);
    config = (struct instance_config){.name = first_name,
                                      .management = {.text = endpoint},
                                      .limits = {.log_lines = 10,
                                                 .state_lines = 10,
                                                 .echo_lines = 10,
                                                 .session_lines = 50,
                                                 .command_lines = 10,
                                                 .request_lines = 10,
                                                 .client_max = 50,
                                                 .route_max = 50,
                                                 .user_lines = 50}};
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    clock_use(NULL);
    return 0;
}

static struct instance *add(struct model *model, uint32_t index, char *name)
{
    struct instance_config named = config;
    struct instance *instance;

    named.name = name;
    instance = instance_new(index, &named);
    assert_non_null(instance);
    assert_true(model_add(model, instance));
    return instance;
}

static bool put_bytes(void *arg, struct slice piece)
{
    (void)arg;
    assert_true(piece.len <= BYTES_MAX - len);
    memcpy(bytes + len, piece.at, piece.len);
    len += piece.len;
    return true;
}

static void write_model(const struct model *model, bool running)
{
    len = 0;
    output_begin(&output, put_bytes, NULL);
    assert_true(memory_write(&output, model, running));
    output_begin(&output, NULL, NULL);
    memory_sum(&output, model, running);
}

/* NULL when it is whole. */
static const char *check(const char *at, size_t size, size_t piece)
{
    static struct decode decode;
    struct slice rest = {at, size};

    decode_begin(&decode, NULL, NULL);
    while (rest.len > 0) {
        if (!decode_bytes(&decode, (struct slice){rest.at, rest.len < piece ? rest.len : piece}))
            break;
        rest = slice_skip(rest, piece);
    }
    return decode_is_whole(&decode) ? NULL : decode.wrong;
}

static struct recall recall_into(struct model *model)
{
    static struct decode decode;
    struct recall recall;

    recall_begin(&recall, model);
    decode_begin(&decode, recall_line, &recall);
    decode_bytes(&decode, (struct slice){bytes, len});
    assert_true(decode_is_whole(&decode));
    return recall;
}

static char *random_text(size_t limit)
{
    static const char *const parts[] = {"a", "Z9", " ", "\xc3\xa9", "\xe2\x82\xac", "user", ",'\\"};
    char text[TEXT_MAX + 8] = "";
    size_t wanted = random_below(4) == 0 ? limit : random_below(20);

    while (strlen(text) < wanted)
        strcat(text, parts[random_below(sizeof(parts) / sizeof(parts[0]))]);
    return wanted == 0 ? NULL : text_new(limit, slice_of(text));
}

static struct address random_address(void)
{
    struct address address = {.family = random_below(3), .proto = random_below(3)};

    address.port = (uint16_t)random_below(65536);
    for (unsigned i = 0; i < address_bytes(&address); i++)
        address.bytes[i] = (uint8_t)random_below(256);
    return address;
}

static struct tunnel_addresses random_tunnel(void)
{
    struct tunnel_addresses tunnel = {.has_ipv4 = random_below(2), .has_ipv6 = random_below(2)};

    for (unsigned i = 0; i < 4 && tunnel.has_ipv4; i++)
        tunnel.ipv4[i] = (uint8_t)random_below(256);
    for (unsigned i = 0; i < 16 && tunnel.has_ipv6; i++)
        tunnel.ipv6[i] = (uint8_t)random_below(256);
    return tunnel;
}

static struct identity random_identity(void)
{
    return (struct identity){random_text(ADMIN_MAX), random_text(ADMIN_MAX), random_address(),
                             random_text(ADMIN_MAX), random_tunnel()};
}

static void fill_users(struct instance *instance)
{
    for (uint32_t index = 1 + (uint32_t)random_below(9); random_below(9) > 0; index += 2) {
        struct user *user = calloc(1, sizeof(*user));
        char name[32];

        snprintf(name, sizeof(name), "user %u", index);
        *user = (struct user){.index = index,
                              .name = strdup(name),
                              .connects = (uint32_t)random_below(UINT32_MAX),
                              .rejected = (uint32_t)random_below(9),
                              .bytes_in = random_below(UINT64_MAX),
                              .bytes_out = random_below(9),
                              .spent = (int64_t)random_below(1u << 30) * 1000,
                              .created = NOW - 9,
                              .last_connected = NOW - 8,
                              .last_seen = NOW - 7,
                              .real_text = random_text(ADMIN_MAX),
                              .tunnel = random_tunnel()};
        assert_true(users_restore(&instance->users, user));
    }
}

static void fill_clients(struct instance *instance)
{
    for (uint32_t index = 1; random_below(9) > 0; index += 1 + (uint32_t)random_below(3)) {
        struct client like = {.base.index = index,
                              .who = random_identity(),
                              .bytes_in = random_below(UINT64_MAX),
                              .bytes_out = random_below(99),
                              .since = (int64_t)random_below(NOW),
                              .cid = (int64_t)random_below(50) - 1,
                              .peer_id = (int64_t)random_below(3) - 1,
                              .pending = random_below(2)};
        struct client *client = client_copy(&like);

        if (!clients_restore(instance, client, (uint32_t)random_below(9)))
            client_free(client);
        identity_fini(&like.who);
    }
    instance->clients.last_index += (uint32_t)random_below(100);
}

static void fill_departures(struct instance *instance)
{
    while (random_below(20) > 0) {
        struct departure_record *record;

        history_skip(&instance->departures,
                     instance->departures.last + (uint32_t)random_below(4) / 3);
        record = history_push(&instance->departures);
        *record = (struct departure_record){.client_index = (uint32_t)random_below(99),
                                            .user_index = (uint32_t)random_below(9),
                                            .who = random_identity(),
                                            .bytes_in = random_below(UINT64_MAX),
                                            .bytes_out = random_below(99),
                                            .connected = (int64_t)random_below(NOW),
                                            .ended = (int64_t)random_below(NOW)};
    }
}

static void fill(struct instance *instance)
{
    fill_users(instance);
    fill_clients(instance);
    fill_departures(instance);
    instance->pid = (int64_t)random_below(INT32_MAX);
    instance->lost_unix = NOW - 1;
    instance->clients_known = random_below(2);
    instance->logins_accepted = (uint32_t)random_below(UINT32_MAX);
    instance->logins_rejected = (uint32_t)random_below(99);
    instance->users.dropped = (uint32_t)random_below(99);
    instance->course.state = STATE_CONNECTED;
    instance->course.client = random_below(2);
    instance->log.last = instance->states.last = (uint32_t)random_below(9999);
    instance->echo.last = instance->commands.last = (uint32_t)random_below(9999);
    instance->requests.last = instance->routes.last_index = (uint32_t)random_below(9999);
    instance->state = (struct state_record){.time = (int64_t)random_below(NOW),
                                            .state = random_below(STATE_AUTH_PENDING + 1),
                                            .name = random_text(ADMIN_MAX),
                                            .reason = random_text(TEXT_MAX),
                                            .tunnel = random_tunnel(),
                                            .remote = random_address(),
                                            .local = random_address(),
                                            .remote_text = random_text(ADMIN_MAX),
                                            .local_text = random_text(ADMIN_MAX)};
}

static void make(struct model *model)
{
    *model = (struct model){.notifications = (uint32_t)random_below(9999)};
    add(model, 1, first_name);
    add(model, 7, second_name);
}

static void make_full(struct model *model)
{
    make(model);
    fill(model->instances[0]);
    fill(model->instances[1]);
}

/* What is written is read, and written again it is the same, byte for byte. */
static void test_round_trip(void **state)
{
    (void)state;
    for (int round = 0; round < 200; round++) {
        static char before[BYTES_MAX];
        size_t before_len;
        struct model model;
        struct model other;

        make_full(&model);
        write_model(&model, false);
        before_len = len;
        memcpy(before, bytes, len);
        assert_null(check(bytes, len, 1 + random_below(300)));
        make(&other);
        assert_false(recall_into(&other).starved);
        assert_int_equal(other.notifications, model.notifications);
        assert_int_equal(other.instances[0]->departures.count,
                         model.instances[0]->departures.count);
        write_model(&other, false);
        assert_int_equal(len, before_len);
        assert_memory_equal(bytes, before, len);
        model_fini(&model);
        model_fini(&other);
    }
}

/* The smallest memory that has each kind of record. */
static void make_small(void)
{
    struct model model;

    do {
        make_full(&model);
        write_model(&model, true);
        model_fini(&model);
    } while (len > 6000 || !strstr(bytes, "\nuser\t") || !strstr(bytes, "\nclient\t") ||
             !strstr(bytes, "\nsession\t"));
}

static void test_truncated(void **state)
{
    (void)state;
    make_small();
    assert_null(check(bytes, len, len));
    for (size_t size = 0; size < len; size++)
        assert_non_null(check(bytes, size, len));
}

static void test_changed(void **state)
{
    (void)state;
    make_small();
    for (size_t at = 0; at < len; at++) {
        char byte = bytes[at];

        bytes[at] = (char)(byte ^ (1 << random_below(8)));
        assert_non_null(check(bytes, len, len));
        bytes[at] = byte;
    }
}

/* A file of these lines with the right sum. */
static const char *check_lines(const char *lines)
{
    static char text[40000];
    uint64_t sum = sum_bytes(SUM_NONE, slice_of(lines));

    snprintf(text, sizeof(text), "%send %016llx\n", lines, (unsigned long long)sum);
    return check(text, strlen(text), 64);
}

static void test_refused(void **state)
{
    static char line[LINES_MAX + 100];
    static const char *const wrong[] = {
        "agent\t2\t1\n",
        "agent\t1\n",
        "agent\t1\t1\t\n",
        "agent\t1\t4294967296\n",
        "agent\t1\t-1\n",
        "agent\t1\tx\n",
        "agent\n",
        "\n",
        "state\t1\t13\t\t\t\t\t0\t0\t\t0\t0\t\t\t\n",
        "state\t1\t1\t\t\t1.2.3\t\t0\t0\t\t0\t0\t\t\t\n",
        "state\t1\t1\t\t\t\t\t0\t0\tx\t0\t0\t\t\t\n",
        "state\t1\t1\t\t\t\t\t3\t0\t\t0\t0\t\t\t\n",
        "state\t1\t1\t\t\t\t\t0\t65536\t\t0\t0\t\t\t\n",
        "state\t2251799813685249\t1\t\t\t\t\t0\t0\t\t0\t0\t\t\t\n",
        "state\t1\t1\t\x01\t\t\t\t0\t0\t\t0\t0\t\t\t\n",
        "state\t1\t1\t\xff\t\t\t\t0\t0\t\t0\t0\t\t\t\n",
        "agents\t1\t1\n",
    };
    char text[200];

    (void)state;
    assert_string_equal(check("", 0, 1), "its end is missing");
    assert_string_equal(check("hello\n", 6, 1), "it is something else");
    assert_string_equal(check("openvpn-agentx memory 2\n", 24, 1), "it is of another version");
    assert_null(check_lines(MEMORY_HEAD "\nagent\t1\t1\n"));
    assert_null(check_lines(MEMORY_HEAD "\nstate\t1\t12\t\t\t\t\t0\t0\t\t0\t0\t\t\t\n"));
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        snprintf(text, sizeof(text), MEMORY_HEAD "\n%s", wrong[i]);
        assert_string_equal(check_lines(text), "a line cannot be read");
    }
    assert_string_equal(check_lines(MEMORY_HEAD "\nend 0\n"), "its sum is wrong");
    make_small();
    bytes[len++] = '\n';
    assert_string_equal(check(bytes, len, 100), "something stands behind its end");
    bytes[len - 1] = 'x';
    assert_string_equal(check(bytes, len, 100), "its end is missing");
    memset(line, 'x', sizeof(line) - 1);
    memcpy(line, MEMORY_HEAD "\n", strlen(MEMORY_HEAD) + 1);
    line[sizeof(line) - 2] = '\n';
    assert_string_equal(check(line, sizeof(line) - 1, 1000), "a line is too long");
}

/* An agent that was killed has given numbers that are in no file. */
static void test_cut_short(void **state)
{
    struct model model;
    struct model other;
    const struct instance *before;
    const struct instance *after;
    uint32_t sequence = 0;

    (void)state;
    do {
        make_full(&model);
        before = model.instances[0];
        if (before->departures.count > 0)
            break;
        model_fini(&model);
    } while (true);
    write_model(&model, true);
    make(&other);
    recall_into(&other);
    after = other.instances[0];
    assert_int_equal(other.notifications, model.notifications + RECALL_ROOM);
    assert_int_equal(after->log.last, before->log.last + RECALL_ROOM);
    assert_int_equal(after->departures.last, before->departures.last + RECALL_ROOM);
    assert_int_equal(after->clients.last_index, before->clients.last_index + RECALL_ROOM);
    assert_int_equal(after->users.last_index, before->users.last_index + RECALL_ROOM);
    assert_int_equal(after->requests.last, before->requests.last + RECALL_ROOM);
    /* Those that are in it stay where they are. */
    assert_non_null(history_after(&before->departures, 0, &sequence));
    assert_non_null(history_at(&after->departures, sequence));
    model_fini(&model);
    model_fini(&other);
}

/* A disk that was full leaves an old memory: what was given since is not in it either. */
static void test_an_old_memory(void **state)
{
    struct model model;
    struct model other;
    const struct instance *after;

    (void)state;
    make_full(&model);
    write_model(&model, false);
    make(&other);
    instance_number_behind(other.instances[0], NOW);
    recall_into(&other);
    after = other.instances[0];
    assert_int_equal(after->clients.last_index, NOW);
    assert_int_equal(after->users.last_index, NOW);
    assert_int_equal(after->routes.last_index, NOW);
    assert_int_equal(after->requests.last, NOW);
    assert_int_equal(after->users.count, model.instances[0]->users.count);
    assert_int_equal(after->clients.count, model.instances[0]->clients.count);
    model_fini(&model);
    model_fini(&other);
}

/* By name, whatever the index; what belongs to nobody is forgotten. */
static void test_names(void **state)
{
    static char other_name[] = "elsewhere";
    struct model model;
    struct model other = {0};
    struct instance *moved;
    struct instance *fresh;

    (void)state;
    make_full(&model);
    write_model(&model, false);
    fresh = add(&other, 1, other_name);
    moved = add(&other, 3, second_name);
    recall_into(&other);
    assert_int_equal(fresh->users.count + fresh->clients.count + fresh->departures.last, 0);
    assert_int_equal(moved->pid, model.instances[1]->pid);
    assert_int_equal(moved->users.count, model.instances[1]->users.count);
    assert_int_equal(moved->clients.count, model.instances[1]->clients.count);
    model_fini(&model);
    model_fini(&other);
}

/* Who was away longest goes, as ever. */
static void assert_last_user(const struct users *users, const struct users *all)
{
    const struct user *last = NULL;

    for (const struct user *user = users_first(all); user; user = users_next(all, user))
        last = user;
    assert_int_equal(users->count, last != NULL);
    if (last)
        assert_string_equal(users_first(users)->name, last->name);
    assert_int_equal(users->dropped, all->dropped + all->count - users->count);
}

/* A smaller configuration than that of before. */
static void test_bounds(void **state)
{
    struct model model;
    struct model other;

    (void)state;
    make_full(&model);
    write_model(&model, false);
    config.limits.user_lines = 1;
    config.limits.client_max = 1;
    config.limits.session_lines = 1;
    make(&other);
    recall_into(&other);
    for (size_t i = 0; i < 2; i++) {
        assert_last_user(&other.instances[i]->users, &model.instances[i]->users);
        assert_in_range(other.instances[i]->clients.count, 0, 1);
        assert_in_range(other.instances[i]->departures.count, 0, 1);
        assert_int_equal(other.instances[i]->departures.last, model.instances[i]->departures.last);
        assert_int_equal(other.instances[i]->clients.last_index,
                         model.instances[i]->clients.last_index);
    }
    model_fini(&model);
    model_fini(&other);
}

/* Nobody was seen in a time that is still to come. */
static void test_clock_went_back(void **state)
{
    struct model model;
    struct model other;

    (void)state;
    do {
        make_full(&model);
        if (model.instances[0]->clients.count > 0)
            break;
        model_fini(&model);
    } while (true);
    write_model(&model, false);
    wall = NOW - 1000000;
    make(&other);
    recall_into(&other);
    assert_int_equal(other.instances[0]->lost_unix, wall);
    model_fini(&model);
    model_fini(&other);
}

/* Whatever there is no memory for: nothing is lost track of, and it is told. */
static void test_starved(void **state)
{
    long number = 1;
    bool failed = true;

    (void)state;
    make_small();
    for (; failed; number++) {
        struct model other;
        struct recall recall;
        long blocks;

        make(&other);
        blocks = memory_blocks();
        memory_fail_at(number);
        recall = recall_into(&other);
        failed = memory_has_failed();
        memory_fail_at(0);
        if (!failed)
            assert_false(recall.starved);
        assert_true(memory_blocks() >= blocks);
        model_fini(&other);
    }
    assert_in_range(number, 10, 5000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip), cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_changed),    cmocka_unit_test(test_refused),
        cmocka_unit_test(test_cut_short),  cmocka_unit_test(test_names),
        cmocka_unit_test(test_bounds),     cmocka_unit_test(test_clock_went_back),
        cmocka_unit_test(test_starved),    cmocka_unit_test(test_an_old_memory),
    };

    return cmocka_run_group_tests_name("what is remembered", tests, set_up, tear_down);
}
