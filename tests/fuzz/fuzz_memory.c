#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checks.h"
#include "config/config.h"
#include "fuzz.h"
#include "model/model.h"
#include "store/decode.h"
#include "store/memory.h"
#include "store/recall.h"

/*
 * A file that an agent before has left, or somebody else: it is looked at as it is, and then its
 * lines are taken as they would be if its sum were right.  What that makes of the model is written,
 * and must come back the same.
 */

static char first_name[] = "office";
static char second_name[] = "home";
static char endpoint[] = "unix:/run/fuzz.sock";
static struct instance_config config = {.management = {.text = endpoint},
                                        .limits = {.log_lines = 4,
                                                   .state_lines = 4,
                                                   .echo_lines = 2,
                                                   .session_lines = 3,
                                                   .command_lines = 3,
                                                   .request_lines = 3,
                                                   .client_max = 4,
                                                   .route_max = 4,
                                                   .user_lines = 4}};

static void make(struct model *model)
{
    char *const names[] = {first_name, second_name};

    *model = (struct model){0};
    for (uint32_t i = 0; i < 2; i++) {
        struct instance *instance;

        config.name = names[i];
        instance = instance_new(i + 1, &config);
        REQUIRE(instance && model_add(model, instance));
    }
}

static void check_model(const struct model *model)
{
    for (size_t i = 0; i < model->count; i++)
        check_instance(model->instances[i]);
}

/* Pieces make no difference, and nothing behind what is wrong is looked at. */
static void check_whole(const uint8_t *data, size_t size, size_t piece, const char **wrong)
{
    static struct decode decode;

    decode_begin(&decode, NULL, NULL);
    for (size_t at = 0; at < size; at += piece) {
        struct slice bytes = {(const char *)data + at, size - at < piece ? size - at : piece};

        if (!decode_bytes(&decode, bytes))
            break;
    }
    REQUIRE(decode_is_whole(&decode) == (decode.wrong == NULL));
    *wrong = decode.wrong;
}

static void take_lines(struct model *model, struct slice bytes)
{
    struct recall recall;

    recall_begin(&recall, model);
    while (bytes.len > 0) {
        struct slice line = slice_cut(&bytes, '\n');

        if (memory_check(line))
            recall_line(&recall, line);
        REQUIRE(!recall.starved);
    }
}

/* What a model is as a file. */
struct written {
    size_t len;
    char bytes[1 << 17]; /* more than the bounds of the configuration let it be */
};

static bool put_bytes(void *arg, struct slice bytes)
{
    struct written *written = arg;

    REQUIRE(bytes.len <= sizeof(written->bytes) - written->len);
    memcpy(written->bytes + written->len, bytes.at, bytes.len);
    written->len += bytes.len;
    return true;
}

static void write_to(struct written *written, const struct model *model)
{
    static struct output output;
    const char *wrong;

    written->len = 0;
    output_begin(&output, put_bytes, written);
    REQUIRE(memory_write(&output, model, false));
    check_whole((const uint8_t *)written->bytes, written->len, written->len, &wrong);
    REQUIRE(!wrong);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct written first;
    static struct written second;
    const char *wrong[2];
    uint64_t seed = fuzz_seed(data, size);
    struct model model;

    clock_use(&fuzz_clock);
    check_whole(data, size, size + 1, &wrong[0]);
    check_whole(data, size, 1 + fuzz_random(&seed, 40), &wrong[1]);
    REQUIRE(wrong[0] == wrong[1]);
    make(&model);
    take_lines(&model, (struct slice){(const char *)data, size});
    check_model(&model);
    write_to(&first, &model);
    model_fini(&model);
    make(&model);
    take_lines(&model, (struct slice){first.bytes, first.len});
    check_model(&model);
    write_to(&second, &model);
    REQUIRE(first.len == second.len && memcmp(first.bytes, second.bytes, first.len) == 0);
    model_fini(&model);
    return 0;
}
