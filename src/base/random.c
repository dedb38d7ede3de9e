#include "base/random.h"

#include <sys/random.h>
#include <sys/types.h>

#include "base/clock.h"

uint64_t random_u64(void)
{
    uint64_t number;

    if (getrandom(&number, sizeof(number), GRND_NONBLOCK) != (ssize_t)sizeof(number))
        number = (uint64_t)clock_mono();
    return number;
}

uint32_t random_int31(void)
{
    return (uint32_t)random_u64() & INT32_MAX;
}
