#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/text.h"
#include "checks.h"
#include "fuzz.h"
#include "setup/certificate.h"
#include "setup/setup.h"

/*
 * A daemon's own configuration file, whose paths lead nowhere, and the same bytes as a file of
 * certificates in either form.
 */

static void check_list(const struct certificates *list)
{
    REQUIRE(list->count <= CERTIFICATES_MAX);
    for (size_t i = 0; i < list->count; i++) {
        const struct certificate *certificate = &list->list[i];

        REQUIRE(certificate->role >= CERTIFICATE_CA && certificate->role <= CERTIFICATE_EXTRA);
        REQUIRE(certificate->not_before >= 0 && certificate->not_after >= 0);
        check_text(text_or_empty(certificate->subject), TEXT_MAX);
        check_text(text_or_empty(certificate->serial), ADMIN_MAX);
        check_text(text_or_empty(certificate->source), TEXT_MAX);
    }
}

static void check_config(const uint8_t *data, size_t size)
{
    struct setup setup;
    char path[32];
    int fd = memfd_create("config", 0);

    REQUIRE(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    setup_read(&setup, path);
    check_list(&setup.certificates);
    check_text(text_or_empty(setup.fault), TEXT_MAX);
    REQUIRE(setup.clients_max >= -1 && setup.clients_max_subnet >= -1);
    REQUIRE(setup.clients_max <= INT32_MAX && setup.clients_max_subnet <= INT32_MAX);
    REQUIRE(setup.files.count >= 1 && setup.files.count <= SETUP_FILES_MAX);
    setup_fini(&setup);
    close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct slice bytes = {(const char *)data, size};
    struct certificates list = {0};

    check_config(data, size);
    certificate_read_pem(bytes, CERTIFICATE_CA, "x", &list);
    certificate_read_pkcs12(bytes, false, "x", &list);
    certificate_read_pkcs12(bytes, true, "x", &list);
    check_list(&list);
    certificates_fini(&list);
    return 0;
}
