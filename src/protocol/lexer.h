#ifndef PROTOCOL_LEXER_H
#define PROTOCOL_LEXER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/slice.h"
#include "protocol/command.h"

/*
 * The words of a command line by the rules of the daemon's lexer, which are the same in 2.1 to 2.7
 * (management notes, Command Parsing).
 */

/* What the daemon takes of a line; further words are ignored. */
#define LEXER_WORDS_MAX 16

/* The longest word. */
#define LEXER_WORD_MAX 256

struct lexer_words {
    size_t count;
    struct slice word[LEXER_WORDS_MAX]; /* in text, each with a NUL behind it; never copy them */
    char text[COMMAND_MAX + LEXER_WORDS_MAX + 1];
};

/*
 * Drops what the daemon drops before it looks at a line: control characters, DEL, and with
 * eight_bit false (command_dialect) bytes above 0x7f.  Returns the length that is left.
 */
size_t lexer_clean(char *line, size_t len, bool eight_bit);

/*
 * Splits a clean line of at most COMMAND_MAX bytes.  Returns NULL, or what is wrong in the words of
 * the daemon, as it stands behind "ERROR: "; then there are no words.  An empty line and a comment
 * have none either.
 */
const char *lexer_split(struct slice line, struct lexer_words *words);

/* Overwrites the words, so that nothing secret stays in memory. */
void lexer_wipe(struct lexer_words *words);

#endif
