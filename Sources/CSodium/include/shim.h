// libsodium, and typed doors to the calls that keep a process's memory to itself (Swift cannot call C varargs).
#pragma once
#include <sodium.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static inline int lk_set_dumpable(int is_dumpable) { return prctl(PR_SET_DUMPABLE, is_dumpable, 0, 0, 0); }
static inline int lk_is_dumpable(void) { return prctl(PR_GET_DUMPABLE, 0, 0, 0, 0); }

// A file without a name, in memory; an exec keeps it open. (The header declares memfd_create for _GNU_SOURCE alone.)
static inline int lk_memory_file(const char *name) { return (int)syscall(SYS_memfd_create, name, 0); }
