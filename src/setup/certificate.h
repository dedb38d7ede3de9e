#ifndef SETUP_CERTIFICATE_H
#define SETUP_CERTIFICATE_H

#include <stdbool.h>

#include "base/slice.h"
#include "model/certificates.h"

/*
 * Certificates and revocation lists from the bytes of a file.  Private keys that stand beside them
 * are passed by unread.  Each function adds what it finds to the list, with that source, and
 * returns what is wrong, NULL when nothing is.
 */

/*
 * PEM (RFC 7468).  What counts depends on what the daemon reads the file for: with CERTIFICATE_OWN
 * the first certificate is its own, and the rest of the chain is CERTIFICATE_EXTRA; with
 * CERTIFICATE_CRL only revocation lists count, with CERTIFICATE_CA these too.
 */
const char *certificate_read_pem(struct slice text, enum certificate_role role, const char *source,
                                 struct certificates *list);

/*
 * PKCS#12 (RFC 7292) that needs no password: the certificate that belongs to the key is
 * CERTIFICATE_OWN, all others are CERTIFICATE_CA.  In a block the bytes are in base64.
 */
const char *certificate_read_pkcs12(struct slice bytes, bool base64, const char *source,
                                    struct certificates *list);

#endif
