#include "ctl/notice.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void notice_init(struct notice *notice, const struct objects_notification *kind)
{
    *notice = (struct notice){.kind = kind};
}

void notice_fini(struct notice *notice)
{
    for (size_t i = 0; i < notice->count; i++)
        free(notice->values[i].cell.text);
    notice->count = 0;
}

bool notice_add(struct notice *notice, enum object object, struct cell cell)
{
    if (notice->count == NOTICE_VALUES_MAX)
        return false;
    notice->values[notice->count++] = (struct notice_value){object, cell};
    return true;
}

const struct cell *notice_find(const struct notice *notice, enum object object)
{
    for (size_t i = 0; i < notice->count; i++)
        if (notice->values[i].object == object)
            return &notice->values[i].cell;
    return NULL;
}

/* The value of an argument for people; "" when there is none. */
static const char *argument(const struct notice *notice, size_t place, char *buffer, size_t size)
{
    enum object object = notice->kind->arguments[place];
    const struct cell *cell = notice_find(notice, object);
    const char *label = NULL;

    if (!cell || !cell->there)
        return "";
    if (cell->text)
        return cell->text;
    if (objects_kind(object) == OBJECTS_ENUM)
        label = objects_label(object, cell->number);
    if (label)
        return label;
    snprintf(buffer, size, "%lld", (long long)cell->number);
    return buffer;
}

/* Appends what fits. */
static void append(char *out, size_t size, size_t *len, const char *text, size_t count)
{
    if (count > size - 1 - *len)
        count = size - 1 - *len;
    memcpy(out + *len, text, count);
    *len += count;
    out[*len] = '\0';
}

void notice_words(const struct notice *notice, char *out, size_t size)
{
    const char *at = notice->kind->words;
    size_t used = 0;
    size_t len = 0;
    char buffer[24];

    out[0] = '\0';
    while (*at) {
        const char *next = strstr(at, "%s");
        size_t before = next ? (size_t)(next - at) : strlen(at);
        const char *text;

        append(out, size, &len, at, before);
        if (!next || used == notice->kind->argument_count)
            return;
        text = argument(notice, used++, buffer, sizeof(buffer));
        /* Without a reason there is nothing behind the colon. */
        if (text[0])
            append(out, size, &len, text, strlen(text));
        else if (len >= 2 && strcmp(out + len - 2, ": ") == 0)
            out[len -= 2] = '\0';
        else
            append(out, size, &len, "?", 1);
        at = next + 2;
    }
}
