#ifndef CTL_TERMINAL_H
#define CTL_TERMINAL_H

#include <stdbool.h>

/*
 * The terminal in another mode for a while.  Whatever ends or stops the program meanwhile, its
 * modes are put back first; when it goes on behind a stop the mode is taken again.
 */

enum terminal_mode {
    TERMINAL_SILENT, /* what is typed does not show */
    TERMINAL_PAGE    /* keys come one by one; a page of its own without a cursor */
};

/* Takes the terminal, an open file; false when it is none.  One at a time. */
bool terminal_take(int terminal, enum terminal_mode mode);

/* Puts everything back. */
void terminal_give_back(void);

/* Whether the window has another size, or the page must be drawn anew, since the last call. */
bool terminal_changed(void);

#endif
