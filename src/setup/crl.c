#include "setup/crl.h"

#include <openssl/x509v3.h>

/* Bytes of DER that are left. */
struct der {
    const unsigned char *at;
    long len;
};

/* The next element, whole and what is in it. */
struct element {
    int tag;
    int class;
    struct der whole;
    struct der inner;
};

/* Looks at the next one; false at the end, and for what is no DER. */
static bool peek(const struct der *rest, struct element *element)
{
    const unsigned char *at = rest->at;
    long len;
    int form;

    if (rest->len <= 0)
        return false;
    form = ASN1_get_object(&at, &len, &element->tag, &element->class, rest->len);
    if (form & 0x81) /* not to be read, or without a length */
        return false;
    element->inner = (struct der){at, len};
    element->whole = (struct der){rest->at, (long)(at - rest->at) + len};
    return true;
}

static void pass(struct der *rest, const struct element *element)
{
    rest->at += element->whole.len;
    rest->len -= element->whole.len;
}

/* Takes the next one if it has that tag. */
static bool take_tag(struct der *rest, int class, int tag, struct element *element)
{
    if (!peek(rest, element) || element->class != class || element->tag != tag)
        return false;
    pass(rest, element);
    return true;
}

static bool take_universal(struct der *rest, int tag, struct element *element)
{
    return take_tag(rest, V_ASN1_UNIVERSAL, tag, element);
}

static ASN1_TIME *take_time(struct der *rest)
{
    struct element element;
    const unsigned char *at = rest->at;

    if (!take_universal(rest, V_ASN1_UTCTIME, &element) &&
        !take_universal(rest, V_ASN1_GENERALIZEDTIME, &element))
        return NULL;
    return d2i_ASN1_TIME(NULL, &at, element.whole.len);
}

static ASN1_INTEGER *read_crl_number(struct der rest)
{
    const unsigned char *at = rest.at;
    STACK_OF(X509_EXTENSION) *extensions = d2i_X509_EXTENSIONS(NULL, &at, rest.len);
    ASN1_INTEGER *number = X509V3_get_d2i(extensions, NID_crl_number, NULL, NULL);

    sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
    return number;
}

/* In the order of the elements of TBSCertList. */
static bool read_list_head(struct crl *crl, struct der rest)
{
    struct element element;
    const unsigned char *at;

    take_universal(&rest, V_ASN1_INTEGER, &element);         /* the version */
    if (!take_universal(&rest, V_ASN1_SEQUENCE, &element) || /* how it is signed */
        !take_universal(&rest, V_ASN1_SEQUENCE, &element))
        return false;
    at = element.whole.at;
    crl->issuer = d2i_X509_NAME(NULL, &at, element.whole.len);
    crl->this_update = take_time(&rest);
    crl->next_update = take_time(&rest);
    take_universal(&rest, V_ASN1_SEQUENCE, &element); /* the entries */
    if (take_tag(&rest, V_ASN1_CONTEXT_SPECIFIC, 0, &element))
        crl->number = read_crl_number(element.inner);
    return crl->issuer && crl->this_update;
}

bool crl_read(struct crl *crl, const unsigned char *der, long len)
{
    struct der rest = {der, len};
    struct element list;
    struct element head;

    *crl = (struct crl){0};
    return take_universal(&rest, V_ASN1_SEQUENCE, &list) &&
           take_universal(&list.inner, V_ASN1_SEQUENCE, &head) && read_list_head(crl, head.inner);
}

void crl_fini(struct crl *crl)
{
    X509_NAME_free(crl->issuer);
    ASN1_TIME_free(crl->this_update);
    ASN1_TIME_free(crl->next_update);
    ASN1_INTEGER_free(crl->number);
    *crl = (struct crl){0};
}
