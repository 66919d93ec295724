#ifndef LATCHKEY_BUILD_H
#define LATCHKEY_BUILD_H

/* What scripts/build gives to the linker: what scripts/commit printed. Not defined, and so null, in any other build. */
extern const char latchkey_build[] __attribute__((weak));

static inline const char *lk_build(void) { return latchkey_build; }

#endif
