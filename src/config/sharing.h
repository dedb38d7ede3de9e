#ifndef CONFIG_SHARING_H
#define CONFIG_SHARING_H

#include "config/setting.h"

/* The key `share` of an instance: a list of groups. */

/*
 * Reads the list into *instance, whose list of shares is empty.  Returns false with its faults in
 * the error; sharing_fini() is due in either case.
 */
bool sharing_read(const struct reader *reader, const config_setting_t *list,
                  struct instance_config *instance);

void sharing_fini(struct instance_config *instance);

/*
 * Looks through all instances of config, which were read from the list `instances`: no two shares
 * listen in the same place, and none where a daemon does.  False with a fault for each that does.
 */
bool sharing_check_places(const struct reader *reader, const config_setting_t *instances,
                          const struct config *config);

#endif
