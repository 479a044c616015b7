/* What an extension in C has instead of a C library. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define PAGE 65536u

/* Where free memory begins: the linker puts it behind the program's data and stack. */
extern unsigned char __heap_base;

/* Blocks have sizes that are powers of two, with this in front; freed ones wait in one list for each size. */
struct block {
  union {
    struct block *next;
    uint32_t exponent;
  };
  uint32_t padding;
};

static struct block *waiting[32];
static uintptr_t end;

static uint32_t exponent_for(size_t size) {
  size_t whole = size + sizeof(struct block);
  return whole <= 16 ? 4 : 32 - (uint32_t)__builtin_clzl(whole - 1);
}

void *malloc(size_t size) {
  if (size > 0x40000000u) return NULL;
  uint32_t exponent = exponent_for(size);
  struct block *block = waiting[exponent];
  if (block) {
    waiting[exponent] = block->next;
  } else {
    if (!end) end = ((uintptr_t)&__heap_base + 7) & ~(uintptr_t)7;
    uint64_t needed = (uint64_t)end + ((uint64_t)1 << exponent);
    uint64_t have = (uint64_t)__builtin_wasm_memory_size(0) * PAGE;
    if (needed > have) {
      size_t pages = (size_t)((needed - have + PAGE - 1) / PAGE);
      if (__builtin_wasm_memory_grow(0, pages) == SIZE_MAX) return NULL;
    }
    block = (struct block *)end;
    end = (uintptr_t)needed;
  }
  block->exponent = exponent;
  return block + 1;
}

void free(void *pointer) {
  if (!pointer) return;
  struct block *block = (struct block *)pointer - 1;
  uint32_t exponent = block->exponent;
  block->next = waiting[exponent];
  waiting[exponent] = block;
}

void *realloc(void *pointer, size_t size) {
  if (!pointer) return malloc(size);
  uint32_t exponent = ((struct block *)pointer - 1)->exponent;
  size_t room = ((size_t)1 << exponent) - sizeof(struct block);
  if (size <= room) return pointer;
  void *moved = malloc(size);
  if (!moved) return NULL;
  memcpy(moved, pointer, room);
  free(pointer);
  return moved;
}

void *calloc(size_t count, size_t size) {
  size_t whole;
  if (__builtin_mul_overflow(count, size, &whole)) return NULL;
  void *pointer = malloc(whole);
  return pointer ? memset(pointer, 0, whole) : NULL;
}

_Noreturn void abort(void) { __builtin_trap(); }

/* With bulk memory operations each of these three is one instruction. */
void *memcpy(void *restrict to, const void *restrict from, size_t size) { return __builtin_memcpy(to, from, size); }

void *memmove(void *to, const void *from, size_t size) { return __builtin_memmove(to, from, size); }

void *memset(void *to, int byte, size_t size) { return __builtin_memset(to, byte, size); }

int memcmp(const void *left, const void *right, size_t size) {
  const unsigned char *a = left, *b = right;
  for (; size; size--, a++, b++) {
    if (*a != *b) return *a < *b ? -1 : 1;
  }
  return 0;
}

void *memchr(const void *bytes, int byte, size_t size) {
  for (const unsigned char *at = bytes; size; size--, at++) {
    if (*at == (unsigned char)byte) return (void *)at;
  }
  return NULL;
}

size_t strlen(const char *text) {
  size_t length = 0;
  while (text[length]) length++;
  return length;
}

int strcmp(const char *left, const char *right) {
  while (*left && *left == *right) left++, right++;
  return (unsigned char)*left - (unsigned char)*right;
}
