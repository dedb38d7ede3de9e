#include "config/place.h"

#include <stdlib.h>
#include <string.h>

bool places_add(struct places *places, unsigned first, const char *file, unsigned line)
{
    struct piece *pieces = realloc(places->pieces, (places->count + 1) * sizeof(*pieces));

    if (!pieces)
        return false;
    places->pieces = pieces;
    pieces[places->count] = (struct piece){first, strdup(file), line};
    if (!pieces[places->count].file)
        return false;
    places->count++;
    return true;
}

const char *places_find(const struct places *places, unsigned *line)
{
    const struct piece *piece = NULL;

    for (size_t i = 0; i < places->count && places->pieces[i].first <= *line; i++)
        piece = &places->pieces[i];
    if (!piece)
        return NULL;
    *line = piece->line + (*line - piece->first);
    return piece->file;
}

void places_fini(struct places *places)
{
    for (size_t i = 0; i < places->count; i++)
        free(places->pieces[i].file);
    free(places->pieces);
    *places = (struct places){0};
}
