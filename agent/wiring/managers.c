#include "agent/wiring/managers.h"

#include <string.h>

#include "agent/master/link.h"
#include "agent/master/via_master.h"
#include "agent/serve/set.h"
#include "agent/standalone/standalone.h"
#include "agent/wiring/faults.h"
#include "agent/wiring/options.h"
#include "base/log.h"
#include "config/config.h"
#include "config/endpoint.h"
#include "config/grants.h"
#include "control/control.h"

static struct {
    const struct options *options;
    struct endpoint master; /* in use; a new address takes a restart */
    bool alone;             /* there is no master agent */
    char listen[1024];      /* in use, with commas between the addresses */
} self;

static void join_addresses(const struct config *config, char *text, size_t size)
{
    text[0] = '\0';
    for (size_t i = 0; i < config->listen_count; i++) {
        strncat(text, i > 0 ? ", " : "", size - strlen(text) - 1);
        strncat(text, config->listen[i], size - strlen(text) - 1);
    }
}

static bool start_alone(const struct config *config, struct event_base *base,
                        const struct walker *walker)
{
    if (self.options->agentx) {
        log_error("--agentx: with listen in the configuration there is no master agent");
        return false;
    }
    self.alone = true;
    join_addresses(config, self.listen, sizeof(self.listen));
    control_forbid_secrets(false); /* access.h sees to them */
    return standalone_begin(base, config, walker->root, walker->root_len);
}

static bool start_agentx(const struct config *config, struct event_base *base,
                         const struct walker *walker)
{
    const char *text = self.options->agentx ? self.options->agentx : config->agentx;
    char why[512];

    if (!endpoint_parse_agentx(text, &self.master, why, sizeof(why))) {
        log_error("agentx: %s", why);
        return false;
    }
    control_forbid_secrets(!endpoint_is_local(&self.master));
    return via_master_begin(base, &self.master, walker, set_link_changed, set_cut);
}

bool managers_start(const struct options *options, const struct config *config,
                    struct event_base *base, const struct walker *walker)
{
    self.options = options;
    return config->listen ? start_alone(config, base, walker) : start_agentx(config, base, walker);
}

bool managers_judge(const struct config *config)
{
    struct config_error error;

    if (!config->listen)
        return true;
    if (grants_check(config->snmp_config, &error))
        return standalone_judge(config);
    faults_log(&error);
    return false;
}

void managers_reload(const struct config *config)
{
    char listen[sizeof(self.listen)];

    join_addresses(config, listen, sizeof(listen));
    if (self.alone != (config->listen != NULL) || strcmp(listen, self.listen) != 0)
        log_warning("listen: the change takes effect at the next start");
    else if (!self.alone && !self.options->agentx && strcmp(config->agentx, self.master.text) != 0)
        log_warning("agentx: the new address %s takes effect at the next start", config->agentx);
    if (self.alone && config->listen)
        standalone_reload(config);
}

void managers_stop(void)
{
    link_stop();
    endpoint_fini(&self.master);
}
