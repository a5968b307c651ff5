#pragma once
// Linux calls that Glibc's Swift module lacks. Only fixed-width types here: a header that pulls in system headers
// under _GNU_SOURCE would give Glibc's structs a second definition. Every function gives -errno on failure.
#include "csys_epoll.h"
#include "csys_files.h"
#include "csys_process.h"
#include "csys_time.h"
