#ifndef CONTROL_VERDICT_H
#define CONTROL_VERDICT_H

/* What is said of a change before it is made. */
enum control_verdict {
    CONTROL_OK,
    CONTROL_NO_ROW,       /* there is no such client or question */
    CONTROL_NOT_ALLOWED,  /* the configuration does not permit the object */
    CONTROL_INCONSISTENT, /* not this value, not in this phase, not of this daemon */
    CONTROL_BUSY          /* an earlier command is unanswered */
};

#endif
