#ifndef CONFIG_HINT_H
#define CONFIG_HINT_H

/*
 * What people most likely did wrong where libconfig says no more than "syntax error" of a line,
 * counted from 1; NULL when it is none of the usual mistakes.  Strings and comments of the text
 * must all be closed (source_load()).
 */
const char *hint_of(const char *text, unsigned line);

#endif
