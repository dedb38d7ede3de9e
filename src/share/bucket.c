#include "share/bucket.h"

#include "base/clock.h"

/* Of a second: a command is as many thousandths. */
enum { COMMAND = 1000, BURST = 2 };

static int64_t most(const struct bucket *bucket)
{
    return (int64_t)bucket->rate * BURST * COMMAND;
}

/* In a millisecond come `rate` thousandths. */
static void fill_bucket(struct bucket *bucket)
{
    int64_t now = clock_mono();
    int64_t passed = now - bucket->since;

    if (passed >= (int64_t)BURST * COMMAND || bucket->left + passed * bucket->rate > most(bucket))
        bucket->left = most(bucket);
    else
        bucket->left += passed * bucket->rate;
    bucket->since = now;
}

void bucket_init(struct bucket *bucket, uint32_t rate)
{
    bucket->rate = rate;
    bucket->left = most(bucket);
    bucket->since = clock_mono();
}

void bucket_set_rate(struct bucket *bucket, uint32_t rate)
{
    fill_bucket(bucket);
    bucket->rate = rate;
    fill_bucket(bucket);
}

bool bucket_take(struct bucket *bucket)
{
    fill_bucket(bucket);
    if (bucket->left < COMMAND)
        return false;
    bucket->left -= COMMAND;
    return true;
}

int64_t bucket_wait(struct bucket *bucket)
{
    fill_bucket(bucket);
    if (bucket->left >= COMMAND)
        return 0;
    return (COMMAND - bucket->left + bucket->rate - 1) / bucket->rate;
}
