#ifndef CONFIG_SECTION_H
#define CONFIG_SECTION_H

#include "config/setting.h"

/*
 * One group of the list `instances`.  Fills in a zeroed instance, defaults first.  Returns false
 * with its faults in the error; section_fini() is due in either case.
 */
bool section_read(const struct reader *reader, const config_setting_t *group,
                  struct instance_config *instance);

void section_fini(struct instance_config *instance);

#endif
