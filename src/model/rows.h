#ifndef MODEL_ROWS_H
#define MODEL_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash.h"

/*
 * Rows that a status reports anew each time: sorted by an index that the agent gives, found again
 * by an identity.  While a status is read its new rows gather beside the table, and those that are
 * there are marked; all of it takes effect at once.  Rows that have ended are freed in slices
 * (rows_bury), so that no turn of the loop is long.
 */

/* Every row begins with this. */
struct row_base {
    struct hash_node node; /* by identity */
    uint32_t index;        /* grows; used again only after 4294967295; 0 while it gathers */
    uint32_t position;     /* in the list, or before rows in front of it were taken out */
    uint32_t round;        /* of the status that has shown it last */
};

struct rows_type {
    /* Of what identifies a row. */
    uint32_t (*hash)(const void *row);
    bool (*equal)(const void *a, const void *b);
    void (*free)(void *row);
};

struct rows {
    struct row_base **list; /* ascending index */
    size_t count;
    size_t room;
    struct hash_table table; /* by identity */
    uint32_t last_index;
    uint32_t round;
};

/* The row with that index or, for _after, the first with a greater one; NULL when there is none. */
void *rows_at(const struct rows *rows, uint32_t index);
void *rows_after(const struct rows *rows, uint32_t index);

/* How a row is looked for: of those with the hash that one that matches, as to arg. */
struct row_key {
    uint32_t hash;
    bool (*match)(const void *row, const void *arg);
    const void *arg;
};

/* The row of a key, the oldest of several; NULL when there is none. */
void *rows_find(const struct rows *rows, const struct row_key *key);

/* Whether that row, which still has its memory, is one of the table's. */
bool rows_has(const struct rows *rows, const void *row);

/*
 * Adds a row at the end under a new index.  False, with the row still the caller's, when memory is
 * out, when its like is there, or when the indexes are used up: the next status numbers anew.
 */
bool rows_add(struct rows *rows, const struct rows_type *type, void *row);

/*
 * Takes one row out; freeing it is the caller's.  The numbering of rows goes on.
 */
void rows_remove(struct rows *rows, void *row);

/* Around a change of what identifies a row of the table. */
void rows_unknown(struct rows *rows, void *row);
void rows_known(struct rows *rows, const struct rows_type *type, void *row);

/*
 * Takes the rows up to that index out, the later ones stay; what there is no memory to keep is
 * taken too.  *taken is for rows_bury().
 */
void rows_take(struct rows *rows, uint32_t index, struct rows *taken);

/*
 * Some rows of a table, kept beside it in a struct rows of its own, so that rows_after() finds the
 * next of them without a look at the others.  It has a list alone, which is the caller's to free();
 * the rows are borrowed.  False when memory is out, never as long as count is below room.
 */
bool rows_select(struct rows *selection, void *row);
void rows_deselect(struct rows *selection, const void *row);

/* Leaves those selected that are in the table. */
void rows_reselect(struct rows *selection, const struct rows *rows);

/* Hands all rows to be freed, in slices by a timer; the numbering of rows goes on. */
void rows_bury(struct rows *rows, const struct rows_type *type);

/* Frees all that was buried, at once: for the end of the program. */
void rows_bury_now(void);

/* The rows of a status that is being read. */
struct gather {
    struct rows fresh;   /* those that are not in the table, in the order of the status */
    uint32_t round;      /* of those that are */
    size_t kept;         /* how many they are */
    size_t base;         /* rows there were when it began */
    uint32_t last_index; /* the last that was given then */
    size_t bound;        /* rows there may be */
    bool partial;        /* there may be more: rows that were not gathered stay */
    bool failed;         /* memory was missing for a row: what was gathered is not whole */
};

/* Begins to gather at most bound rows. */
void gather_begin(struct gather *gather, struct rows *rows, size_t bound);

/*
 * Whether rows have come to the table or gone from it since it began, which are in neither: a
 * daemon writes a reply in one go.  Then it comes to nothing.
 */
bool gather_is_stale(const struct gather *gather, const struct rows *rows);

/*
 * The row of the table of a key that was not gathered yet, the oldest of several; NULL when there
 * is none.
 */
void *gather_find(const struct gather *gather, const struct rows *rows, const struct row_key *key);

/*
 * The status has a row of the table, which is not stale.  Its position is true from now on.  False
 * when it is over the bound, and so ends.
 */
bool gather_keep(struct gather *gather, const struct rows *rows, void *row);

/* Whether it has had that row of the table. */
bool gather_has(const struct gather *gather, const void *row);

/*
 * The status has a row that the table does not have.  False, with the row still the caller's, when
 * memory is out, when there are too many like it, or over the bound: there rows that are known have
 * the right of way, so that none ends because another has come.
 */
bool gather_add(struct gather *gather, const struct rows *rows, const struct rows_type *type,
                void *row);

/* What has become of the table. */
struct gathered {
    struct rows ended; /* for rows_bury(); their memory is still whole */
    size_t fresh;      /* position of the first new row */
};

/*
 * Makes the table what was gathered.  Tells of each row that stays, with its position before, while
 * the table is not whole yet: what the status says of it is to be written into it, and nothing
 * else.  False when memory is or was out, or the table has changed since it began: it stays, what
 * was gathered is dropped.  When the indexes are used up all rows end, and what is new starts at 1;
 * what was there before is new to the next status.
 */
bool gather_commit(struct gather *gather, struct rows *rows, const struct rows_type *type,
                   void (*kept)(void *arg, void *row, size_t before), void *arg,
                   struct gathered *outcome);

/* Drops what was gathered. */
void gather_abort(struct gather *gather, const struct rows_type *type);

#endif
