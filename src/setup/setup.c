#include "setup/setup.h"

#include <dirent.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "setup/capacity.h"
#include "setup/certificate.h"
#include "setup/directives.h"

/* As in OpenVPN. */
enum { CONFIG_DEPTH_MAX = 10 };

/* The options that name certificates.  Of two of a kind the last one counts. */
enum source_kind {
    SOURCE_CA,
    SOURCE_CAPATH,
    SOURCE_CERT,
    SOURCE_CRL,
    SOURCE_EXTRA,
    SOURCE_PKCS12,
    SOURCES
};

static const struct {
    const char *option;
    enum certificate_role role;
} kinds[SOURCES] = {
    [SOURCE_CA] = {"ca", CERTIFICATE_CA},
    [SOURCE_CAPATH] = {"capath", CERTIFICATE_CA},
    [SOURCE_CERT] = {"cert", CERTIFICATE_OWN},
    [SOURCE_CRL] = {"crl-verify", CERTIFICATE_CRL},
    [SOURCE_EXTRA] = {"extra-certs", CERTIFICATE_EXTRA},
    [SOURCE_PKCS12] = {"pkcs12", CERTIFICATE_OWN},
};

struct source_named {
    unsigned order; /* of the options, from 1; 0 when the option is not there */
    unsigned line;
    bool is_block;
    struct slice bytes;  /* owned: of a block, or the path */
    char file[PATH_MAX]; /* the configuration file */
};

/* Folders and files on the way. */
struct survey {
    struct setup *setup;
    struct capacity capacity;
    struct source_named *sources; /* SOURCES of them */
    unsigned order;
    char folder[PATH_MAX]; /* that relative paths begin at */
    char fault[TEXT_MAX + 1];
    size_t fault_len;
};

static void note_fault(struct survey *survey, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void note_fault(struct survey *survey, const char *format, ...)
{
    size_t room = sizeof(survey->fault) - survey->fault_len;
    va_list args;
    int added;

    added =
        snprintf(survey->fault + survey->fault_len, room, "%s", survey->fault_len > 0 ? "; " : "");
    if (added < 0 || (size_t)added >= room)
        return;
    va_start(args, format);
    added +=
        vsnprintf(survey->fault + survey->fault_len + added, room - (size_t)added, format, args);
    va_end(args);
    survey->fault_len += (size_t)added < room ? (size_t)added : room - 1;
}

/* False when it is too long, or holds a NUL. */
static bool resolve_path(const struct survey *survey, struct slice path, char resolved[PATH_MAX])
{
    bool absolute = slice_starts(path, "/");
    int len;

    if (path.len == 0 || path.len >= PATH_MAX || memchr(path.at, '\0', path.len))
        return false;
    len = snprintf(resolved, PATH_MAX, "%s%s%.*s", absolute ? "" : survey->folder,
                   absolute ? "" : "/", (int)path.len, path.at);
    return len > 0 && len < PATH_MAX;
}

static void change_folder(struct survey *survey, const struct directive *directive)
{
    char folder[PATH_MAX];

    if (directive->count > 1 && resolve_path(survey, directive->words[1], folder))
        memcpy(survey->folder, folder, sizeof(folder));
}

static bool is_nothing_to_read(enum source_kind kind, const struct directive *directive)
{
    struct slice last = directive->words[directive->count - 1];

    if (directive->is_block)
        return false;
    /* What is revoked stands there by its number, as names of files. */
    if (kind == SOURCE_CRL && directive->count > 2 && slice_is(last, "dir"))
        return true;
    return directive->count < 2 || slice_is(directive->words[1], "[inline]");
}

static bool copy_bytes(struct slice *copy, struct slice bytes)
{
    char *at = malloc(bytes.len + 1);

    if (at && bytes.len > 0)
        memcpy(at, bytes.at, bytes.len);
    *copy = (struct slice){at, at ? bytes.len : 0};
    return at != NULL;
}

static void keep_source(struct survey *survey, enum source_kind kind, const char *file,
                        const struct directive *directive)
{
    struct source_named *source = &survey->sources[kind];
    struct slice bytes = directive->is_block ? directive->block : directive->words[1];

    if (is_nothing_to_read(kind, directive))
        return;
    files_release(&source->bytes);
    source->order = 0;
    if (!copy_bytes(&source->bytes, bytes)) {
        note_fault(survey, "out of memory");
        return;
    }
    source->order = ++survey->order;
    source->line = directive->line;
    source->is_block = directive->is_block;
    snprintf(source->file, sizeof(source->file), "%s", file);
}

static void read_config(struct survey *survey, const char *path, unsigned depth);

static void read_included(struct survey *survey, const char *file,
                          const struct directive *directive, unsigned depth)
{
    char path[PATH_MAX];

    if (directive->count < 2 || directive->is_block)
        return;
    if (depth >= CONFIG_DEPTH_MAX)
        note_fault(survey, "%s:%u: config: more than %d files include each other", file,
                   directive->line, CONFIG_DEPTH_MAX);
    else if (resolve_path(survey, directive->words[1], path))
        read_config(survey, path, depth + 1);
}

static void take(struct survey *survey, const char *file, const struct directive *directive,
                 unsigned depth)
{
    for (enum source_kind kind = 0; kind < SOURCES; kind++)
        if (directive_is(directive, kinds[kind].option))
            keep_source(survey, kind, file, directive);
    if (directive_is(directive, "config"))
        read_included(survey, file, directive, depth);
    else if (directive_is(directive, "cd"))
        change_folder(survey, directive);
    else if (!directive->is_block && !capacity_take(&survey->capacity, directive))
        note_fault(survey, "%s:%u: %.*s: its value is not understood", file, directive->line,
                   (int)directive->words[0].len, directive->words[0].at);
}

static void read_config(struct survey *survey, const char *path, unsigned depth)
{
    char why[PATH_MAX + 256];
    struct directives directives;
    struct directive directive;
    struct slice bytes;
    const char *fault;

    if (files_read(&survey->setup->files, path, &bytes, why, sizeof(why))) {
        note_fault(survey, "%s", why);
        return;
    }
    directives_begin(&directives, bytes);
    while (directives_next(&directives, &directive, &fault)) {
        if (fault)
            note_fault(survey, "%s:%u: %s", path, directive.line, fault);
        else
            take(survey, path, &directive, depth);
    }
    explicit_bzero(&directives, sizeof(directives));
    files_release(&bytes);
}

/* The bytes of a file or a block become rows. */
static void take_bytes(struct survey *survey, enum source_kind kind, struct slice bytes,
                       bool is_block, const char *name)
{
    struct certificates *list = &survey->setup->certificates;
    const char *fault;

    if (kind == SOURCE_PKCS12)
        fault = certificate_read_pkcs12(bytes, is_block, name, list);
    else
        fault = certificate_read_pem(bytes, kinds[kind].role, name, list);
    if (fault)
        note_fault(survey, "%s: %s", name, fault);
}

static void read_file_of(struct survey *survey, enum source_kind kind, const char *path)
{
    char why[PATH_MAX + 256];
    struct slice bytes;

    if (files_read(&survey->setup->files, path, &bytes, why, sizeof(why))) {
        note_fault(survey, "%s: %s", kinds[kind].option, why);
        return;
    }
    take_bytes(survey, kind, bytes, false, path);
    files_release(&bytes);
}

/* Eight digits of a hash and a number, of a revocation list behind an r: openssl-rehash(1). */
static int is_hashed(const struct dirent *entry)
{
    size_t digits = strspn(entry->d_name, "0123456789abcdef");
    const char *rest = entry->d_name + digits;

    return digits == 8 && rest[0] == '.' && rest[1] != '\0' &&
           strspn(rest + 1, "r0123456789") == strlen(rest + 1);
}

static void read_capath(struct survey *survey, const char *folder)
{
    char why[PATH_MAX + 256];
    char path[PATH_MAX];
    struct dirent **entries;
    int count;

    if (files_watch(&survey->setup->files, folder, why, sizeof(why))) {
        note_fault(survey, "capath: %s", why);
        return;
    }
    count = scandir(folder, &entries, is_hashed, alphasort);
    if (count < 0)
        note_fault(survey, "capath: the agent's user may not read %s", folder);
    for (int i = 0; i < count; i++) {
        int len = snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);

        if (len > 0 && (size_t)len < sizeof(path) && i < SETUP_FILES_MAX)
            read_file_of(survey, SOURCE_CAPATH, path);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
}

static void read_named(struct survey *survey, enum source_kind kind)
{
    const struct source_named *source = &survey->sources[kind];
    char path[2 * PATH_MAX];

    if (source->is_block) {
        snprintf(path, sizeof(path), "[inline] %s", source->file);
        take_bytes(survey, kind, source->bytes, true, path);
    } else if (!resolve_path(survey, source->bytes, path)) {
        note_fault(survey, "%s:%u: %s: not the name of a file", source->file, source->line,
                   kinds[kind].option);
    } else if (kind == SOURCE_CAPATH) {
        read_capath(survey, path);
    } else {
        read_file_of(survey, kind, path);
    }
}

/* In the order of the configuration. */
static void read_sources(struct survey *survey)
{
    for (unsigned order = 1; order <= survey->order; order++)
        for (enum source_kind kind = 0; kind < SOURCES; kind++)
            if (survey->sources[kind].order == order)
                read_named(survey, kind);
}

void setup_read(struct setup *setup, const char *path)
{
    struct source_named sources[SOURCES] = {{0}};
    struct survey survey = {.setup = setup, .sources = sources};
    const char *slash = strrchr(path, '/');

    *setup = (struct setup){0};
    if (slash && slash - path < PATH_MAX)
        memcpy(survey.folder, path, (size_t)(slash - path));
    read_config(&survey, path, 1);
    read_sources(&survey);
    for (size_t i = 0; i < SOURCES; i++)
        files_release(&sources[i].bytes);
    setup->clients_max = capacity_clients(&survey.capacity, false);
    setup->clients_max_subnet = capacity_clients(&survey.capacity, true);
    memcpy(setup->device, survey.capacity.device, sizeof(setup->device));
    text_set(&setup->fault, TEXT_MAX, slice_of(survey.fault));
}

void setup_fini(struct setup *setup)
{
    certificates_fini(&setup->certificates);
    files_fini(&setup->files);
    free(setup->fault);
    *setup = (struct setup){0};
}
