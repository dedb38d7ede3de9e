#include "ctl/output.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "ctl/format.h"

#define GAP 2 /* columns between two fields */

void output_init(struct output *output, const struct output_field *fields, size_t columns,
                 int64_t now)
{
    *output = (struct output){.fields = fields, .columns = columns, .now = now};
}

void output_fini(struct output *output)
{
    for (size_t i = 0; i < output->count; i++)
        free(output->cells[i].text);
    free(output->cells);
    *output = (struct output){0};
}

static struct output_cell *add_cell(struct output *output)
{
    if (output->count == output->room) {
        size_t room = output->room ? output->room * 2 : 64;
        struct output_cell *more = realloc(output->cells, room * sizeof(*more));

        if (!more) {
            output->failed = true;
            return NULL;
        }
        output->cells = more;
        output->room = room;
    }
    output->cells[output->count] = (struct output_cell){0};
    return &output->cells[output->count++];
}

void output_text(struct output *output, const char *text, enum page_colour colour)
{
    struct output_cell *cell = add_cell(output);

    if (!cell || !text || !text[0])
        return;
    cell->text = text_copy(text);
    cell->there = cell->text != NULL;
    cell->colour = colour;
    output->failed |= !cell->there;
}

void output_number(struct output *output, int64_t number, enum page_colour colour)
{
    struct output_cell *cell = add_cell(output);

    if (cell)
        *cell = (struct output_cell){.there = true, .number = number, .colour = colour};
}

void output_nothing(struct output *output)
{
    add_cell(output);
}

void output_cell(struct output *output, const struct cell *cell)
{
    if (cell->text)
        output_text(output, cell->text, COLOUR_NONE);
    else if (cell->there)
        output_number(output, cell->number, COLOUR_NONE);
    else
        output_nothing(output);
}

size_t output_rows(const struct output *output)
{
    return output->count / output->columns;
}

/* A time of 0 is none. */
static bool is_known(const struct output_field *field, const struct output_cell *cell)
{
    bool is_time = field->style == OUTPUT_TIME || field->style == OUTPUT_AGO;

    return cell->there && (cell->text || cell->number != 0 || !is_time);
}

/* What people see of a cell; a text is the cell's own, all else stands in the buffer. */
static const char *shown(const struct output *output, size_t field, const struct output_cell *cell,
                         char buffer[FORMAT_MAX])
{
    if (!is_known(&output->fields[field], cell))
        return "-";
    if (cell->text)
        return cell->text;
    switch (output->fields[field].style) {
    case OUTPUT_BYTES:
        format_bytes(buffer, cell->number);
        break;
    case OUTPUT_RATE:
        format_rate(buffer, cell->number);
        break;
    case OUTPUT_SECONDS:
        format_seconds(buffer, cell->number);
        break;
    case OUTPUT_TIME:
        format_time(buffer, cell->number, output->now);
        break;
    case OUTPUT_AGO:
        format_seconds(buffer, output->now > cell->number ? output->now - cell->number : 0);
        break;
    default:
        snprintf(buffer, FORMAT_MAX, "%lld", (long long)cell->number);
    }
    return buffer;
}

/* The columns of each field, 0 for those that are not shown. */
static void natural_widths(const struct output *output, size_t *widths)
{
    char buffer[FORMAT_MAX];

    for (size_t i = 0; i < output->columns; i++)
        widths[i] = output->fields[i].title ? page_width(output->fields[i].title) : 0;
    for (size_t i = 0; i < output->count; i++) {
        size_t field = i % output->columns;
        size_t width;

        if (!output->fields[field].title)
            continue;
        width = page_width(shown(output, field, &output->cells[i], buffer));
        if (width > widths[field])
            widths[field] = width;
    }
}

static size_t total_width(const size_t *widths, size_t count)
{
    size_t total = 0;

    for (size_t i = 0; i < count; i++)
        if (widths[i] > 0)
            total += widths[i] + (total > 0 ? GAP : 0);
    return total;
}

/* Takes columns from the longest texts until the table fits; returns whether it does. */
static bool shrink(const struct output *output, size_t *widths, size_t room)
{
    while (total_width(widths, output->columns) > room) {
        size_t longest = SIZE_MAX;

        for (size_t i = 0; i < output->columns; i++)
            if (output->fields[i].least > 0 && widths[i] > output->fields[i].least &&
                (longest == SIZE_MAX || widths[i] > widths[longest]))
                longest = i;
        if (longest == SIZE_MAX)
            return false;
        widths[longest]--;
    }
    return true;
}

static bool drop_one(const struct output *output, size_t *widths)
{
    size_t dull = SIZE_MAX;

    for (size_t i = 0; i < output->columns; i++)
        if (widths[i] > 0 && output->fields[i].drop > 0 &&
            (dull == SIZE_MAX || output->fields[i].drop > output->fields[dull].drop))
            dull = i;
    if (dull == SIZE_MAX)
        return false;
    widths[dull] = 0;
    return true;
}

static void fit(const struct output *output, size_t *widths, size_t room)
{
    size_t natural[OUTPUT_FIELDS_MAX];

    natural_widths(output, natural);
    memcpy(widths, natural, output->columns * sizeof(*widths));
    while (!shrink(output, widths, room) && drop_one(output, natural))
        memcpy(widths, natural, output->columns * sizeof(*widths));
}

/* What is counted stands on the right. */
static bool on_the_right(enum output_style style)
{
    return style != OUTPUT_TEXT && style != OUTPUT_TIME;
}

static void print_line(const struct output *output, const struct page *page, const size_t *widths,
                       const struct output_cell *cells)
{
    char buffer[FORMAT_MAX];
    size_t last = 0;
    bool begun = false;

    for (size_t i = 0; i < output->columns; i++)
        if (widths[i] > 0)
            last = i;
    for (size_t i = 0; i <= last; i++) {
        const char *text = cells ? shown(output, i, &cells[i], buffer) : output->fields[i].title;
        enum page_colour colour = cells ? cells[i].colour : COLOUR_HEAD;
        bool right = on_the_right(output->fields[i].style);
        size_t width = widths[i];

        if (width == 0)
            continue;
        if (begun)
            fprintf(page->out, "%*s", GAP, "");
        begun = true;
        if (i == last && !right && page_width(text) < width)
            width = page_width(text);
        if (colour != COLOUR_NONE)
            page_paint(page, colour);
        page_put(page, text, width, right);
        if (colour != COLOUR_NONE)
            page_paint(page, COLOUR_NONE);
    }
    fputc('\n', page->out);
}

void output_print_lines(const struct output *output, const struct page *page, size_t first,
                        size_t count)
{
    size_t widths[OUTPUT_FIELDS_MAX];

    fit(output, widths, page->width);
    print_line(output, page, widths, NULL);
    for (size_t i = first; i < first + count && i < output_rows(output); i++)
        print_line(output, page, widths, &output->cells[i * output->columns]);
}

void output_json_text(FILE *out, const char *text)
{
    fputc('"', out);
    for (; *text; text++) {
        unsigned char byte = (unsigned char)*text;

        if (byte == '"' || byte == '\\')
            fprintf(out, "\\%c", byte);
        else if (byte < 0x20 || byte == 0x7f)
            fprintf(out, "\\u%04x", byte);
        else
            fputc(byte, out);
    }
    fputc('"', out);
}

static void print_object(const struct output *output, FILE *out, const struct output_cell *cells)
{
    const char *before = "{";

    for (size_t i = 0; i < output->columns; i++) {
        if (!output->fields[i].key)
            continue;
        fputs(before, out);
        before = ", ";
        output_json_text(out, output->fields[i].key);
        fputs(": ", out);
        if (!is_known(&output->fields[i], &cells[i]))
            fputs("null", out);
        else if (cells[i].text)
            output_json_text(out, cells[i].text);
        else
            fprintf(out, "%lld", (long long)cells[i].number);
    }
    fputc('}', out);
}

void output_print_stream(const struct output *output, const struct page *page)
{
    for (size_t i = 0; i < output_rows(output); i++) {
        print_object(output, page->out, &output->cells[i * output->columns]);
        fputc('\n', page->out);
    }
}

static void print_json(const struct output *output, FILE *out)
{
    fputc('[', out);
    for (size_t i = 0; i < output_rows(output); i++) {
        fputs(i > 0 ? ",\n " : "", out);
        print_object(output, out, &output->cells[i * output->columns]);
    }
    fputs("]\n", out);
}

static void print_csv_text(FILE *out, const char *text)
{
    bool quoted = strpbrk(text, ",\"\r\n") != NULL;

    if (quoted)
        fputc('"', out);
    for (; *text; text++) {
        if (*text == '"')
            fputc('"', out);
        fputc(*text, out);
    }
    if (quoted)
        fputc('"', out);
}

/* One line, of cells or of the keys. */
static void print_csv_line(const struct output *output, FILE *out, const struct output_cell *cells)
{
    const char *before = "";

    for (size_t i = 0; i < output->columns; i++) {
        if (!output->fields[i].key)
            continue;
        fputs(before, out);
        before = ",";
        if (!cells)
            fputs(output->fields[i].key, out);
        else if (is_known(&output->fields[i], &cells[i]) && cells[i].text)
            print_csv_text(out, cells[i].text);
        else if (is_known(&output->fields[i], &cells[i]))
            fprintf(out, "%lld", (long long)cells[i].number);
    }
    fputs("\r\n", out);
}

static void print_csv(const struct output *output, FILE *out)
{
    print_csv_line(output, out, NULL);
    for (size_t i = 0; i < output_rows(output); i++)
        print_csv_line(output, out, &output->cells[i * output->columns]);
}

bool output_print(const struct output *output, const struct page *page, const char *none)
{
    if (output->failed)
        return false;
    if (page->format == PAGE_JSON)
        print_json(output, page->out);
    else if (page->format == PAGE_CSV)
        print_csv(output, page->out);
    else if (output->count > 0)
        output_print_lines(output, page, 0, output_rows(output));
    else if (none)
        fprintf(page->out, "%s\n", none);
    return true;
}
