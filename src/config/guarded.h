#ifndef CONFIG_GUARDED_H
#define CONFIG_GUARDED_H

/*
 * Files with secrets: a regular file that group and others cannot write and others cannot read.
 */

/*
 * Opens it for reading, without waiting.  Returns the descriptor, which the caller closes, and NULL
 * in *fault; or -1 and in *fault what is wrong, for people, which is valid until the next call.
 */
int guarded_open(const char *file, const char **fault);

#endif
