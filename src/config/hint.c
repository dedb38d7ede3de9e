#include "config/hint.h"

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Kinds of a token that are no character of their own. */
enum { TOKEN_END = 0, TOKEN_NAME = 'n', TOKEN_NUMBER = '0', TOKEN_STRING = '"' };

struct token {
    int kind; /* TOKEN_..., or the character */
    const char *at;
};

struct walk {
    const char *at;
    unsigned line;
};

static void skip(struct walk *walk, const char *end)
{
    for (; walk->at < end; walk->at++)
        walk->line += *walk->at == '\n';
}

static const char *end_of_line(const char *at)
{
    return at + strcspn(at, "\n");
}

static const char *end_of_comment(const char *at)
{
    const char *end = strstr(at + 2, "*/");

    return end ? end + 2 : at + strlen(at);
}

static void skip_blank(struct walk *walk)
{
    for (;;) {
        const char *at = walk->at;

        if (*at == '#' || strncmp(at, "//", 2) == 0)
            skip(walk, end_of_line(at));
        else if (strncmp(at, "/*", 2) == 0)
            skip(walk, end_of_comment(at));
        else if (isspace((unsigned char)*at))
            skip(walk, at + 1);
        else
            return;
    }
}

static const char *end_of_string(const char *at)
{
    for (at++; *at && *at != '"'; at++)
        if (*at == '\\' && at[1])
            at++;
    return *at ? at + 1 : at;
}

/* The line is that of the token's begin; the walk goes behind it with the next one. */
static struct token next(struct walk *walk, const char *behind)
{
    struct token token;

    skip(walk, behind);
    skip_blank(walk);
    token.at = walk->at;
    token.kind = (unsigned char)*walk->at;
    if (isalpha(token.kind) || token.kind == '*')
        token.kind = TOKEN_NAME;
    else if (isdigit(token.kind) || (token.kind == '-' && isdigit((unsigned char)token.at[1])))
        token.kind = TOKEN_NUMBER;
    return token;
}

static const char *end_of_token(struct token token)
{
    const char *at = token.at;

    if (token.kind == TOKEN_END)
        return at;
    if (token.kind == TOKEN_STRING)
        return end_of_string(at);
    if (token.kind != TOKEN_NAME && token.kind != TOKEN_NUMBER)
        return at + 1;
    for (at++; isalnum((unsigned char)*at) || (*at && strchr("-_*.", *at)); at++)
        ;
    return at;
}

static bool is_one_of(int kind, const char *kinds)
{
    return kind != TOKEN_END && strchr(kinds, kind);
}

static bool is_truth(const char *at)
{
    return strncasecmp(at, "true", 4) == 0 || strncasecmp(at, "false", 5) == 0;
}

/* Punctuation of typographers, U+2018 to U+201F and the angle quotes. */
static bool is_curly_quote(const char *at)
{
    return (strncmp(at, "\xe2\x80", 2) == 0 && (at[2] & 0xf8) == 0x98) ||
           strncmp(at, "\xc2\xab", 2) == 0 || strncmp(at, "\xc2\xbb", 2) == 0;
}

/* Where a setting may begin. */
static bool begins_setting(int before)
{
    return before == TOKEN_END || is_one_of(before, ";{,");
}

static const char *hint_of_value(int before, struct token token)
{
    if (token.kind == TOKEN_NAME && is_one_of(before, "=:[(") && !is_truth(token.at))
        return "a text stands in quotes";
    if (is_one_of(token.kind, "\"0[{(") && before == TOKEN_NAME)
        return "a setting is written key = value;";
    if (token.kind == TOKEN_STRING && begins_setting(before))
        return "a key stands without quotes";
    if (token.kind == '[' && !is_one_of(before, "=:[("))
        return "a setting is written key = value;";
    if (token.kind == '-')
        return "this looks like YAML; a setting is written key = value; and a list ( { ... }, ... "
               ")";
    return NULL;
}

static const char *hint_at(int before, struct token token)
{
    if (token.kind == TOKEN_END)
        return "a bracket is never closed";
    if (is_curly_quote(token.at))
        return "quotes must be straight ones, as in \"office\"";
    if (token.kind >= 0x80)
        return "characters beyond ASCII, a space of that kind too, may stand in strings alone";
    if (token.kind == '\'')
        return "quotes must be double ones, as in \"office\"";
    if (token.kind == '{' && before == TOKEN_END)
        return "this looks like JSON; a setting is written key = value;";
    if (token.kind == '{' && before == '[')
        return "groups stand in round brackets: ( { ... }, { ... } )";
    if (token.kind == '{' && before == '}')
        return "a comma is missing between two groups";
    if (is_one_of(token.kind, ")]}") && before == ',')
        return "no comma may stand before a closing bracket";
    return hint_of_value(before, token);
}

const char *hint_of(const char *text, unsigned line)
{
    struct walk walk = {text, 1};
    struct token token = next(&walk, text);
    int before = TOKEN_END;
    const char *hint = NULL;

    while (!hint && walk.line <= line) {
        if (walk.line == line)
            hint = hint_at(before, token);
        if (token.kind == TOKEN_END)
            break;
        before = token.kind;
        token = next(&walk, end_of_token(token));
    }
    return hint;
}
