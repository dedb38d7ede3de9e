#ifndef CONFIG_WORDS_H
#define CONFIG_WORDS_H

#include "config/setting.h"

/*
 * The keys `allow` and `notify`: arrays of words.  Each returns false with a fault for every word
 * that is unknown or stands there twice.
 */
bool words_allow(const struct reader *reader, const config_setting_t *setting, unsigned *allow);

/* The key `allow` of a share, which has words of its own and lacks one. */
bool words_share_allow(const struct reader *reader, const config_setting_t *setting,
                       unsigned *allow);

/* "log:FLAGS" also sets log_flags, of enum log_flag (protocol/state.h). */
bool words_notify(const struct reader *reader, const config_setting_t *setting, unsigned *notify,
                  unsigned *log_flags);

#endif
