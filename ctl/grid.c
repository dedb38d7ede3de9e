#include "ctl/grid.h"

#include <stdlib.h>

#include "base/text.h"

void grid_init(struct grid *rows)
{
    *rows = (struct grid){0};
}

void grid_fini(struct grid *rows)
{
    for (size_t i = 0; i < rows->count * rows->columns; i++)
        free(rows->cells[i].text);
    free(rows->cells);
    free(rows->row);
    grid_init(rows);
}

int64_t cell_number(const struct cell *cell, int64_t otherwise)
{
    return cell->there && !cell->text ? cell->number : otherwise;
}

const char *cell_text(const struct cell *cell)
{
    return text_or_empty(cell->text);
}
