#ifndef C_TEST_WIDTH_H
#define C_TEST_WIDTH_H

// Nothing to call: what this does, it does when the program is loaded.

#endif
