#include "failing_memory.h"

#include <stddef.h>
#include <stdlib.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
char *__real_strdup(const char *text);
void __real_free(void *block);
void *__real_tsearch(const void *key, void **root, int (*compare)(const void *, const void *));

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
char *__wrap_strdup(const char *text);
void __wrap_free(void *block);
void *__wrap_tsearch(const void *key, void **root, int (*compare)(const void *, const void *));

static long left;    /* allocations until one fails, 0 for never */
static long some;    /* one of so many fails, 0 for none */
static bool goes_on; /* the ones behind it fail too */
static bool failed;
static long blocks;

void memory_fail_at(long number)
{
    left = number;
    some = 0;
    goes_on = failed = false;
}

void memory_fail_some(long of)
{
    memory_fail_at(0);
    some = of;
}

void memory_fail_from(long number)
{
    memory_fail_at(number);
    goes_on = true;
}

bool memory_has_failed(void)
{
    return failed;
}

long memory_blocks(void)
{
    return blocks;
}

bool memory_fails(void)
{
    bool now =
        (left > 0 && --left == 0) || (goes_on && failed) || (some > 0 && random() % some == 0);

    failed |= now;
    return now;
}

static void *count(void *block)
{
    blocks += block != NULL;
    return block;
}

void *__wrap_malloc(size_t size)
{
    return memory_fails() ? NULL : count(__real_malloc(size));
}

void *__wrap_calloc(size_t number, size_t size)
{
    return memory_fails() ? NULL : count(__real_calloc(number, size));
}

void *__wrap_realloc(void *block, size_t size)
{
    if (memory_fails())
        return NULL;
    return block ? __real_realloc(block, size) : count(__real_realloc(block, size));
}

char *__wrap_strdup(const char *text)
{
    return memory_fails() ? NULL : count(__real_strdup(text));
}

void __wrap_free(void *block)
{
    blocks -= block != NULL;
    __real_free(block);
}

void *__wrap_tsearch(const void *key, void **root, int (*compare)(const void *, const void *))
{
    return memory_fails() ? NULL : __real_tsearch(key, root, compare);
}
