#ifndef CONFIG_SUGGEST_H
#define CONFIG_SUGGEST_H

#include <stddef.h>

/*
 * "Did you mean ...?": finds the word that somebody who wrote another one probably meant.
 */
struct suggest {
    const char *word; /* what was written */
    const char *best; /* the nearest candidate so far, NULL when none is near */
    size_t distance;
    char all[320]; /* the candidates so far, with commas between them */
};

void suggest_begin(struct suggest *suggest, const char *word);

/* Considers a candidate, which must stay valid. */
void suggest_add(struct suggest *suggest, const char *candidate);

/* Room for the text of suggest_text(). */
#define SUGGEST_TEXT_MAX 400

/*
 * Writes ` (did you mean "..."?)`, or `; known are ...` with all candidates when none was near;
 * returns text.
 */
const char *suggest_text(const struct suggest *suggest, char text[SUGGEST_TEXT_MAX]);

#endif
