#include "agent/tables/vitals.h"

struct vitals vitals;

uint32_t vitals_uptime_at(int64_t mono)
{
    return mono > vitals.epoch ? (uint32_t)((mono - vitals.epoch) / 10) : 0;
}
