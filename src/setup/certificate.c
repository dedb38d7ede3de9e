#include "setup/certificate.h"

#include <limits.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "setup/crl.h"

static const char out_of_room[] = "more certificates than the agent keeps";

/* A time before 1970 is as good as its first second: it is over. */
static int64_t unix_time(const ASN1_TIME *time)
{
    struct tm utc;
    int64_t seconds;

    if (!time || !ASN1_TIME_to_tm(time, &utc))
        return 0;
    seconds = timegm(&utc);
    return seconds > 0 ? seconds : 1;
}

/* RFC 4514, with letters outside ASCII as they are. */
static void set_subject(struct certificate *certificate, const X509_NAME *name)
{
    BIO *line = BIO_new(BIO_s_mem());
    char *at = NULL;
    long len;

    if (!line)
        return;
    X509_NAME_print_ex(line, name, 0, XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB);
    len = BIO_get_mem_data(line, &at);
    if (len > 0)
        text_set(&certificate->subject, TEXT_MAX, (struct slice){at, (size_t)len});
    BIO_free(line);
}

static void set_serial(struct certificate *certificate, const ASN1_INTEGER *serial)
{
    BIGNUM *number = serial ? ASN1_INTEGER_to_BN(serial, NULL) : NULL;
    char *text = number ? BN_bn2hex(number) : NULL;

    text_set(&certificate->serial, ADMIN_MAX, slice_of(text));
    OPENSSL_free(text);
    BN_free(number);
}

static const char *add_certificate(const X509 *x509, enum certificate_role role, const char *source,
                                   struct certificates *list)
{
    struct certificate *added = certificates_add(list);

    if (!added)
        return out_of_room;
    added->role = role;
    text_set(&added->source, TEXT_MAX, slice_of(source));
    set_subject(added, X509_get_subject_name(x509));
    set_serial(added, X509_get0_serialNumber(x509));
    added->not_before = unix_time(X509_get0_notBefore(x509));
    added->not_after = unix_time(X509_get0_notAfter(x509));
    return NULL;
}

static const char *add_crl(const struct crl *crl, const char *source, struct certificates *list)
{
    struct certificate *added = certificates_add(list);

    if (!added)
        return out_of_room;
    added->role = CERTIFICATE_CRL;
    text_set(&added->source, TEXT_MAX, slice_of(source));
    set_subject(added, crl->issuer);
    set_serial(added, crl->number);
    added->not_before = unix_time(crl->this_update);
    added->not_after = unix_time(crl->next_update);
    return NULL;
}

static BIO *open_slice(struct slice slice)
{
    return slice.len <= INT_MAX ? BIO_new_mem_buf(slice.at, (int)slice.len) : NULL;
}

/* What is read of a file in PEM. */
struct pem {
    enum certificate_role role;
    const char *source;
    struct certificates *list;
    size_t found;
};

static const char *take_x509(struct pem *pem, struct slice block)
{
    BIO *bio = open_slice(block);
    X509 *x509 = bio ? PEM_read_bio_X509_AUX(bio, NULL, NULL, NULL) : NULL;
    enum certificate_role role = pem->role;
    const char *fault = "a certificate cannot be read";

    if (x509) {
        if (role == CERTIFICATE_OWN && pem->found > 0)
            role = CERTIFICATE_EXTRA;
        fault = add_certificate(x509, role, pem->source, pem->list);
    }
    pem->found++;
    X509_free(x509);
    BIO_free(bio);
    return fault;
}

static const char *take_x509_crl(struct pem *pem, struct slice block)
{
    BIO *bio = open_slice(block);
    const char *fault = "a revocation list cannot be read";
    char *name = NULL;
    char *header = NULL;
    unsigned char *der = NULL;
    long len;
    struct crl crl;

    if (bio && PEM_read_bio(bio, &name, &header, &der, &len)) {
        if (crl_read(&crl, der, len))
            fault = add_crl(&crl, pem->source, pem->list);
        crl_fini(&crl);
    }
    pem->found++;
    OPENSSL_free(name);
    OPENSSL_free(header);
    OPENSSL_free(der);
    BIO_free(bio);
    return fault;
}

static bool is_certificate(struct slice label)
{
    return slice_is(label, PEM_STRING_X509) || slice_is(label, PEM_STRING_X509_OLD) ||
           slice_is(label, PEM_STRING_X509_TRUSTED);
}

/* Whoever stands here is not asked for its contents but for a label: keys have another. */
static const char *take_labelled(struct pem *pem, struct slice label, struct slice block)
{
    if (is_certificate(label))
        return pem->role == CERTIFICATE_CRL ? NULL : take_x509(pem, block);
    if (slice_is(label, PEM_STRING_X509_CRL))
        return pem->role == CERTIFICATE_CRL || pem->role == CERTIFICATE_CA
                   ? take_x509_crl(pem, block)
                   : NULL;
    return NULL;
}

/* "-----BEGIN LABEL-----", or with END; false when the line is something else. */
static bool read_boundary(struct slice line, const char *word, struct slice *label)
{
    while (line.len > 0 && (line.at[line.len - 1] == '\r' || line.at[line.len - 1] == ' '))
        line.len--;
    if (!slice_take_prefix(&line, "-----") || !slice_take_prefix(&line, word) ||
        !slice_ends(line, "-----"))
        return false;
    *label = (struct slice){line.at, line.len - 5};
    return true;
}

const char *certificate_read_pem(struct slice text, enum certificate_role role, const char *source,
                                 struct certificates *list)
{
    struct pem pem = {role, source, list, 0};
    struct slice open = {NULL, 0};
    struct slice label;
    const char *begin = NULL;
    const char *fault = NULL;

    while (text.len > 0) {
        struct slice line = slice_cut(&text, '\n');

        if (read_boundary(line, "BEGIN ", &label)) {
            open = label;
            begin = line.at;
        } else if (begin && read_boundary(line, "END ", &label) && slice_equal(label, open)) {
            const char *wrong = take_labelled(
                &pem, label, (struct slice){begin, (size_t)(line.at + line.len - begin)});

            fault = fault ? fault : wrong;
            begin = NULL;
        }
    }
    ERR_clear_error();
    if (pem.found == 0)
        return role == CERTIFICATE_CRL ? "there is no revocation list in it, in the form PEM"
                                       : "there is no certificate in it, in the form PEM";
    return fault;
}

/* The bags of certificates; those of keys are left shut. */
static const char *take_bags(const STACK_OF(PKCS12_SAFEBAG) * bags, const char *source,
                             struct certificates *list)
{
    const char *fault = NULL;

    for (int i = 0; i < sk_PKCS12_SAFEBAG_num(bags); i++) {
        const PKCS12_SAFEBAG *bag = sk_PKCS12_SAFEBAG_value(bags, i);
        bool own = PKCS12_SAFEBAG_get0_attr(bag, NID_localKeyID) != NULL;
        X509 *x509;
        const char *wrong;

        if (PKCS12_SAFEBAG_get_nid(bag) != NID_certBag)
            continue;
        x509 = PKCS12_SAFEBAG_get1_cert(bag);
        wrong = x509 ? add_certificate(x509, own ? CERTIFICATE_OWN : CERTIFICATE_CA, source, list)
                     : "a certificate cannot be read";
        fault = fault ? fault : wrong;
        X509_free(x509);
    }
    return fault;
}

/* An empty password is written in two ways. */
static STACK_OF(PKCS12_SAFEBAG) * decrypt(PKCS7 *safe)
{
    STACK_OF(PKCS12_SAFEBAG) *bags = PKCS12_unpack_p7encdata(safe, "", 0);

    return bags ? bags : PKCS12_unpack_p7encdata(safe, NULL, 0);
}

static const char *take_safe(PKCS7 *safe, const char *source, struct certificates *list)
{
    STACK_OF(PKCS12_SAFEBAG) *bags = NULL;
    const char *fault;

    if (PKCS7_type_is_data(safe))
        bags = PKCS12_unpack_p7data(safe);
    else if (PKCS7_type_is_encrypted(safe))
        bags = decrypt(safe);
    if (!bags)
        return "it needs a password, or cannot be read";
    fault = take_bags(bags, source, list);
    sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
    return fault;
}

static const char *take_pkcs12(const PKCS12 *pkcs12, const char *source, struct certificates *list)
{
    STACK_OF(PKCS7) *safes = PKCS12_unpack_authsafes(pkcs12);
    const char *fault = NULL;

    if (!safes)
        return "it cannot be read";
    for (int i = 0; i < sk_PKCS7_num(safes); i++) {
        const char *wrong = take_safe(sk_PKCS7_value(safes, i), source, list);

        fault = fault ? fault : wrong;
    }
    sk_PKCS7_pop_free(safes, PKCS7_free);
    return fault;
}

static BIO *open_bytes(struct slice bytes, bool base64)
{
    BIO *bio = open_slice(bytes);
    BIO *filter = bio && base64 ? BIO_new(BIO_f_base64()) : NULL;

    return filter ? BIO_push(filter, bio) : bio;
}

const char *certificate_read_pkcs12(struct slice bytes, bool base64, const char *source,
                                    struct certificates *list)
{
    BIO *bio = open_bytes(bytes, base64);
    PKCS12 *pkcs12 = bio ? d2i_PKCS12_bio(bio, NULL) : NULL;
    size_t before = list->count;
    const char *fault = pkcs12 ? take_pkcs12(pkcs12, source, list) : "it is no PKCS#12 file";

    PKCS12_free(pkcs12);
    BIO_free_all(bio);
    ERR_clear_error();
    if (!fault && list->count == before)
        return "there is no certificate in it";
    return fault;
}
