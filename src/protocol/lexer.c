#include "protocol/lexer.h"

#include <assert.h>
#include <string.h>

enum place { BETWEEN, BARE, DOUBLE, SINGLE };

/* A line on its way; the end of the line is a NUL, which is a space to the daemon. */
struct lexer {
    struct lexer_words *words;
    enum place place;
    size_t start; /* of the word in words->text */
    size_t end;   /* behind what is there so far */
    bool done;    /* the rest of the line is nothing */
};

size_t lexer_clean(char *line, size_t len, bool eight_bit)
{
    size_t kept = 0;

    for (size_t i = 0; i < len; i++) {
        unsigned char byte = (unsigned char)line[i];

        if (byte >= 0x20 && byte != 0x7f && (byte < 0x7f || eight_bit))
            line[kept++] = line[i];
    }
    return kept;
}

static bool is_lexer_space(char c)
{
    return c == '\0' || c == ' ' || (c >= '\t' && c <= '\r');
}

/*
 * Between words a backslash takes the meaning of a quote alone: a blank stays a blank, and a mark
 * of a comment begins one.
 */
static bool open_parameter(struct lexer *lexer, char c, bool escaped)
{
    if (is_lexer_space(c))
        return false;
    if (c == ';' || c == '#') {
        lexer->done = true;
        return false;
    }
    lexer->place = escaped ? BARE : c == '"' ? DOUBLE : c == '\'' ? SINGLE : BARE;
    return lexer->place == BARE;
}

static bool closes_parameter(const struct lexer *lexer, char c, bool escaped)
{
    switch (lexer->place) {
    case BARE:
        return !escaped && is_lexer_space(c);
    case DOUBLE:
        return !escaped && c == '"';
    case SINGLE:
        return c == '\'';
    case BETWEEN:
        break;
    }
    return false;
}

static void close_parameter(struct lexer *lexer)
{
    struct lexer_words *words = lexer->words;

    words->text[lexer->end] = '\0';
    words->word[words->count++] =
        (struct slice){words->text + lexer->start, lexer->end - lexer->start};
    lexer->start = ++lexer->end;
    lexer->place = BETWEEN;
    lexer->done = words->count == LEXER_WORDS_MAX;
}

/* One character, which may stand behind a backslash. */
static const char *take_byte(struct lexer *lexer, char c, bool escaped)
{
    if (lexer->place == BETWEEN) {
        if (!open_parameter(lexer, c, escaped))
            return NULL;
    } else if (closes_parameter(lexer, c, escaped)) {
        close_parameter(lexer);
        return NULL;
    }
    if (c == '\0') /* the end of the line, inside a word */
        return NULL;
    if (escaped && c != '\\' && c != '"' && !is_lexer_space(c))
        return "Options warning: Bad backslash ('\\') usage in TCP:0";
    if (lexer->end - lexer->start == LEXER_WORD_MAX)
        return "Options error: Parameter at TCP:0 is too long (256 chars max)";
    lexer->words->text[lexer->end++] = c;
    return NULL;
}

static const char *open_end(enum place place)
{
    switch (place) {
    case DOUBLE:
        return "Options error: No closing quotation (\") in TCP:0";
    case SINGLE:
        return "Options error: No closing single quotation (') in TCP:0";
    case BARE:
        return "Options error: Residual parse state (2) in TCP:0";
    case BETWEEN:
        break;
    }
    return NULL;
}

const char *lexer_split(struct slice line, struct lexer_words *words)
{
    struct lexer lexer = {.words = words};
    bool escaped = false;
    const char *fault = NULL;

    assert(line.len <= COMMAND_MAX);
    words->count = 0;
    for (size_t i = 0; i <= line.len && !lexer.done && !fault; i++) {
        char c = '\0';

        if (i < line.len)
            c = line.at[i];
        if (!escaped && c == '\\' && lexer.place != SINGLE) {
            escaped = true;
            continue;
        }
        fault = take_byte(&lexer, c, escaped);
        escaped = false;
    }
    if (!fault && !lexer.done)
        fault = open_end(lexer.place);
    if (fault)
        lexer_wipe(words);
    return fault;
}

void lexer_wipe(struct lexer_words *words)
{
    explicit_bzero(words, sizeof(*words));
}
