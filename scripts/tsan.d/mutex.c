// Tells thread sanitizer of Swift's Mutex where it is fought for.
//
// A Mutex is a futex. Taking a free one is an atomic that the compiler puts into our code, where the sanitizer sees
// it; waiting for one and waking who waits is done by the kernel, on behalf of a Swift library that is not
// sanitized: two threads that pass a lock to each other that way would look as if they raced. Loaded before all
// others (LD_PRELOAD), this stands in front of the C library's syscall().

#define _GNU_SOURCE
#include <dlfcn.h>
#include <linux/futex.h>
#include <stdarg.h>
#include <sys/syscall.h>

// Not there in the programs that are not sanitized: those that start the tests.
extern void __tsan_acquire(void *address) __attribute__((weak));
extern void __tsan_release(void *address) __attribute__((weak));

typedef long (*Syscall)(long, ...);

long syscall(long number, ...) {
    static Syscall next;
    Syscall call = __atomic_load_n(&next, __ATOMIC_RELAXED);
    if (!call) {
        call = (Syscall)dlsym(RTLD_NEXT, "syscall");
        __atomic_store_n(&next, call, __ATOMIC_RELAXED);
    }
    va_list list;
    va_start(list, number);
    long a[6];
    for (int i = 0; i < 6; i++) a[i] = va_arg(list, long);
    va_end(list);

    int operation = number == SYS_futex ? (int)a[1] & FUTEX_CMD_MASK : -1;
    if (operation == FUTEX_UNLOCK_PI && __tsan_release) __tsan_release((void *)a[0]);
    long result = call(number, a[0], a[1], a[2], a[3], a[4], a[5]);
    int locks = operation == FUTEX_LOCK_PI || operation == FUTEX_TRYLOCK_PI;
    if (locks && result == 0 && __tsan_acquire) __tsan_acquire((void *)a[0]);
    return result;
}
