#include "agent/wiring/faults.h"

#include "base/log.h"
#include "config/config.h"

void faults_log(const struct config_error *error)
{
    for (size_t i = 0; i < error->count && i < CONFIG_FAULTS_MAX; i++)
        log_error("%s", error->text[i]);
    if (error->count > CONFIG_FAULTS_MAX)
        log_error("... and %zu more faults", error->count - CONFIG_FAULTS_MAX);
}
