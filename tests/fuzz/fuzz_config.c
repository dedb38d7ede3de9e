#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/text.h"
#include "checks.h"
#include "config/config.h"
#include "fuzz.h"

/* A configuration file. */

/*
 * libconfig loses a string that it meets in a wrong place (seen in 1.5): a syntax error, after
 * which the program ends or goes on with the old configuration.
 */
const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
    return "leak:libconfig.so";
}

static unsigned warnings;

static void on_warning(const char *text)
{
    REQUIRE(text[0] != '\0');
    warnings++;
}

static bool between(uint32_t number, uint32_t min, uint32_t max)
{
    return number >= min && number <= max;
}

static void check_limits(const struct limits *limits)
{
    REQUIRE(limits->log_lines <= 100000 && limits->state_lines <= 100000);
    REQUIRE(limits->echo_lines <= 100000 && limits->session_lines <= 1000000);
    REQUIRE(limits->command_lines <= 100000 && limits->route_max <= 1000000);
    REQUIRE(between(limits->request_lines, 1, 10000));
    REQUIRE(between(limits->client_max, 1, 1000000));
}

static void check_endpoint(const struct endpoint *endpoint)
{
    REQUIRE(endpoint->text);
    REQUIRE(!endpoint->path != !endpoint->host);
    REQUIRE(!endpoint->path || endpoint->path[0] == '/');
    REQUIRE(!endpoint->host || endpoint->port > 0);
}

static void check_share(const struct share_config *share)
{
    check_endpoint(&share->listen);
    REQUIRE(share->listen.address_len > 0);
    REQUIRE(!share->listen.host || (share->password_file && !share->has_group));
    REQUIRE((share->mode & ~0777u) == 0 && (share->mode & 0600) == 0600);
    REQUIRE((share->allow & ~(unsigned)ALLOW_GUESTS_ALL) == 0);
    REQUIRE(between(share->guests, 1, SHARE_GUESTS_MAX));
    REQUIRE(between(share->rate, 1, SHARE_RATE_MAX));
}

static void check_section(const struct instance_config *instance)
{
    REQUIRE(instance->name && instance->name[0]);
    check_text(instance->name, CONFIG_NAME_MAX);
    REQUIRE(instance->index <= INT32_MAX);
    check_endpoint(&instance->management);
    REQUIRE(!instance->password_file || instance->password_file[0] == '/');
    REQUIRE(between(instance->status_interval, 1, 3600));
    REQUIRE(between(instance->command_timeout, 100, 900));
    REQUIRE(between(instance->reply_timeout, 10, 3600));
    REQUIRE(between(instance->notify_rate, 1, 100000));
    check_limits(&instance->limits);
    REQUIRE((instance->allow & ~(unsigned)ALLOW_ALL) == 0 &&
            (instance->notify & ~(unsigned)NOTIFY_ALL) == 0);
    REQUIRE(!(instance->notify & NOTIFY_LOG) == !instance->log_alert_flags);
    REQUIRE(instance->share_count <= SHARES_MAX);
    for (size_t i = 0; i < instance->share_count; i++)
        check_share(&instance->shares[i]);
}

static void check_config(const struct config *config)
{
    REQUIRE(config->count > 0 && config->agentx && config->file);
    for (size_t i = 0; i < config->count; i++) {
        check_section(&config->instances[i]);
        for (size_t j = 0; j < i; j++) {
            REQUIRE(strcmp(config->instances[i].name, config->instances[j].name) != 0);
            REQUIRE(config->instances[i].index == 0 ||
                    config->instances[i].index != config->instances[j].index);
        }
    }
}

static void check_error(const struct config_error *error)
{
    REQUIRE(error->count > 0);
    for (size_t i = 0; i < error->count && i < CONFIG_FAULTS_MAX; i++) {
        REQUIRE(error->text[i][0] != '\0');
        check_text(error->text[i], sizeof(error->text[i]) - 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct config_error error = {.count = 0};
    struct config *config;
    char path[32];
    int fd = memfd_create("config", 0);

    REQUIRE(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    warnings = 0;
    config = config_load(path, &error, on_warning);
    if (config)
        check_config(config);
    else
        check_error(&error);
    config_free(config);
    close(fd);
    return 0;
}
