#pragma once
// The variadic functions of libmicrohttpd, one per use: they do not come through to Swift.
#include <microhttpd.h>
