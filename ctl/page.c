#include "ctl/page.h"

#include <langinfo.h>
#include <locale.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include "base/slice.h"

#define DOTS "..."

unsigned page_columns(void)
{
    const char *columns = getenv("COLUMNS");
    struct winsize size;
    int wanted;

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 20)
        return size.ws_col;
    if (columns && slice_to_int(slice_of(columns), 20, 10000, &wanted))
        return (unsigned)wanted;
    return PAGE_WIDTH;
}

unsigned page_lines(void)
{
    struct winsize size;

    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 ? size.ws_row : 24;
}

void page_init(struct page *page, enum page_format format)
{
    const char *no_colour = getenv("NO_COLOR");
    const char *terminal = getenv("TERM");
    bool utf8;

    setlocale(LC_CTYPE, "");
    utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    /* For wcwidth() alone. */
    if (!utf8)
        setlocale(LC_CTYPE, "C.UTF-8");
    *page = (struct page){.out = stdout, .format = format, .width = page_columns()};
    if (!isatty(STDOUT_FILENO))
        return;
    page->ascii = !utf8;
    page->colour = !(no_colour && no_colour[0]) && terminal && strcmp(terminal, "dumb") != 0;
}

/* The next character of valid UTF-8, its bytes and its columns. */
static size_t next_character(const char *at, int *columns)
{
    const unsigned char *byte = (const unsigned char *)at;
    size_t bytes = byte[0] < 0x80 ? 1 : byte[0] < 0xe0 ? 2 : byte[0] < 0xf0 ? 3 : 4;
    wchar_t wide = (wchar_t)(bytes == 1 ? byte[0] : byte[0] & (0xff >> (bytes + 1)));

    for (size_t i = 1; i < bytes; i++) {
        if ((byte[i] & 0xc0) != 0x80) { /* not UTF-8 after all: byte by byte */
            *columns = 1;
            return 1;
        }
        wide = wide << 6 | (wchar_t)(byte[i] & 0x3f);
    }
    *columns = wcwidth(wide);
    if (*columns < 0)
        *columns = 1;
    return bytes;
}

size_t page_width(const char *text)
{
    size_t width = 0;
    int columns;

    while (*text) {
        text += next_character(text, &columns);
        width += (size_t)columns;
    }
    return width;
}

/* Prints what fits into so many columns, and returns how many it took. */
static size_t put_start(const struct page *page, const char *text, size_t room)
{
    size_t width = 0;
    int columns;

    while (*text) {
        size_t bytes = next_character(text, &columns);
        bool strange = page->ascii && (bytes > 1 || (unsigned char)*text >= 0x80);

        if (width + (size_t)columns > room)
            break;
        if (!strange)
            fwrite(text, 1, bytes, page->out);
        for (int i = 0; strange && i < columns; i++)
            fputc('?', page->out);
        width += (size_t)columns;
        text += bytes;
    }
    return width;
}

void page_print(const struct page *page, const char *text)
{
    put_start(page, text, SIZE_MAX / 2);
}

static void put_spaces(const struct page *page, size_t count)
{
    while (count-- > 0)
        fputc(' ', page->out);
}

void page_put(const struct page *page, const char *text, size_t columns, bool right)
{
    size_t width = page_width(text);
    size_t dots = strlen(DOTS) < columns ? strlen(DOTS) : columns;

    if (width > columns) {
        width = put_start(page, text, columns - dots);
        fwrite(DOTS, 1, dots, page->out);
        put_spaces(page, columns - dots - width);
        return;
    }
    if (right)
        put_spaces(page, columns - width);
    put_start(page, text, columns);
    if (!right)
        put_spaces(page, columns - width);
}

void page_paint(const struct page *page, enum page_colour colour)
{
    static const char *const codes[] = {
        [COLOUR_NONE] = "\033[0m",   [COLOUR_GOOD] = "\033[32m", [COLOUR_WAITS] = "\033[33m",
        [COLOUR_BAD] = "\033[1;31m", [COLOUR_DIM] = "\033[2m",   [COLOUR_HEAD] = "\033[1m",
    };

    if (page->colour)
        fputs(codes[colour], page->out);
}
