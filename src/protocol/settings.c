#include "protocol/settings.h"

#include <assert.h>
#include <stdio.h>

struct form {
    const char *name;
    const char *const *words; /* of all values, as they are written; NULL: written as a number */
    int max;
    bool worded; /* the answer has the word too, not the number */
};

static const char *const hold_words[] = {"off", "on"};
static const char *const auth_retry_words[] = {[AUTH_RETRY_NONE] = "none",
                                               [AUTH_RETRY_INTERACT] = "interact",
                                               [AUTH_RETRY_NOINTERACT] = "nointeract"};

static const struct form forms[] = {
    [SETTING_HOLD] = {"hold", hold_words, 1, false},
    [SETTING_VERB] = {"verb", NULL, 15, false},
    [SETTING_MUTE] = {"mute", NULL, INT32_MAX, false},
    [SETTING_AUTH_RETRY] = {"auth-retry", auth_retry_words, AUTH_RETRY_NOINTERACT, true},
};

_Static_assert(sizeof(forms) / sizeof(forms[0]) == SETTINGS, "each setting has a form");

static const struct form *form_of(enum setting setting)
{
    assert(setting < SETTINGS);
    assert(forms[setting].name);
    return &forms[setting];
}

const char *settings_name(enum setting setting)
{
    return form_of(setting)->name;
}

int settings_max(enum setting setting)
{
    return form_of(setting)->max;
}

void settings_query(enum setting setting, struct command *command)
{
    command_query(command, settings_name(setting));
}

static bool read_word(const struct form *form, struct slice text, int *value)
{
    for (int i = 0; i <= form->max; i++) {
        if (slice_is(text, form->words[i])) {
            *value = i;
            return true;
        }
    }
    return false;
}

bool settings_parse(enum setting setting, struct slice text, int *value)
{
    const struct form *form = form_of(setting);

    return form->words ? read_word(form, text, value) : slice_to_int(text, 0, form->max, value);
}

bool settings_read(enum setting setting, struct slice text, int *value)
{
    const struct form *form = form_of(setting);

    if (!slice_take_prefix(&text, form->name) || !slice_take_prefix(&text, "="))
        return false;
    return form->worded ? read_word(form, text, value) : slice_to_int(text, 0, form->max, value);
}

void settings_show(enum setting setting, int value, char text[SETTINGS_SHOWN_MAX])
{
    const struct form *form = form_of(setting);

    if (form->words && value >= 0 && value <= form->max)
        snprintf(text, SETTINGS_SHOWN_MAX, "%s", form->words[value]);
    else
        snprintf(text, SETTINGS_SHOWN_MAX, "%d", value);
}

enum command_error settings_write(enum setting setting, int value, struct command *command)
{
    char text[SETTINGS_SHOWN_MAX];

    if (value < 0 || value > settings_max(setting)) {
        command_wipe(command);
        return COMMAND_RANGE;
    }
    settings_show(setting, value, text);
    command_assign(command, settings_name(setting), text);
    return COMMAND_OK;
}
