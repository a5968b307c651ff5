#define _GNU_SOURCE
#include "CTestWidth.h"

#include <stdlib.h>

// Left to itself the test library begins all tests at once, several hundred, on as many threads as there are cores. Each then takes
// as long as all together, and whatever has a patience runs out of it. So few run at once, still enough for the cores while some
// wait for a server or a program. It is set before `main`, since `swift test` has no setting for it in the package; who sets the
// variable decides for himself.
__attribute__((constructor)) static void limit_tests_at_once(void) {
  setenv("SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH", "8", 0);
}
