#pragma once
#include <stdint.h>

/// The time of day: seconds since 1970, and the nanoseconds of that second. In Swift, timespec belongs to another module in optimised
/// builds than in debug builds, so that no import is right in both.
int64_t csys_now(int32_t *nanoseconds);
