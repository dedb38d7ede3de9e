#ifndef AGENT_TABLES_VITALS_H
#define AGENT_TABLES_VITALS_H

#include <stdint.h>

/*
 * What the agent knows of itself: written by the parts that it is about, read by the tables, which
 * know none of them.
 */
struct vitals {
    int64_t epoch;                     /* clock_mono() at which sysUpTime was 0 */
    uint32_t notifications_sent;       /* Counter32: acknowledged by the master agent */
    uint32_t notifications_dropped;    /* lost */
    uint32_t notifications_suppressed; /* cut by the rate limit */
};

extern struct vitals vitals;

/*
 * sysUpTime (RFC 3418) at a moment of clock_mono(), in hundredths of a second; 0 for what was
 * before its start.  What it answers for a moment stays the same while the master agent runs.
 */
uint32_t vitals_uptime_at(int64_t mono);

#endif
