#ifndef SETUP_CRL_H
#define SETUP_CRL_H

#include <openssl/asn1.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * What stands around the entries of a revocation list (RFC 5280 section 5.1).  The entries, which
 * may be hundreds of thousands, are passed by: libcrypto would make objects of all of them.
 */
struct crl {
    X509_NAME *issuer;
    ASN1_TIME *this_update;
    ASN1_TIME *next_update; /* NULL where the list does not tell it */
    ASN1_INTEGER *number;   /* likewise */
};

/* Reads a list in DER.  False when it is none; crl_fini() in either case. */
bool crl_read(struct crl *crl, const unsigned char *der, long len);

void crl_fini(struct crl *crl);

#endif
