// Linux calls that Swift's Glibc module does not show.
#pragma once

/// mallinfo2(3).
#include <malloc.h>

/// setns(2), which glibc declares only under _GNU_SOURCE.
extern int setns(int fd, int nstype);

/// Namespace type of a network namespace, from <sched.h>.
static const int CLONE_NEWNET_FLAG = 0x40000000;
