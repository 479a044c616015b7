#ifndef SQLINK_STDLIB_H
#define SQLINK_STDLIB_H

#include <stddef.h>

/* Memory is aligned to 8 bytes. NULL when there is no more. */
void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void *realloc(void *pointer, size_t size);
void free(void *pointer);

/* Traps: the call fails, and the next one gets a fresh instance. */
_Noreturn void abort(void);

#endif
