/* Loaded before the C library: for the process it is as many seconds later as the first eight bytes of the file
   $MOVED_CLOCK say (a number in the machine's byte order), on the clocks by which it measures times. Names below
   moves.test have the IPv4 address that the file $MOVED_NAMES holds, or none where it is empty; each look-up of one
   adds a line to $MOVED_NAMES.asked. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

typedef int (*lookup)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
typedef int (*reading)(clockid_t, struct timespec *);

static volatile const int64_t *moved;
static reading read_clock;

__attribute__((constructor)) static void begin(void) {
    read_clock = (reading)dlsym(RTLD_NEXT, "clock_gettime");
    const char *path = getenv("MOVED_CLOCK");
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (file < 0) return;
    void *page = mmap(NULL, sizeof *moved, PROT_READ, MAP_SHARED, file, 0);
    if (page != MAP_FAILED) moved = page;
    close(file);
}

int clock_gettime(clockid_t clock, struct timespec *now) {
    if (!read_clock) read_clock = (reading)dlsym(RTLD_NEXT, "clock_gettime");
    int status = read_clock(clock, now);
    int measures = clock == CLOCK_MONOTONIC || clock == CLOCK_MONOTONIC_RAW || clock == CLOCK_MONOTONIC_COARSE;
    if (status == 0 && moved && measures) now->tv_sec += *moved;
    return status;
}

/* By this one libcurl knows how old an address is. */
time_t time(time_t *result) {
    struct timespec now;
    if (!read_clock) read_clock = (reading)dlsym(RTLD_NEXT, "clock_gettime");
    read_clock(CLOCK_REALTIME, &now);
    time_t seconds = now.tv_sec + (moved ? *moved : 0);
    if (result) *result = seconds;
    return seconds;
}

static int look(char *address, size_t size) {
    const char *path = getenv("MOVED_NAMES");
    char asked[4096];
    if (!path) return 0;
    snprintf(asked, sizeof asked, "%s.asked", path);
    int file = open(asked, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (file >= 0 && write(file, "asked\n", 6) < 0) abort();
    if (file >= 0) close(file);
    file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return 0;
    ssize_t length = read(file, address, size - 1);
    close(file);
    address[length > 0 ? length : 0] = 0;
    return length > 0;
}

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **found) {
    static lookup next;
    char address[64];
    if (!next) next = (lookup)dlsym(RTLD_NEXT, "getaddrinfo");
    size_t length = name ? strlen(name) : 0;
    if (length >= 10 && !strcmp(name + length - 10, "moves.test")) {
        if (!look(address, sizeof address)) return EAI_NONAME;
        name = address;
    }
    return next(name, service, hints, found);
}
