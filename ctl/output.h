#ifndef CTL_OUTPUT_H
#define CTL_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctl/grid.h"
#include "ctl/page.h"

/*
 * A table of values that is printed for people, or as JSON (RFC 8259) or CSV (RFC 4180) for
 * programs, which get numbers as they are and times as seconds since 1970.
 */

enum output_style {
    OUTPUT_TEXT,
    OUTPUT_NUMBER,
    OUTPUT_BYTES,
    OUTPUT_RATE,    /* bytes in a second */
    OUTPUT_SECONDS, /* a length of time */
    OUTPUT_TIME,    /* seconds since 1970; 0 is not known */
    OUTPUT_AGO      /* the same, for people as the time that has passed since */
};

struct output_field {
    const char *key;   /* for programs; NULL where the field is for people alone */
    const char *title; /* for people; NULL where the field is for programs alone */
    enum output_style style;
    unsigned least; /* columns that must be left of a longer text; 0: it is never cut */
    unsigned drop;  /* where there is no room the greatest goes first; 0: never */
};

struct output_cell {
    bool there;
    int64_t number;
    char *text;
    enum page_colour colour;
};

#define OUTPUT_FIELDS_MAX 24

struct output {
    const struct output_field *fields;
    size_t columns;
    int64_t now; /* seconds since 1970 */
    struct output_cell *cells;
    size_t count; /* cells */
    size_t room;
    bool failed; /* out of memory: what is added is lost, and output_print() says so */
};

/* Fields must live as long as the output. */
void output_init(struct output *output, const struct output_field *fields, size_t columns,
                 int64_t now);
void output_fini(struct output *output);

/* Add the next cell, row by row.  Texts are copied; an empty or NULL text is nothing. */
void output_text(struct output *output, const char *text, enum page_colour colour);
void output_number(struct output *output, int64_t number, enum page_colour colour);
void output_nothing(struct output *output);

/* Adds a cell of a walk as it is. */
void output_cell(struct output *output, const struct cell *cell);

size_t output_rows(const struct output *output);

/*
 * Prints all rows; none is said for people when there are no rows, and may be NULL.  Returns false
 * when memory was out.
 */
bool output_print(const struct output *output, const struct page *page, const char *none);

/* Prints lines first to last of the table for people alone, as many columns wide as the page. */
void output_print_lines(const struct output *output, const struct page *page, size_t first,
                        size_t count);

/* Prints each row as one JSON object in a line of its own, for what has no end. */
void output_print_stream(const struct output *output, const struct page *page);

/* Prints a text as JSON has it, with its quotes. */
void output_json_text(FILE *out, const char *text);

#endif
