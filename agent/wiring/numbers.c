#include "agent/wiring/numbers.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

/* An index that was given to a name. */
struct given {
    uint32_t index;
    char *name;
    struct given *next;
};

/* Indexes that are taken, in order, and the lowest that may be free. */
struct taken {
    uint32_t *list;
    size_t count;
    size_t passed; /* of the list; all of these are below next */
    uint32_t next;
};

static struct given *givens;
static size_t given_count;
static void *by_name; /* tsearch(3) of the givens */

static int compare_given(const void *a, const void *b)
{
    const struct given *one = a;
    const struct given *other = b;

    return strcmp(one->name, other->name);
}

static int compare_numbers(const void *a, const void *b)
{
    const uint32_t *one = a;
    const uint32_t *other = b;

    return (*one > *other) - (*one < *other);
}

static void sort(struct taken *taken)
{
    qsort(taken->list, taken->count, sizeof(*taken->list), compare_numbers);
}

static void forget_given(struct given **at)
{
    struct given *given = *at;

    *at = given->next;
    tdelete(given, &by_name, compare_given);
    free(given->name);
    free(given);
    given_count--;
}

/* A name whose index is now another's in the file needs a new one. */
static void forget_conflicts(const struct taken *taken)
{
    struct given **at = &givens;

    while (*at) {
        if (bsearch(&(*at)->index, taken->list, taken->count, sizeof(*taken->list),
                    compare_numbers))
            forget_given(at);
        else
            at = &(*at)->next;
    }
}

static bool take_configured(const struct config *config, struct taken *taken)
{
    *taken = (struct taken){.next = 1};
    taken->list = calloc(config->count + given_count + 1, sizeof(*taken->list));
    if (!taken->list)
        return false;
    for (size_t i = 0; i < config->count; i++)
        if (config->instances[i].index != 0)
            taken->list[taken->count++] = config->instances[i].index;
    sort(taken);
    forget_conflicts(taken);
    for (const struct given *given = givens; given; given = given->next)
        taken->list[taken->count++] = given->index;
    sort(taken);
    return true;
}

static uint32_t next_free(struct taken *taken)
{
    while (taken->passed < taken->count && taken->list[taken->passed] <= taken->next)
        taken->next = taken->list[taken->passed++] + 1;
    return taken->next;
}

static struct given *find_given(char *name)
{
    const struct given wanted = {.name = name};
    struct given *const *node = tfind(&wanted, &by_name, compare_given);

    return node ? *node : NULL;
}

/* The index of an instance that has none in the file; 0 when memory is out. */
static uint32_t give(struct taken *taken, char *name)
{
    struct given *given = find_given(name);

    if (given)
        return given->index;
    given = malloc(sizeof(*given));
    if (!given)
        return 0;
    *given = (struct given){next_free(taken), strdup(name), givens};
    if (!given->name || !tsearch(given, &by_name, compare_given)) {
        free(given->name);
        free(given);
        return 0;
    }
    taken->next++;
    givens = given;
    given_count++;
    return given->index;
}

bool numbers_give(const struct config *config, uint32_t *indexes)
{
    struct taken taken;

    if (!take_configured(config, &taken))
        return false;
    for (size_t i = 0; i < config->count; i++) {
        const struct instance_config *instance = &config->instances[i];

        indexes[i] = instance->index ? instance->index : give(&taken, instance->name);
    }
    free(taken.list);
    return true;
}

void numbers_forget(void)
{
    while (givens)
        forget_given(&givens);
}
