#include "setup/directives.h"

#include <ctype.h>

/* Of the word that is being read: none, plain, in "double" or in 'single' quotes. */
enum quoting { BETWEEN, PLAIN, DOUBLE, SINGLE };

/* The words of a line on their way into the room. */
struct splitter {
    struct directive *directive;
    char *at; /* the end of what is in the room */
    enum quoting quoting;
    bool escaped; /* a backslash stands before */
};

void directives_begin(struct directives *directives, struct slice text)
{
    slice_take_prefix(&text, "\xef\xbb\xbf");
    directives->rest = text;
    directives->line = 0;
}

static bool is_blank(char byte)
{
    return isspace((unsigned char)byte);
}

static void begin_word(struct splitter *splitter, enum quoting quoting)
{
    splitter->quoting = quoting;
    splitter->directive->words[splitter->directive->count] = (struct slice){splitter->at, 0};
}

static void end_word(struct splitter *splitter)
{
    splitter->quoting = BETWEEN;
    splitter->directive->count++;
}

static void add_byte(struct splitter *splitter, char byte)
{
    *splitter->at++ = byte;
    splitter->directive->words[splitter->directive->count].len++;
}

/* Between words; false when a comment begins. */
static bool take_between(struct splitter *splitter, char byte)
{
    if (is_blank(byte))
        return true;
    if (byte == ';' || byte == '#')
        return false;
    if (!splitter->escaped && byte == '"') {
        begin_word(splitter, DOUBLE);
    } else if (!splitter->escaped && byte == '\'') {
        begin_word(splitter, SINGLE);
    } else {
        begin_word(splitter, PLAIN);
        add_byte(splitter, byte);
    }
    return true;
}

static bool ends_word(const struct splitter *splitter, char byte)
{
    switch (splitter->quoting) {
    case PLAIN:
        return !splitter->escaped && is_blank(byte);
    case DOUBLE:
        return !splitter->escaped && byte == '"';
    default:
        return byte == '\'';
    }
}

static bool may_escape(char byte)
{
    return byte == '\\' || byte == '"' || is_blank(byte);
}

/* Splits a line into the directive's words; returns what is wrong with it, NULL when nothing is. */
static const char *split_words(struct slice line, char *room, struct directive *directive)
{
    struct splitter splitter = {.directive = directive, .at = room, .quoting = BETWEEN};

    for (size_t i = 0; i < line.len && directive->count < DIRECTIVE_WORDS_MAX; i++) {
        char byte = line.at[i];

        if (byte == '\\' && !splitter.escaped && splitter.quoting != SINGLE) {
            splitter.escaped = true;
            continue;
        }
        if (splitter.escaped && !may_escape(byte))
            return "a backslash stands before what it cannot escape";
        if (splitter.quoting == BETWEEN) {
            if (!take_between(&splitter, byte))
                break;
        } else if (ends_word(&splitter, byte)) {
            end_word(&splitter);
        } else {
            add_byte(&splitter, byte);
        }
        splitter.escaped = false;
    }
    if (splitter.quoting == DOUBLE || splitter.quoting == SINGLE)
        return "a closing quote is missing";
    if (splitter.quoting == PLAIN)
        end_word(&splitter);
    return NULL;
}

static struct slice next_line(struct directives *directives)
{
    directives->line++;
    return slice_cut(&directives->rest, '\n');
}

/* <name>, which stands alone on its line. */
static bool begins_block(struct directive *directive)
{
    struct slice *name = &directive->words[0];

    if (directive->count != 1 || name->len < 3 || name->at[0] != '<' ||
        name->at[name->len - 1] != '>')
        return false;
    *name = (struct slice){name->at + 1, name->len - 2};
    return true;
}

/* Whether the line begins with </name>. */
static bool ends_block(struct slice line, struct slice name)
{
    while (line.len > 0 && is_blank(line.at[0]))
        line = slice_skip(line, 1);
    return slice_take_prefix(&line, "</") && line.len > name.len && line.at[name.len] == '>' &&
           slice_equal((struct slice){line.at, name.len}, name);
}

static const char *read_block(struct directives *directives, struct directive *directive)
{
    directive->is_block = true;
    directive->block = (struct slice){directives->rest.at, 0};
    while (directives->rest.len > 0) {
        struct slice line = next_line(directives);

        if (ends_block(line, directive->words[0])) {
            directive->block.len = (size_t)(line.at - directive->block.at);
            return NULL;
        }
    }
    return "the end of this block is missing";
}

static const char *read_directive(struct directives *directives, struct slice line,
                                  struct directive *directive)
{
    const char *fault;

    *directive = (struct directive){.line = directives->line};
    if (line.len > DIRECTIVE_LINE_MAX)
        return "the line is too long";
    fault = split_words(line, directives->room, directive);
    if (fault || directive->count == 0)
        return fault;
    if (begins_block(directive))
        return read_block(directives, directive);
    if (directive->words[0].len >= 3)
        slice_take_prefix(&directive->words[0], "--");
    return NULL;
}

bool directives_next(struct directives *directives, struct directive *directive, const char **fault)
{
    while (directives->rest.len > 0) {
        *fault = read_directive(directives, next_line(directives), directive);
        if (*fault)
            *directive = (struct directive){.line = directive->line};
        if (*fault || directive->count > 0)
            return true;
    }
    return false;
}

bool directive_is(const struct directive *directive, const char *option)
{
    return slice_is(directive->words[0], option);
}
