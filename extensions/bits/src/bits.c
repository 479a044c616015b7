/* SQLink extension `bits`: bits of 64-bit integers, Gray code, and the Z-order and Hilbert curves. In C, without a C library.
 *
 * Everything is deterministic and innocuous, and imports nothing. */

#include "extension.h"
#include <stdlib.h>
#include <string.h>

typedef sqlink_extension_types_value_t value;
typedef sqlink_extension_types_error_t error;
typedef exports_sqlink_extension_metadata_function_t function;

enum { RANGE = 25, MISMATCH = 20 }; /* SQLITE_RANGE, SQLITE_MISMATCH */

enum { MOST = 3 }; /* arguments of a function */

/* Every second bit, from the lowest. */
static uint64_t spread(uint64_t x) {
  x = (x | x << 16) & 0x0000ffff0000ffff;
  x = (x | x << 8) & 0x00ff00ff00ff00ff;
  x = (x | x << 4) & 0x0f0f0f0f0f0f0f0f;
  x = (x | x << 2) & 0x3333333333333333;
  return (x | x << 1) & 0x5555555555555555;
}

/* The reverse of spread; the other bits are left out. */
static uint64_t gather(uint64_t x) {
  x &= 0x5555555555555555;
  x = (x | x >> 1) & 0x3333333333333333;
  x = (x | x >> 2) & 0x0f0f0f0f0f0f0f0f;
  x = (x | x >> 4) & 0x00ff00ff00ff00ff;
  x = (x | x >> 8) & 0x0000ffff0000ffff;
  return (x | x >> 16) & 0x00000000ffffffff;
}

static uint64_t rotate(uint64_t x, uint64_t by) {
  by &= 63;
  return by == 0 ? x : x << by | x >> (64 - by);
}

static uint64_t popcount(const uint64_t *x) { return (uint64_t)__builtin_popcountll(x[0]); }
static uint64_t leading_zeros(const uint64_t *x) { return x[0] == 0 ? 64 : (uint64_t)__builtin_clzll(x[0]); }
static uint64_t trailing_zeros(const uint64_t *x) { return x[0] == 0 ? 64 : (uint64_t)__builtin_ctzll(x[0]); }
static uint64_t bit_reverse(const uint64_t *x) { return __builtin_bitreverse64(x[0]); }
static uint64_t byte_swap(const uint64_t *x) { return __builtin_bswap64(x[0]); }
static uint64_t rotate_left(const uint64_t *x) { return rotate(x[0], x[1]); }
static uint64_t rotate_right(const uint64_t *x) { return rotate(x[0], -x[1]); }
static uint64_t gray_code(const uint64_t *x) { return x[0] ^ x[0] >> 1; }
static uint64_t gray_decode(const uint64_t *x) {
  uint64_t number = x[0];
  for (int shift = 1; shift < 64; shift *= 2) number ^= number >> shift;
  return number;
}
static uint64_t zorder(const uint64_t *x) { return spread(x[0]) | spread(x[1]) << 1; }
static uint64_t zorder_x(const uint64_t *x) { return gather(x[0]); }
static uint64_t zorder_y(const uint64_t *x) { return gather(x[0] >> 1); }

/* Place of (x, y) on the Hilbert curve through a square of 2^31 by 2^31. Each step looks at one bit of both, from the highest, and
 * turns the quadrant so that it is entered and left where the curve goes on. */
static uint64_t hilbert(const uint64_t *at) {
  uint64_t x = at[0], y = at[1], place = 0;
  for (uint64_t side = (uint64_t)1 << 30; side > 0; side >>= 1) {
    uint64_t right = (x & side) != 0, up = (y & side) != 0;
    place += side * side * ((3 * right) ^ up);
    if (!up) {
      if (right) {
        x = side - 1 - (x & (side - 1));
        y = side - 1 - (y & (side - 1));
      }
      uint64_t swapped = x;
      x = y;
      y = swapped;
    }
  }
  return place;
}

/* The SQL functions. A function's place here is its id. `most` is the largest argument, 0 for any integer. */
static const struct {
  const char *name;
  int32_t arg_count;
  uint64_t most;
  uint64_t (*call)(const uint64_t *args);
} functions[] = {
    {"popcount", 1, 0, popcount},
    {"leading_zeros", 1, 0, leading_zeros},
    {"trailing_zeros", 1, 0, trailing_zeros},
    {"bit_reverse", 1, 0, bit_reverse},
    {"byte_swap", 1, 0, byte_swap},
    {"rotate_left", 2, 0, rotate_left},
    {"rotate_right", 2, 0, rotate_right},
    {"gray_code", 1, 0, gray_code},
    {"gray_decode", 1, 0, gray_decode},
    {"zorder", 2, 0xffffffff, zorder},
    {"zorder_x", 1, 0, zorder_x},
    {"zorder_y", 1, 0, zorder_y},
    {"hilbert", 2, 0x7fffffff, hilbert},
};

enum { COUNT = sizeof functions / sizeof functions[0] };

/* Says what the extension is. What it allocates is freed by the bindings. */
void exports_sqlink_extension_metadata_describe(exports_sqlink_extension_metadata_manifest_t *manifest) {
  memset(manifest, 0, sizeof *manifest);
  extension_string_dup(&manifest->name, "bits");
  extension_string_dup(&manifest->version, "0.1.0");
  extension_string_dup(&manifest->description, "Bits of integers, Gray code, and the Z-order and Hilbert curves.");
  function *list = calloc(COUNT, sizeof *list);
  if (!list) abort();
  for (uint32_t id = 0; id < COUNT; id++) {
    list[id].id = id;
    extension_string_dup(&list[id].name, functions[id].name);
    list[id].arg_count = functions[id].arg_count;
    list[id].flags = EXPORTS_SQLINK_EXTENSION_METADATA_FUNCTION_FLAGS_DETERMINISTIC |
                     EXPORTS_SQLINK_EXTENSION_METADATA_FUNCTION_FLAGS_INNOCUOUS;
  }
  manifest->functions.ptr = list;
  manifest->functions.len = COUNT;
}

/* An error that says: function `NAME`: WHAT. */
static bool fail(error *failed, int32_t code, const char *name, const char *what) {
  static const char before[] = "function `", between[] = "`: ";
  size_t name_length = strlen(name), what_length = strlen(what);
  size_t length = sizeof before - 1 + name_length + sizeof between - 1 + what_length;
  uint8_t *text = malloc(length), *end = text;
  if (!text) abort();
  memcpy(end, before, sizeof before - 1);
  end += sizeof before - 1;
  memcpy(end, name, name_length);
  end += name_length;
  memcpy(end, between, sizeof between - 1);
  end += sizeof between - 1;
  memcpy(end, what, what_length);
  failed->code = code;
  failed->message = (extension_string_t){text, length};
  return false;
}

static bool call(uint32_t id, const value *args, value *result, error *failed) {
  uint64_t numbers[MOST];
  for (int32_t place = 0; place < functions[id].arg_count; place++) {
    if (args[place].tag == SQLINK_EXTENSION_TYPES_VALUE_NULL) {
      result->tag = SQLINK_EXTENSION_TYPES_VALUE_NULL;
      return true;
    }
    if (args[place].tag != SQLINK_EXTENSION_TYPES_VALUE_INTEGER) {
      return fail(failed, MISMATCH, functions[id].name, "the arguments must be integers");
    }
    numbers[place] = (uint64_t)args[place].val.integer;
    if (functions[id].most != 0 && numbers[place] > functions[id].most) {
      const char *what = functions[id].most == 0xffffffff ? "a coordinate is out of range, expected 0 to 4294967295"
                                                          : "a coordinate is out of range, expected 0 to 2147483647";
      return fail(failed, RANGE, functions[id].name, what);
    }
  }
  result->tag = SQLINK_EXTENSION_TYPES_VALUE_INTEGER;
  result->val.integer = (int64_t)functions[id].call(numbers);
  return true;
}

/* The scalar functions. The arguments belong to the callee, results to the bindings. */
bool exports_sqlink_extension_scalar_call(uint32_t id, exports_sqlink_extension_scalar_list_value_t *args, value *result,
                                          error *failed) {
  if (id >= COUNT || args->len != (size_t)functions[id].arg_count) abort();
  bool done = call(id, args->ptr, result, failed);
  exports_sqlink_extension_scalar_list_value_free(args);
  return done;
}
