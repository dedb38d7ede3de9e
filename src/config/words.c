#include "config/words.h"

#include <string.h>

#include "config/suggest.h"

struct word {
    const char *text;
    unsigned bit;
};

#define ALLOW_ROW(name, word) {word, ALLOW_##name},
static const struct word allow_words[] = {ALLOW_WORDS(ALLOW_ROW)
                                              ALLOW_GUEST_WORDS(ALLOW_ROW){NULL, 0}};

/* "log" goes with its flags and is not found here. */
static const struct word notify_words[] = {
    {"contact", NOTIFY_CONTACT}, {"state", NOTIFY_STATE},   {"state-all", NOTIFY_STATE_ALL},
    {"fatal", NOTIFY_FATAL},     {"hold", NOTIFY_HOLD},     {"input", NOTIFY_INPUT},
    {"auth", NOTIFY_AUTH},       {"client", NOTIFY_CLIENT}, {"reject", NOTIFY_REJECT},
    {"expiry", NOTIFY_EXPIRY},   {"echo", NOTIFY_ECHO},     {NULL, 0},
};

/* Letters of enum log_flag, in the order of its bits. */
static const char log_letters[] = "IFNWD";

static unsigned bit_of(const struct word *words, const char *text)
{
    for (; words->text; words++)
        if (strcmp(words->text, text) == 0)
            return words->bit;
    return 0;
}

unsigned config_permission(const char *word)
{
    return bit_of(allow_words, word);
}

const char *config_permission_word(enum permission_place place)
{
    for (const struct word *word = allow_words; word->text; word++)
        if (word->bit == 1u << place)
            return word->text;
    return NULL;
}

/* known: bits of the words that may stand there. */
static bool fail_unknown(const struct reader *reader, const config_setting_t *setting,
                         const struct word *words, unsigned known, const char *text)
{
    char hint[SUGGEST_TEXT_MAX];
    struct suggest suggest;

    suggest_begin(&suggest, text);
    for (const struct word *word = words; word->text; word++)
        if (word->bit & known)
            suggest_add(&suggest, word->text);
    if (words == notify_words)
        suggest_add(&suggest, "log:FLAGS");
    return setting_fail(reader, setting, NULL, "\"%s\" is not known%s", text,
                        suggest_text(&suggest, hint));
}

static bool add_bit(const struct reader *reader, const config_setting_t *setting, const char *text,
                    unsigned bit, unsigned *bits)
{
    if (*bits & bit)
        return setting_fail(reader, setting, NULL, "\"%s\" is there twice", text);
    *bits |= bit;
    return true;
}

/* Reads the letters behind "log:". */
static bool read_flags(const struct reader *reader, const config_setting_t *setting,
                       const char *letters, unsigned *flags)
{
    *flags = 0;
    for (const char *at = letters; *at; at++) {
        const char *found = strchr(log_letters, *at);

        if (!found)
            return setting_fail(reader, setting, NULL, "log flags are letters of %s", log_letters);
        *flags |= 1u << (found - log_letters);
    }
    if (*flags == 0)
        return setting_fail(reader, setting, NULL,
                            "log needs flags, letters of %s: \"log:FNW\" for example", log_letters);
    return true;
}

static bool read_allow_word(const struct reader *reader, const config_setting_t *element,
                            unsigned known, unsigned *allow)
{
    const char *text;
    unsigned bit;

    if (!setting_string(reader, element, &text))
        return false;
    bit = bit_of(allow_words, text) & known;
    if (bit == 0 && strcmp(text, "signal") == 0)
        return setting_fail(reader, element, NULL,
                            "signal needs a name: \"signal:SIGUSR1\" for example");
    if (bit == 0 && strncmp(text, "signal:", 7) == 0)
        return setting_fail(reader, element, NULL,
                            "\"%s\" is not known (SIGHUP, SIGTERM, SIGUSR1 and SIGUSR2 are)", text);
    if (bit == 0)
        return fail_unknown(reader, element, allow_words, known, text);
    return add_bit(reader, element, text, bit, allow);
}

static bool read_notify_word(const struct reader *reader, const config_setting_t *element,
                             unsigned *notify, unsigned *log_flags)
{
    const char *text;
    unsigned bit;

    if (!setting_string(reader, element, &text))
        return false;
    bit = bit_of(notify_words, text);
    if (strcmp(text, "log") == 0 || strncmp(text, "log:", 4) == 0) {
        bit = NOTIFY_LOG;
        if (!read_flags(reader, element, text[3] ? text + 4 : "", log_flags))
            return false;
    }
    if (bit == 0)
        return fail_unknown(reader, element, notify_words, NOTIFY_ALL, text);
    return add_bit(reader, element, text, bit, notify);
}

static bool read_allow_words(const struct reader *reader, const config_setting_t *setting,
                             unsigned known, unsigned *allow)
{
    int count = config_setting_length(setting);
    bool good = true;

    *allow = 0;
    if (!setting_is_series(reader, setting))
        return false;
    for (int i = 0; i < count; i++)
        good &=
            read_allow_word(reader, config_setting_get_elem(setting, (unsigned)i), known, allow);
    return good;
}

bool words_allow(const struct reader *reader, const config_setting_t *setting, unsigned *allow)
{
    return read_allow_words(reader, setting, ALLOW_ALL, allow);
}

bool words_share_allow(const struct reader *reader, const config_setting_t *setting,
                       unsigned *allow)
{
    return read_allow_words(reader, setting, ALLOW_GUESTS_ALL, allow);
}

bool words_notify(const struct reader *reader, const config_setting_t *setting, unsigned *notify,
                  unsigned *log_flags)
{
    int count = config_setting_length(setting);
    bool good = true;

    *notify = 0;
    *log_flags = 0;
    if (!setting_is_series(reader, setting))
        return false;
    for (int i = 0; i < count; i++)
        good &= read_notify_word(reader, config_setting_get_elem(setting, (unsigned)i), notify,
                                 log_flags);
    return good;
}
