#ifndef MODEL_ROWS_H
#define MODEL_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Rows that a status reports anew each time: sorted by an index that the agent gives, found again
 * by an identity.  The rows of a new status gather beside the old ones and take their place all at
 * once; the old ones are freed in slices (rows_bury), so that no turn of the loop is long.
 */

/* Every row begins with this. */
struct row_base {
    uint32_t index;  /* grows; used again only after 4294967295 */
    uint32_t twin;   /* tells rows apart that are alike in all that identifies them */
    size_t position; /* in the list */
};

struct rows_type {
    /* Order by identity, the twin number included. */
    int (*compare)(const void *a, const void *b);
    void (*free)(void *row);
};

struct rows {
    struct row_base **list; /* ascending index */
    size_t count;
    size_t room;
    void *tree; /* tsearch(3), by identity */
    uint32_t last_index;
};

/* The row with that index or, for _after, the first with a greater one; NULL when there is none. */
void *rows_at(const struct rows *rows, uint32_t index);
void *rows_after(const struct rows *rows, uint32_t index);

/* The row with the identity of key; NULL when there is none. */
void *rows_find(const struct rows *rows, const struct rows_type *type, const void *key);

/*
 * Adds a row at the end under a new index.  False, with the row still the caller's, when memory is
 * out, when its like is there, or when the indexes are used up: the next status numbers anew.
 */
bool rows_add(struct rows *rows, const struct rows_type *type, void *row);

/*
 * Takes one row out; freeing it is the caller's.  The numbering of rows goes on.
 */
void rows_remove(struct rows *rows, const struct rows_type *type, void *row);

/*
 * Around a change of what identifies a row of the table.  What rows_known() finds no memory for, or
 * a like of, is not found by its identity any more.
 */
void rows_unknown(struct rows *rows, const struct rows_type *type, void *row);
void rows_known(struct rows *rows, const struct rows_type *type, void *row);

/*
 * Takes the rows up to that index out, the later ones stay; what there is no memory to keep is
 * taken too.  *taken is for rows_bury().
 */
void rows_take(struct rows *rows, const struct rows_type *type, uint32_t index, struct rows *taken);

/*
 * Some rows of a table, kept beside it in a struct rows of its own, so that rows_after() finds the
 * next of them without a look at the others.  It has a list alone, which is the caller's to free();
 * the rows are borrowed.  False when memory is out, never as long as count is below room.
 */
bool rows_select(struct rows *selection, void *row);

/* Hands all rows to be freed, in slices by a timer; the numbering of rows goes on. */
void rows_bury(struct rows *rows, const struct rows_type *type);

/* Frees all that was buried, at once: for the end of the program. */
void rows_bury_now(void);

/* The rows of a status that is being read. */
struct gather {
    struct rows next;       /* tree of the new rows; list: those that are not among the old ones */
    struct row_base **kept; /* by position of the old row */
    size_t base;            /* old rows there were when it began */
    uint32_t last_index;    /* the last that was given then */
    size_t fresh;           /* rows gathered that are new */
    size_t bound;           /* rows there may be */
    bool partial;           /* there may be more: rows that were not gathered stay */
    bool failed;            /* memory was missing for a row: what was gathered is not whole */
};

/* Begins to gather at most bound rows.  False when memory is out. */
bool gather_begin(struct gather *gather, const struct rows *rows, size_t bound);

/*
 * Takes a row and finds its old self.  False, with the row still the caller's, when memory is out,
 * when there are too many twins of it, or over the bound: there rows that are known have the right
 * of way, so that none ends because another has come.
 */
bool gather_add(struct gather *gather, const struct rows *rows, const struct rows_type *type,
                void *row);

/* What gather_commit() tells of each row, in the order of the new list; one that stays is old. */
struct gather_visitor {
    void (*kept)(void *arg, void *row, void *old);
    void (*ended)(void *arg, void *old);
    void (*started)(void *arg, void *row);
    void *arg;
};

/*
 * Puts the gathered rows in the place of the old ones.  The visitor sees the new table complete;
 * members may be NULL.  False when memory is or was out, or the old rows have changed since it
 * began: they stay, the gathered are dropped.  When the indexes are used up all rows end, and what
 * was gathered starts at 1.
 */
bool gather_commit(struct gather *gather, struct rows *rows, const struct rows_type *type,
                   const struct gather_visitor *visitor);

/* Drops what was gathered. */
void gather_abort(struct gather *gather, const struct rows_type *type);

#endif
