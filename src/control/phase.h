#ifndef CONTROL_PHASE_H
#define CONTROL_PHASE_H

#include <stdint.h>

#include "control/verdict.h"
#include "model/instance.h"

/*
 * What a daemon can bear in the phase in which it is.  Some commands would be lost, and some would
 * end it.  Each returns CONTROL_OK, or another verdict and in *why, which is left alone otherwise,
 * a reason for people.  There is contact with the daemon.
 */

/* `hold release`: only in a hold. */
enum control_verdict phase_check_release(const struct instance *instance, const char **why);

/* `signal`: when the daemon waits or starts, every one but SIGTERM is lost, or ends it. */
enum control_verdict phase_check_signal(const struct instance *instance, enum daemon_signal number,
                                        const char **why);

/* `pkcs11-id-count`: not before the first context is set up. */
enum control_verdict phase_check_pkcs11(const struct instance *instance, const char **why);

/* There is a client in that row. */
enum control_verdict phase_check_client(const struct instance *instance, uint32_t row,
                                        const char **why);

/* In that row a request is open that is of one of those kinds: bits PHASE_REQUEST(kind). */
#define PHASE_REQUEST(kind) (1u << (kind))
enum control_verdict phase_check_request(const struct instance *instance, uint32_t row,
                                         unsigned kinds, const char **why);

#endif
