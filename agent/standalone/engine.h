#ifndef AGENT_STANDALONE_ENGINE_H
#define AGENT_STANDALONE_ENGINE_H

#include <stdbool.h>

/*
 * What the SNMP library keeps over restarts: the engine ID, and how often it was started.  A
 * manager of version 3 believes nobody who forgets them (RFC 3414 section 2.2).
 */

/*
 * Makes the folder when it is missing and looks whether it can be used.  Returns false, with the
 * reason in the log, when it is none, when others could write there, or when we cannot.
 */
bool engine_prepare(const char *folder);

/*
 * Has the library write its file there, and reads back that it says so.  To be called before
 * anybody is answered.  Returns false with the reason in the log.
 */
bool engine_store(const char *folder);

#endif
