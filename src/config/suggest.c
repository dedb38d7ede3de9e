#include "config/suggest.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* Longer words are not compared. */
#define WORD_MAX 24

static size_t least(size_t a, size_t b, size_t c)
{
    size_t ab = a < b ? a : b;

    return ab < c ? ab : c;
}

/* Letters to insert, delete or replace (Levenshtein distance). */
static size_t distance_of(const char *a, const char *b)
{
    size_t row[WORD_MAX + 1];
    size_t a_len = strlen(a);
    size_t b_len = strlen(b);

    if (a_len > WORD_MAX || b_len > WORD_MAX)
        return WORD_MAX;
    for (size_t j = 0; j <= b_len; j++)
        row[j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t above = row[j];

            row[j] = least(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
            diagonal = above;
        }
    }
    return row[b_len];
}

void suggest_begin(struct suggest *suggest, const char *word)
{
    suggest->word = word;
    suggest->best = NULL;
    suggest->distance = 3;
    suggest->all[0] = '\0';
}

void suggest_add(struct suggest *suggest, const char *candidate)
{
    size_t len = strlen(suggest->word);
    size_t distance = distance_of(suggest->word, candidate);
    size_t used = strlen(suggest->all);

    snprintf(suggest->all + used, sizeof(suggest->all) - used, "%s%s", used ? ", " : "", candidate);
    /* A word that was cut short is near, a short one that has nothing in common is not. */
    if (len >= 3 && strncmp(suggest->word, candidate, len) == 0)
        distance = 1;
    else if (distance * 2 > len)
        return;
    if (distance < suggest->distance) {
        suggest->distance = distance;
        suggest->best = candidate;
    }
}

const char *suggest_text(const struct suggest *suggest, char text[SUGGEST_TEXT_MAX])
{
    if (suggest->best)
        snprintf(text, SUGGEST_TEXT_MAX, " (did you mean \"%s\"?)", suggest->best);
    else
        snprintf(text, SUGGEST_TEXT_MAX, "; known are %s", suggest->all);
    return text;
}
