#include "base/hash.h"

#include <stdlib.h>
#include <string.h>

#include "base/random.h"

enum { SIZE_FIRST = 16 };

/* Bytes that are hashed at once: in words of 32 bits, of which each has a key of its own. */
enum { BLOCK = 256 };

/* One more for the bytes behind the last word, two for their number and for what was before. */
enum { KEYS = BLOCK / 4 + 3 };

static uint64_t keys[KEYS];

static void choose_keys(void)
{
    for (size_t i = 0; i < KEYS; i++)
        keys[i] = random_u64();
    keys[0] |= 1; /* shows that they are chosen */
}

/*
 * What a sum gives, a number for each one; all of its bits count in the lower ones, by which a
 * place in a table is chosen.
 */
static uint32_t spread(uint64_t sum)
{
    uint32_t hash = (uint32_t)(sum >> 32);

    hash ^= hash >> 16;
    hash *= 0x9e3779b1; /* odd */
    return hash ^ hash >> 15;
}

uint32_t hash_number(uint64_t number)
{
    if (keys[0] == 0)
        choose_keys();
    return spread(keys[1] + keys[2] * (uint32_t)number + keys[3] * (number >> 32));
}

/* Of at most BLOCK bytes. */
static uint32_t hash_block(uint32_t before, const char *at, size_t len)
{
    const uint64_t *key = keys + 2;
    uint64_t sum = keys[0] * before + keys[1] * len;
    uint32_t word;

    for (; len >= sizeof(word); at += sizeof(word), len -= sizeof(word)) {
        memcpy(&word, at, sizeof(word));
        sum += *key++ * word;
    }
    word = 0;
    for (size_t i = 0; i < len; i++)
        word = word << 8 | (unsigned char)at[i];
    return spread(sum + *key * word);
}

uint32_t hash_bytes(const char *bytes, size_t len)
{
    uint32_t hash = 0;

    if (keys[0] == 0)
        choose_keys();
    for (; len >= BLOCK; bytes += BLOCK, len -= BLOCK)
        hash = hash_block(hash, bytes, BLOCK);
    return hash_block(hash, bytes, len);
}

uint32_t hash_text(const char *text)
{
    return hash_bytes(text, text ? strlen(text) : 0);
}

static struct hash_node **head(const struct hash_table *table, uint32_t hash)
{
    return &table->heads[hash & (table->size - 1)];
}

static void push(struct hash_table *table, struct hash_node *node)
{
    struct hash_node **at = head(table, node->hash);

    node->next = *at;
    *at = node;
}

static bool resize(struct hash_table *table, size_t size)
{
    struct hash_table old = *table;

    table->heads = calloc(size, sizeof(*table->heads));
    if (!table->heads) {
        table->heads = old.heads;
        return false;
    }
    table->size = size;
    for (size_t i = 0; i < old.size; i++) {
        while (old.heads[i]) {
            struct hash_node *node = old.heads[i];

            old.heads[i] = node->next;
            push(table, node);
        }
    }
    free(old.heads);
    return true;
}

bool hash_reserve(struct hash_table *table, size_t count)
{
    size_t size = table->size ? table->size : SIZE_FIRST;

    while (size < count)
        size *= 2;
    return size == table->size || resize(table, size);
}

/* Without memory for more heads the lists behind them grow. */
bool hash_add(struct hash_table *table, struct hash_node *node)
{
    if (table->count >= table->size && !hash_reserve(table, table->count + 1) && table->size == 0)
        return false;
    push(table, node);
    table->count++;
    return true;
}

void hash_remove(struct hash_table *table, struct hash_node *node)
{
    struct hash_node **at = table->size ? head(table, node->hash) : NULL;

    while (at && *at && *at != node)
        at = &(*at)->next;
    if (!at || !*at)
        return;
    *at = node->next;
    table->count--;
}

void hash_clear(struct hash_table *table)
{
    free(table->heads);
    *table = (struct hash_table){0};
}
