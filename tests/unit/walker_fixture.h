#ifndef TESTS_UNIT_WALKER_FIXTURE_H
#define TESTS_UNIT_WALKER_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/tables/walker.h"

/* Tables and a model of the tests' own, and what the walker must find in them. */

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* One more than a sub-identifier can be. */
#define BIG (UINT64_C(1) << 32)

enum { TABLES = 6, ROWS_MAX = 40, CELLS_MAX = 2000, ROOT_LEN = 7 };

/* The rows of each table, sorted by index. */
struct rows {
    size_t count;
    uint32_t index[ROWS_MAX][2];
};

struct model {
    struct rows rows[TABLES];
};

extern const struct table *const fixture_tables[TABLES];
extern const unsigned long fixture_root[ROOT_LEN];
extern const struct model fixture_model;

struct walker fixture_walker(const struct model *model);

/* The order of two indexes of a table. */
int fixture_compare_index(const uint32_t *a, const uint32_t *b, size_t arity);

/* An OID of a test. */
struct oid {
    size_t len;
    unsigned long at[WALKER_OID_MAX];
};

/* Their order, and the same for qsort(3). */
int fixture_compare(const struct oid *a, const struct oid *b);
int fixture_compare_for_sort(const void *a, const void *b);

bool fixture_has_prefix(const struct oid *oid, const struct oid *prefix);

/* The OID of a cell, put together by hand. */
struct oid fixture_oid(const struct table *table, unsigned column, const uint32_t *index);

/* Every cell of a model, made row by row and sorted: what the walker must agree with. */
extern struct oid fixture_cells[CELLS_MAX];
extern size_t fixture_cell_count;

void fixture_list(const struct model *model);

/* That the walker found this cell, and says the same of it in every field. */
void fixture_assert_cell(const struct walker_cell *cell, const struct oid *oid);

/* Lists the cells of the model and walks over them, from before the root to the end. */
void fixture_walk(const struct model *model);

#endif
