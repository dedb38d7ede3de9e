#ifndef AGENT_TABLES_GETTER_H
#define AGENT_TABLES_GETTER_H

#include "agent/tables/table.h"

/* Getters of one line (struct column): what the column is, of the row's item. */
#define ITEM_GETTER(name, type, ...)                                                               \
    static void get_##name(const struct row *row, struct value *value)                             \
    {                                                                                              \
        const type *item = row->item;                                                              \
                                                                                                   \
        __VA_ARGS__;                                                                               \
    }

/* The same, of the row's instance. */
#define INSTANCE_GETTER(name, ...)                                                                 \
    static void get_##name(const struct row *row, struct value *value)                             \
    {                                                                                              \
        const struct instance *inst = row->instance;                                               \
                                                                                                   \
        __VA_ARGS__;                                                                               \
    }

#endif
