/* Preloaded into a server: while the file that FAULTY_READS names exists, every read of a database and its log ends in
   EIO, as on a disk that breaks; with FAULTY_NAME only of those that have that in their names. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int fails(int descriptor)
{
    const char *flag = getenv("FAULTY_READS");
    char link[64], path[4096];
    if (flag == NULL || access(flag, F_OK) != 0) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    const char *name = strrchr(path, '/');
    const char *part = getenv("FAULTY_NAME");
    return name != NULL && strncmp(name, "/latchkey", 9) == 0 && strstr(name, part == NULL ? ".db" : part) != NULL;
}

ssize_t pread64(int descriptor, void *bytes, size_t count, off64_t offset)
{
    ssize_t (*next)(int, void *, size_t, off64_t) = dlsym(RTLD_NEXT, "pread64");
    if (fails(descriptor)) { errno = EIO; return -1; }
    return next(descriptor, bytes, count, offset);
}

ssize_t read(int descriptor, void *bytes, size_t count)
{
    ssize_t (*next)(int, void *, size_t) = dlsym(RTLD_NEXT, "read");
    if (fails(descriptor)) { errno = EIO; return -1; }
    return next(descriptor, bytes, count);
}
