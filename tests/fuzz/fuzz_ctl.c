#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checks.h"
#include "ctl/format.h"
#include "ctl/notice.h"
#include "ctl/online.h"
#include "ctl/output.h"
#include "ctl/walk.h"
#include "fuzz.h"

/*
 * What an agent may answer to ovpnctl: values of any type at any place, their texts, and what is
 * printed of them.  An input is a row of records: a byte that says what and how long, an index, and
 * the bytes of the value.
 */

static const enum object columns[] = {
    ovpnClientCommonName,
    ovpnClientBytesIn,
    ovpnClientPending,
    ovpnLogFlags,
};

#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

static const struct output_field fields[] = {
    {"name", "NAME", OUTPUT_TEXT, 8, 0},
    {"bytes", "IN", OUTPUT_BYTES, 0, 0},
    {"pending", "PENDING", OUTPUT_AGO, 0, 1},
    {"flags", "FLAGS", OUTPUT_TEXT, 0, 2},
};

static uint8_t take_byte(struct fuzz_input *input)
{
    if (input->len == 0)
        return 0;
    input->len--;
    return *input->at++;
}

static struct walk_value take_value(struct fuzz_input *input)
{
    uint8_t type = take_byte(input);
    struct walk_value value = {.type = WALK_NOTHING};

    if (type % 8 == 7)
        value.type = WALK_END;
    else if (type % 8 >= 4)
        value.type = WALK_NUMBER;
    else if (type % 8 > 0)
        value.type = WALK_OCTETS;
    value.size = take_byte(input);
    if (value.size > input->len)
        value.size = input->len;
    value.octets = input->at;
    for (size_t i = 0; i < value.size && i < sizeof(value.number); i++)
        value.number = (int64_t)((uint64_t)value.number << 8 | value.octets[i]);
    input->at += value.size;
    input->len -= value.size;
    return value;
}

/* Gives the walk a value at an index of 0 to 3 numbers, in this column or another. */
static enum walk_result give(struct walk *walk, struct fuzz_input *input)
{
    uint8_t what = take_byte(input);
    size_t asked = what % COLUMNS;
    unsigned long name[OBJECTS_OID_MAX];
    size_t arcs = objects_oid(columns[what >= 0xf0 ? (asked + 1) % COLUMNS : asked], name);
    size_t depth = what / COLUMNS % 8 == 0 ? take_byte(input) % 4 : 2;
    struct walk_value value;
    enum object object;
    size_t taken;

    for (size_t i = 0; i < depth; i++)
        name[arcs++] = take_byte(input);
    if (what == 0xff)
        arcs = take_byte(input) % arcs;
    if (objects_find(name, arcs, &object, &taken))
        REQUIRE(taken <= arcs && object < OBJECTS_COUNT);
    value = take_value(input);
    return walk_take(walk, asked, name, arcs, &value);
}

static void check_rows(const struct grid *rows)
{
    for (size_t i = 0; i < rows->count; i++) {
        const struct row *row = &rows->row[i];

        if (i > 0)
            REQUIRE(row->index[0] > row[-1].index[0] ||
                    (row->index[0] == row[-1].index[0] && row->index[1] > row[-1].index[1]));
        for (size_t j = 0; j < rows->columns; j++)
            if (row->cells[j].text)
                check_text(row->cells[j].text, 1024);
    }
}

/* No line is wider than the page, and no byte of a stranger reaches the terminal as a control. */
static void check_page(const char *text, size_t width)
{
    while (*text) {
        const char *end = strchr(text, '\n');
        char *line;

        REQUIRE(end);
        line = strndup(text, (size_t)(end - text));
        REQUIRE(line && page_width(line) <= width);
        for (const char *at = line; *at; at++)
            REQUIRE((unsigned char)*at >= 0x20 && *at != 0x7f);
        free(line);
        text = end + 1;
    }
}

static void print_rows(const struct grid *rows, enum page_format format)
{
    struct page page = {.format = format, .width = 40};
    struct output output;
    char *text = NULL;
    size_t size = 0;

    page.out = open_memstream(&text, &size);
    REQUIRE(page.out);
    output_init(&output, fields, COLUMNS, 1795694400);
    for (size_t i = 0; i < rows->count * rows->columns; i++)
        output_cell(&output, &rows->cells[i]);
    REQUIRE(output_print(&output, &page, "nothing"));
    fclose(page.out);
    if (format == PAGE_TABLE)
        check_page(text, page.width);
    output_fini(&output);
    free(text);
}

/* The same values as those of a notification. */
static void tell_rows(const struct grid *rows)
{
    static const unsigned long suffix[] = {0, 15};
    unsigned long name[OBJECTS_OID_MAX];
    size_t arcs = objects_oid(ovpnAgentVersion, name) - 3;
    struct notice notice;
    char words[100];

    memcpy(name + arcs, suffix, sizeof(suffix));
    notice_init(&notice, objects_notification(name, arcs + 2));
    REQUIRE(notice.kind);
    for (size_t i = 0; i < rows->count; i++) {
        struct cell cell = rows->row[i].cells[0];

        if (cell.text)
            cell.text = strdup(cell.text);
        if (!notice_add(&notice, ovpnSessionCommonName, cell))
            free(cell.text);
    }
    notice_words(&notice, words, sizeof(words));
    REQUIRE(strlen(words) < sizeof(words));
    notice_fini(&notice);
}

static void parse_as_time(const uint8_t *data, size_t size)
{
    char *text = strndup((const char *)data, size);
    int64_t when;

    REQUIRE(text);
    format_parse_time(text, 1795694400, &when);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    struct walk walk;
    struct grid rows;

    parse_as_time(data, size);
    REQUIRE(walk_init(&walk, columns, COLUMNS, 2, take_byte(&input) % 3, 0));
    while (input.len > 0) {
        enum walk_result result = give(&walk, &input);

        if (result != WALK_MORE && result != WALK_DONE)
            break;
    }
    REQUIRE(walk_repetitions(&walk) > 0);
    REQUIRE(walk_rows(&walk, &rows));
    walk_fini(&walk);
    check_rows(&rows);
    print_rows(&rows, PAGE_TABLE);
    print_rows(&rows, PAGE_JSON);
    print_rows(&rows, PAGE_CSV);
    tell_rows(&rows);
    grid_fini(&rows);
    return 0;
}
