#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Tables by hash.  Names come from strangers, so the hashes have keys that nobody can guess: who
 * chooses names cannot choose which of them meet in a table.  A node is embedded in what is to be
 * found; what it is compared by is its owner's business:
 *
 *     for (node = hash_first(&table, hash); node; node = hash_next(node))
 *         if (is_wanted(node))
 *             ...
 */
struct hash_node {
    struct hash_node *next; /* of the table */
    uint32_t hash;          /* set it before hash_add(), and leave it while it is there */
};

/* What a node is the member of. */
#define HASH_OWNER(node, type, member) ((type *)(void *)((char *)(node)-offsetof(type, member)))

/* All zero is an empty one.  The nodes are borrowed. */
struct hash_table {
    struct hash_node **heads;
    size_t size; /* a power of two, or 0 */
    size_t count;
};

/*
 * The hash of bytes, of a string (NULL is as "") and of a number.  Two that are not the same have
 * the same hash with a probability of 2^-32, whatever they are, as long as nobody knows the keys:
 * multilinear hashing (Lemire and Kaser, "Strongly universal string hashing is fast").
 */
uint32_t hash_bytes(const char *bytes, size_t len);
uint32_t hash_text(const char *text);
uint32_t hash_number(uint64_t number);

/* Adds a node.  False when memory is out and the table has no room at all. */
bool hash_add(struct hash_table *table, struct hash_node *node);

/* Makes room for that many, so that hash_add() does not have to.  False when memory is out. */
bool hash_reserve(struct hash_table *table, size_t count);

/* Takes a node out; harmless when it is not there. */
void hash_remove(struct hash_table *table, struct hash_node *node);

/* Leaves an empty table; the nodes are not looked at. */
void hash_clear(struct hash_table *table);

/* The next node of the same hash, that one itself included; NULL when there is none. */
static inline struct hash_node *hash_same(struct hash_node *node, uint32_t hash)
{
    while (node && node->hash != hash)
        node = node->next;
    return node;
}

/* The nodes with that hash, one after the other, in no order. */
static inline struct hash_node *hash_first(const struct hash_table *table, uint32_t hash)
{
    return table->size ? hash_same(table->heads[hash & (table->size - 1)], hash) : NULL;
}

static inline struct hash_node *hash_next(const struct hash_node *node)
{
    return hash_same(node->next, node->hash);
}

#endif
