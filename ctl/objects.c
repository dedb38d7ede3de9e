#ifdef HAVE_CONFIG_H
#include "build.h"
#endif

#include "ctl/objects.h"

#include <string.h>

#define ARCS_MAX 5 /* of an object below the root */

struct description {
    const char *name;
    enum objects_kind kind;
    unsigned longest;
    const char *const *labels;
    int label_count;
    unsigned arcs[ARCS_MAX];
    unsigned arc_count;
};

#define UNPACK(...)      __VA_ARGS__
#define COUNT(type, ...) (sizeof((const type[]){__VA_ARGS__}) / sizeof(type))
#define OBJECT(object, is, bytes, names, ...)                                                      \
    {.name = #object,                                                                              \
     .kind = OBJECTS_##is,                                                                         \
     .longest = bytes,                                                                             \
     .labels = (const char *const[]){UNPACK names},                                                \
     .label_count = (int)COUNT(char *, UNPACK names),                                              \
     .arcs = {__VA_ARGS__},                                                                        \
     .arc_count = COUNT(unsigned, __VA_ARGS__)},

static const struct description descriptions[] = {OBJECTS_ALL(OBJECT)};

#define NOTIFICATION(kind, arc, level, text, ...)                                                  \
    {.name = #kind,                                                                                \
     .number = arc,                                                                                \
     .severity = level,                                                                            \
     .words = text,                                                                                \
     .arguments = {__VA_ARGS__},                                                                   \
     .argument_count = COUNT(enum object, __VA_ARGS__)},

static const struct objects_notification kinds[] = {OBJECTS_NOTIFICATIONS(NOTIFICATION)};

static const unsigned long root[] = {OID_ROOT};

#define ROOT_ARCS     (sizeof(root) / sizeof(root[0]))
#define NOTIFICATIONS (sizeof(kinds) / sizeof(kinds[0]))

const char *objects_name(enum object object)
{
    return descriptions[object].name;
}

enum objects_kind objects_kind(enum object object)
{
    return descriptions[object].kind;
}

size_t objects_longest(enum object object)
{
    return descriptions[object].longest;
}

size_t objects_oid(enum object object, unsigned long *out)
{
    const struct description *found = &descriptions[object];

    memcpy(out, root, sizeof(root));
    for (size_t i = 0; i < found->arc_count; i++)
        out[ROOT_ARCS + i] = found->arcs[i];
    return ROOT_ARCS + found->arc_count;
}

/* Whether a name begins with the root; leaves what is behind it. */
static bool take_root(const unsigned long **name, size_t *arcs)
{
    if (*arcs < ROOT_ARCS || memcmp(*name, root, sizeof(root)) != 0)
        return false;
    *name += ROOT_ARCS;
    *arcs -= ROOT_ARCS;
    return true;
}

static bool begins_with(const unsigned long *name, size_t arcs, const struct description *object)
{
    if (arcs < object->arc_count)
        return false;
    for (size_t i = 0; i < object->arc_count; i++)
        if (name[i] != object->arcs[i])
            return false;
    return true;
}

bool objects_find(const unsigned long *name, size_t arcs, enum object *object, size_t *taken)
{
    if (!take_root(&name, &arcs))
        return false;
    for (size_t i = 0; i < OBJECTS_COUNT; i++)
        if (begins_with(name, arcs, &descriptions[i])) {
            *object = (enum object)i;
            *taken = ROOT_ARCS + descriptions[i].arc_count;
            return true;
        }
    return false;
}

const char *objects_label(enum object object, int64_t value)
{
    const struct description *found = &descriptions[object];

    if (value < 0 || value >= found->label_count)
        return NULL;
    return found->labels[value];
}

int objects_value(enum object object, const char *label)
{
    const struct description *found = &descriptions[object];

    for (int i = 0; i < found->label_count; i++)
        if (found->labels[i] && strcmp(found->labels[i], label) == 0)
            return i;
    return -1;
}

const struct objects_notification *objects_notification(const unsigned long *name, size_t arcs)
{
    if (!take_root(&name, &arcs) || arcs != 2 || name[0] != 0)
        return NULL;
    for (size_t i = 0; i < NOTIFICATIONS; i++)
        if (kinds[i].number == name[1])
            return &kinds[i];
    return NULL;
}
