#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <event2/event.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509v3.h>

#include "base/text.h"
#include "base/timers.h"
#include "config/config.h"
#include "model/instance.h"
#include "setup/follower.h"
#include "setup/setup.h"
#include "tests/unit/fixtures/folder.h"

/* A daemon's own configuration with real certificates, made here. */

enum { DAY = 86400, PEM_ROOM = 8192 };

static char ca_file[64], cert_file[64], crl_file[64];
static EVP_PKEY *key;
static char ca_pem[PEM_ROOM], cert_pem[PEM_ROOM], crl_pem[PEM_ROOM], key_pem[PEM_ROOM];
static int64_t made; /* seconds since 1970 */
static X509 *ca, *cert;

static X509 *make_certificate(const char *name, long serial, int64_t seconds)
{
    X509 *x509 = X509_new();
    X509_NAME *subject = X509_get_subject_name(x509);

    X509_set_version(x509, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x509), serial);
    ASN1_TIME_set(X509_getm_notBefore(x509), (time_t)made);
    ASN1_TIME_set(X509_getm_notAfter(x509), (time_t)(made + seconds));
    X509_NAME_add_entry_by_txt(subject, "O", MBSTRING_UTF8, (const unsigned char *)"B\xc3\xbcro, x",
                               -1, -1, 0);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)name, -1, -1,
                               0);
    X509_set_issuer_name(x509, subject);
    X509_set_pubkey(x509, key);
    assert_true(X509_sign(x509, key, NULL) > 0);
    return x509;
}

static X509_CRL *make_crl(int64_t seconds, int entries, bool endless)
{
    X509_CRL *crl = X509_CRL_new();
    ASN1_TIME *time = ASN1_TIME_set(NULL, (time_t)made);
    ASN1_INTEGER *number = ASN1_INTEGER_new();

    X509_CRL_set_version(crl, 1);
    X509_CRL_set_issuer_name(crl, X509_get_subject_name(ca));
    X509_CRL_set1_lastUpdate(crl, time);
    for (int i = 0; i < entries; i++) {
        X509_REVOKED *revoked = X509_REVOKED_new();

        ASN1_INTEGER_set(number, 1000 + i);
        X509_REVOKED_set_serialNumber(revoked, number);
        X509_REVOKED_set_revocationDate(revoked, time);
        X509_CRL_add0_revoked(crl, revoked);
    }
    ASN1_TIME_set(time, (time_t)(made + seconds));
    if (!endless)
        X509_CRL_set1_nextUpdate(crl, time);
    ASN1_INTEGER_set(number, 258);
    X509_CRL_add1_ext_i2d(crl, NID_crl_number, number, 0, 0);
    ASN1_INTEGER_free(number);
    ASN1_TIME_free(time);
    assert_true(X509_CRL_sign(crl, key, NULL) > 0);
    return crl;
}

static void keep_text(BIO *bio, char text[PEM_ROOM])
{
    char *at;
    long len = BIO_get_mem_data(bio, &at);

    assert_in_range(len, 1, PEM_ROOM - 1);
    memcpy(text, at, (size_t)len);
    text[len] = '\0';
    BIO_free(bio);
}

static void x509_text(X509 *x509, char text[PEM_ROOM])
{
    BIO *bio = BIO_new(BIO_s_mem());

    PEM_write_bio_X509(bio, x509);
    keep_text(bio, text);
}

static void crl_text(X509_CRL *crl, char text[PEM_ROOM])
{
    BIO *bio = BIO_new(BIO_s_mem());

    PEM_write_bio_X509_CRL(bio, crl);
    keep_text(bio, text);
    X509_CRL_free(crl);
}

static int set_up(void **state)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_id(EVP_PKEY_ED25519, NULL);
    BIO *bio = BIO_new(BIO_s_mem());

    EVP_PKEY_keygen_init(context);
    EVP_PKEY_keygen(context, &key);
    EVP_PKEY_CTX_free(context);
    made = time(NULL) - 100;
    ca = make_certificate("the authority", 1, 3000 * DAY);
    cert = make_certificate("server", 0x1f2e3d, 20 * DAY);
    x509_text(ca, ca_pem);
    x509_text(cert, cert_pem);
    crl_text(make_crl(-50, 3, false), crl_pem);
    PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL);
    keep_text(bio, key_pem);
    if (folder_set_up(state) != 0)
        return -1;
    snprintf(ca_file, sizeof(ca_file), "%s/ca.pem", folder);
    snprintf(cert_file, sizeof(cert_file), "%s/server.pem", folder);
    snprintf(crl_file, sizeof(crl_file), "%s/crl.pem", folder);
    return 0;
}

static int tear_down(void **state)
{
    X509_free(ca);
    X509_free(cert);
    EVP_PKEY_free(key);
    unlink(ca_file);
    unlink(cert_file);
    unlink(crl_file);
    return folder_tear_down(state);
}

static struct setup setup;

static void read_main(const char *text)
{
    setup_fini(&setup);
    write_text(main_file, text);
    setup_read(&setup, main_file);
}

static const struct certificate *row(size_t number)
{
    assert_in_range(number, 1, setup.certificates.count);
    return &setup.certificates.list[number - 1];
}

static void assert_fault(const char *text)
{
    if (!setup.fault || !strstr(setup.fault, text))
        fail_msg("\"%s\" is not in \"%s\"", text, text_or_empty(setup.fault));
}

static void test_files(void **state)
{
    char text[PEM_ROOM * 5];

    (void)state;
    write_text(ca_file, ca_pem);
    /* A key beside it is not in the way, and a chain goes on behind it. */
    snprintf(text, sizeof(text), "comment\n%s%s%s", key_pem, cert_pem, ca_pem);
    write_text(cert_file, text);
    write_text(crl_file, crl_pem);
    read_main("dev tun7\nserver 10.8.0.0 255.255.255.0\nmax-clients 50\nkey no.such.file\n"
              "ca ca.pem\ncert \"server.pem\"\ncrl-verify crl.pem\n");
    assert_null(setup.fault);
    assert_int_equal(setup.clients_max, 50);
    assert_string_equal(setup.device, "tun7");
    assert_int_equal(setup.certificates.count, 4);
    assert_int_equal(row(1)->role, CERTIFICATE_CA);
    assert_string_equal(row(1)->subject, "CN=the authority,O=B\xc3\xbcro\\, x");
    assert_string_equal(row(1)->source, ca_file);
    assert_int_equal(row(1)->not_before, made);
    assert_int_equal(row(1)->not_after, made + 3000 * (int64_t)DAY);
    assert_int_equal(row(2)->role, CERTIFICATE_OWN);
    assert_string_equal(row(2)->serial, "1F2E3D");
    assert_string_equal(row(2)->source, cert_file);
    assert_int_equal(row(3)->role, CERTIFICATE_EXTRA);
    assert_int_equal(row(4)->role, CERTIFICATE_CRL);
    assert_string_equal(row(4)->serial, "0102");
    assert_string_equal(row(4)->subject, row(1)->subject);
    assert_int_equal(row(4)->not_after, made - 50);
}

static void test_blocks_and_includes(void **state)
{
    char text[PEM_ROOM * 5];
    char source[128];

    (void)state;
    snprintf(text, sizeof(text), "<key>\n%s</key>\n<cert>\n%s</cert>\nconfig other\n", key_pem,
             cert_pem);
    write_text(other_file, "max-clients 3\nserver 10.0.0.0 255.255.255.0\nca ca.pem\n");
    write_text(ca_file, ca_pem);
    read_main(text);
    assert_null(setup.fault);
    assert_int_equal(setup.clients_max, 3);
    assert_int_equal(setup.certificates.count, 2);
    snprintf(source, sizeof(source), "[inline] %s", main_file);
    assert_string_equal(row(1)->source, source);
    /* The last of two counts, and cd holds for all. */
    snprintf(text, sizeof(text), "ca none\ncd /\ncrl-verify keys dir\nextra-certs .%s\nca .%s\n",
             ca_file, ca_file);
    read_main(text);
    assert_null(setup.fault);
    assert_int_equal(setup.certificates.count, 2);
    assert_int_equal(row(1)->role, CERTIFICATE_EXTRA);
    assert_int_equal(row(2)->role, CERTIFICATE_CA);
}

static void write_pkcs12(const char *password)
{
    STACK_OF(X509) *others = sk_X509_new_null();
    PKCS12 *pkcs12;
    FILE *stream = fopen(other_file, "w");

    sk_X509_push(others, ca);
    pkcs12 = PKCS12_create(password, "x", key, cert, others, 0, 0, 0, 0, 0);
    assert_non_null(pkcs12);
    assert_true(i2d_PKCS12_fp(stream, pkcs12));
    fclose(stream);
    PKCS12_free(pkcs12);
    sk_X509_free(others);
}

static void test_pkcs12(void **state)
{
    (void)state;
    write_pkcs12("");
    read_main("pkcs12 other\n");
    assert_null(setup.fault);
    assert_int_equal(setup.certificates.count, 2);
    for (size_t i = 1; i <= 2; i++)
        assert_int_equal(row(i)->role,
                         text_equal(row(i)->serial, "1F2E3D") ? CERTIFICATE_OWN : CERTIFICATE_CA);
    write_pkcs12("secret");
    read_main("pkcs12 other\n");
    assert_int_equal(setup.certificates.count, 0);
    assert_fault("other: it needs a password, or cannot be read");
    write_text(other_file, ca_pem);
    read_main("pkcs12 other\n");
    assert_fault("other: it is no PKCS#12 file");
}

static void test_pkcs12_inline(void **state)
{
    BIO *bio = BIO_push(BIO_new(BIO_f_base64()), BIO_new(BIO_s_mem()));
    PKCS12 *pkcs12 = PKCS12_create("", "x", key, cert, NULL, 0, 0, 0, 0, 0);
    char text[PEM_ROOM * 2];
    char *at;
    long len;

    (void)state;
    assert_true(i2d_PKCS12_bio(bio, pkcs12));
    BIO_flush(bio);
    len = BIO_get_mem_data(bio, &at);
    snprintf(text, sizeof(text), "<pkcs12>\n%.*s</pkcs12>\n", (int)len, at);
    BIO_free_all(bio);
    PKCS12_free(pkcs12);
    read_main(text);
    assert_null(setup.fault);
    assert_int_equal(setup.certificates.count, 1);
    assert_int_equal(row(1)->role, CERTIFICATE_OWN);
}

static void test_faults(void **state)
{
    char text[PEM_ROOM];
    char *middle;

    (void)state;
    setup_fini(&setup);
    setup_read(&setup, "/no/such/file");
    assert_string_equal(setup.fault, "/no/such/file: No such file or directory");
    assert_int_equal(setup.clients_max, -1);
    read_main("ca no.pem\nmax-clients x\nmode server\npush \"x\n");
    assert_fault("no.pem: No such file or directory");
    assert_fault(":2: max-clients: its value is not understood");
    assert_fault(":4: a closing quote is missing");
    assert_int_equal(setup.clients_max, 1024);
    write_text(other_file, key_pem);
    read_main("ca other\ncert .\ncrl-verify other\n");
    assert_fault("other: there is no certificate in it, in the form PEM");
    assert_fault("Is a directory");
    assert_fault("other: there is no revocation list in it, in the form PEM");
    assert_null(strstr(setup.fault, "PRIVATE"));
    /* The rest of the file is used. */
    strcpy(text, ca_pem);
    middle = strchr(text, '\n') + 30;
    memset(middle, 'A', 20);
    write_text(other_file, text);
    write_text(cert_file, cert_pem);
    read_main("ca other\ncert server.pem\n");
    assert_fault("other: a certificate cannot be read");
    assert_int_equal(setup.certificates.count, 1);
    read_main("config main\n");
    assert_fault("config: more than 10 files include each other");
    unlink(crl_file);
    assert_int_equal(mkfifo(crl_file, 0600), 0);
    read_main("crl-verify crl.pem\n");
    assert_fault("not a regular file");
    unlink(crl_file);
}

static void test_odd_ends(void **state)
{
    char text[PEM_ROOM];
    X509 *old = make_certificate("old", 2, -50LL * 365 * DAY - made);

    (void)state;
    crl_text(make_crl(0, 0, true), text);
    write_text(crl_file, text);
    x509_text(old, text);
    X509_free(old);
    write_text(ca_file, text);
    read_main("crl-verify crl.pem\nca ca.pem\n");
    assert_null(setup.fault);
    assert_int_equal(row(1)->not_after, 0);
    assert_int_equal(row(2)->not_after, 1);
}

static void test_what_has_changed(void **state)
{
    (void)state;
    write_text(ca_file, ca_pem);
    read_main("ca ca.pem\n");
    assert_false(files_changed(&setup.files));
    write_text(ca_file, cert_pem);
    assert_true(files_changed(&setup.files));
    read_main("ca ca.pem\n");
    assert_false(files_changed(&setup.files));
    unlink(ca_file);
    assert_true(files_changed(&setup.files));
    /* What is not there is looked for again. */
    read_main("ca ca.pem\n");
    assert_true(files_changed(&setup.files));
}

static struct event_base *loop;

static void turn_until_read(const struct instance *instance, size_t count)
{
    for (int turns = 0; turns < 1000 && instance->certificates.count != count; turns++) {
        struct timeval little = {0, 10000};

        event_base_loopexit(loop, &little);
        event_base_dispatch(loop);
        timers_run();
    }
    assert_int_equal(instance->certificates.count, count);
}

/* Through the threads, as the program does it. */
static void test_follower(void **state)
{
    static char name[] = "office";
    struct instance_config config = {.name = name,
                                     .management = {.text = name},
                                     .limits = {10, 10, 10, 10, 10, 10, 10, 10},
                                     .openvpn_config = main_file};
    struct instance *instance = instance_new(1, &config);
    struct follower *follower;

    (void)state;
    loop = event_base_new();
    write_text(ca_file, ca_pem);
    write_text(main_file, "ca ca.pem\nca ca.pem\nserver 10.0.0.0 255.255.255.0\nmax-clients x\n");
    follower = follower_new(instance, &config, loop);
    assert_int_equal(instance->certificates.count, 0);
    turn_until_read(instance, 1);
    assert_int_equal(instance->clients_max, 62);
    assert_non_null(strstr(instance->config_error, "max-clients"));
    /* A reload reads it again. */
    write_text(main_file, "ca ca.pem\nextra-certs ca.pem\n");
    follower_configure(follower, &config);
    turn_until_read(instance, 2);
    assert_null(instance->config_error);
    config.openvpn_config = NULL;
    follower_configure(follower, &config);
    assert_int_equal(instance->certificates.count, 0);
    assert_int_equal(instance->clients_max, -1);
    /* One that is freed while it reads. */
    config.openvpn_config = main_file;
    follower_configure(follower, &config);
    follower_free(follower);
    followers_stop();
    instance_free(instance);
    event_base_loop(loop, EVLOOP_NONBLOCK);
    event_base_free(loop);
    assert_int_equal(timers_next(), -1);
}

static int fini_setup(void **state)
{
    (void)state;
    setup_fini(&setup);
    return 0;
}

#define TEST(function) cmocka_unit_test_teardown(function, fini_setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_files),
        TEST(test_blocks_and_includes),
        TEST(test_pkcs12),
        TEST(test_pkcs12_inline),
        TEST(test_faults),
        TEST(test_odd_ends),
        TEST(test_what_has_changed),
        TEST(test_follower),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
