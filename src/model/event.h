#ifndef MODEL_EVENT_H
#define MODEL_EVENT_H

#include <stdint.h>

#include "model/instance.h"

/* What happened, at the moment it happened: the model is already changed when an event is told. */
enum event_kind {
    EVENT_CONTACT_LOST,
    EVENT_CONTACT_RESTORED,
    EVENT_STATE,       /* instance->state is the new one */
    EVENT_TUNNEL_UP,   /* reason */
    EVENT_TUNNEL_DOWN, /* reason */
    EVENT_FATAL,
    EVENT_HOLD_WAITING,
    EVENT_HOLD_ENDED,
    EVENT_INPUT_NEEDED,        /* request */
    EVENT_INPUT_ENDED,         /* request */
    EVENT_AUTH_FAILED,         /* request */
    EVENT_CLIENT_CONNECTED,    /* client */
    EVENT_CLIENT_DISCONNECTED, /* departure */
    EVENT_CLIENT_REJECTED,     /* client: its row is gone; the reason where it is known */
    EVENT_CERTIFICATE_EXPIRES, /* certificate */
    EVENT_LOG,                 /* log: every new line that is kept */
    EVENT_ECHO,                /* log: likewise */
    EVENT_KINDS
};

struct event {
    enum event_kind kind;
    const struct instance *instance;
    int64_t unix_time;  /* seconds since 1970 */
    int64_t mono;       /* milliseconds, clock_mono() */
    const char *reason; /* for people, NULL where none is known */
    uint32_t row;       /* index or sequence number of what follows, 0 when there is none */
    union {
        const void *what;
        const struct request *request;
        const struct client *client;
        const struct departure_record *departure;
        const struct certificate *certificate;
        const struct log_record *log;
    };
};

/*
 * Observers are told of each event in the order of registration.  What the event points to is valid
 * during the call only.  An observer adds and removes none.
 */
struct observer {
    void (*told)(void *arg, const struct event *event);
    void *arg;
    struct observer *next;
};

/* The observer belongs to the caller and must stay valid until it is removed. */
void observer_add(struct observer *observer);
void observer_remove(struct observer *observer);

/* Tells all observers; called by the model only. */
void event_tell(enum event_kind kind, const struct instance *instance, uint32_t row,
                const void *what);

/* The same of something for which the daemon told a reason, which may be NULL. */
void event_tell_why(enum event_kind kind, const struct instance *instance, uint32_t row,
                    const void *what, const char *reason);

#endif
