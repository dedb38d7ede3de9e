#include "base/random.h"

#include <sys/random.h>
#include <sys/types.h>

#include "base/clock.h"

uint32_t random_int31(void)
{
    uint32_t number;

    if (getrandom(&number, sizeof(number), GRND_NONBLOCK) != (ssize_t)sizeof(number))
        number = (uint32_t)clock_mono();
    return number & INT32_MAX;
}
