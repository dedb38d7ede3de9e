#ifndef TESTS_FUZZ_CHECKS_H
#define TESTS_FUZZ_CHECKS_H

#include <stddef.h>
#include <stdint.h>

#include "model/instance.h"

/* What must hold of the model, whatever a daemon says.  A fault ends the process (REQUIRE). */

/* Clean text of at most limit bytes, or NULL. */
void check_text(const char *text, size_t limit);

/* All of an instance: bounds, order, counts, texts. */
void check_instance(const struct instance *instance);

/*
 * From checks_begin() to checks_end() the events are watched: nothing ends that has not begun, no
 * client comes or goes twice, and what is true only in contact is told only then.
 */
void checks_begin(void);
void checks_end(void);

/* Events since checks_begin(). */
extern unsigned checks_events;

#endif
