#ifndef CTL_PAGE_H
#define CTL_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Where output goes, and text in columns of a terminal.  All text is valid UTF-8 (text_clean()). */

enum page_format { PAGE_TABLE, PAGE_JSON, PAGE_CSV };

enum page_colour { COLOUR_NONE, COLOUR_GOOD, COLOUR_WAITS, COLOUR_BAD, COLOUR_DIM, COLOUR_HEAD };

struct page {
    FILE *out;
    enum page_format format;
    unsigned width; /* columns */
    bool colour;
    bool ascii; /* the terminal does not know UTF-8: other characters show as ? */
};

#define PAGE_WIDTH 80 /* without a terminal, unless COLUMNS says otherwise */

/* Looks what stdout is.  Colours are for terminals alone, and not where NO_COLOR is set. */
void page_init(struct page *page, enum page_format format);

/* How many columns the terminal has now. */
unsigned page_columns(void);

/* How many lines; 24 without a terminal. */
unsigned page_lines(void);

/* The columns that a text takes. */
size_t page_width(const char *text);

/*
 * Prints text in so many columns: what is longer ends in "...", what is shorter is padded behind
 * it, or before it when it is to stand on the right.
 */
void page_put(const struct page *page, const char *text, size_t columns, bool right);

/* Prints text as it is, on a page that knows no UTF-8 with ? in it. */
void page_print(const struct page *page, const char *text);

/* Colours what is printed until the next call; nothing where there are no colours. */
void page_paint(const struct page *page, enum page_colour colour);

#endif
