// Block codec of the head: the columns of a matrix of 64-bit patterns, packed one by one.
//
// A column's code is one mode byte and what the mode needs; docs/formats/head.md lists them.
// Codes live in memory only, so the machine's own byte order (little endian) is used.
// Rows never exceed MAX_ROWS, bit widths never exceed 56, so that one unaligned 8-byte load
// always holds a whole item: the buffer ends with 8 bytes of padding.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

namespace blocks {

constexpr int MAX_ROWS = 1024;
constexpr int MAX_WIDTH = 56;
constexpr int COLUMNS_AT_ONCE = 8;  // gathered together: one pass over the rows fills a cache line
constexpr double SCALES[] = {1, 10, 100, 1000, 10000};
constexpr int SCALE_COUNT = 5;

enum Mode : uint8_t { CONSTANT, REFERENCE, DELTA, RAW, DICTIONARY, XOR };
enum Kind : uint8_t { FLOAT, INTEGER, UNSIGNED, BOOLEAN, STRING };

using Buffer = std::vector<uint8_t>;

inline int bits_of(uint64_t x) { return x ? 64 - __builtin_clzll(x) : 0; }

template <typename T>
inline void put(Buffer& out, const T* values, size_t count) {
  auto bytes = reinterpret_cast<const uint8_t*>(values);
  out.insert(out.end(), bytes, bytes + count * sizeof(T));
}

template <typename T>
inline void put(Buffer& out, T value) { put(out, &value, 1); }

template <typename T>
inline T take(const uint8_t*& from) {
  T value;
  std::memcpy(&value, from, sizeof(T));
  from += sizeof(T);
  return value;
}

// Items of `width` bits one after the other, lowest bit first.
inline void pack(Buffer& out, const uint64_t* items, int count, int width) {
  size_t at = out.size(), bytes = (size_t(count) * width + 7) / 8;
  out.resize(at + bytes + 8);
  for (int i = 0; i < count; i++) {
    size_t bit = size_t(i) * width;
    uint8_t* to = out.data() + at + (bit >> 3);
    uint64_t word;
    std::memcpy(&word, to, 8);
    word |= items[i] << (bit & 7);
    std::memcpy(to, &word, 8);
  }
  out.resize(at + bytes);
}

struct Packed {  // reads what `pack` wrote
  const uint8_t* from;
  int width;
  uint64_t operator[](int i) const {
    size_t bit = size_t(i) * width;
    uint64_t word;
    std::memcpy(&word, from + (bit >> 3), 8);
    return (word >> (bit & 7)) & ((uint64_t(1) << width) - 1);
  }
};

// The power of ten that turns every float of a column into an integer and back, bit for bit.
inline int decimal_scale(const int64_t* patterns, int rows, int64_t* integers) {
  for (int scale = 0; scale < SCALE_COUNT; scale++) {
    int i = 0;
    for (; i < rows; i++) {
      double value;
      std::memcpy(&value, patterns + i, 8);
      double scaled = value * SCALES[scale];
      if (!(std::fabs(scaled) < 4.5e15)) break;
      integers[i] = std::llrint(scaled);
      double back = double(integers[i]) / SCALES[scale];
      if (std::memcmp(&back, patterns + i, 8)) break;
    }
    if (i == rows) return scale;
  }
  return -1;
}

struct Spread {  // how wide a column of integers is, as distances from its lowest and as steps
  int width = 99, step_width = 99;
  int64_t lowest = 0, lowest_step = 0;
};

inline Spread spread_of(const int64_t* integers, int rows) {
  Spread found;
  auto [low, high] = std::minmax_element(integers, integers + rows);
  found.lowest = *low;
  found.width = bits_of(uint64_t(*high) - uint64_t(*low));
  if (found.width >= 62) return found;  // steps could overflow
  int64_t lowest = std::numeric_limits<int64_t>::max(), highest = std::numeric_limits<int64_t>::min();
  for (int i = 1; i < rows; i++) {
    int64_t step = integers[i] - integers[i - 1];
    lowest = std::min(lowest, step);
    highest = std::max(highest, step);
  }
  found.lowest_step = lowest;
  found.step_width = bits_of(uint64_t(highest) - uint64_t(lowest));
  return found;
}

// Floats with full mantissas: do the same few values come back? Entries are in order of first
// sight, found through a small hash table. False when a dictionary would be no gain.
inline bool put_dictionary(Buffer& out, const int64_t* patterns, int rows, size_t bits_to_beat) {
  constexpr int SLOT_BITS = 11, SLOTS = 1 << SLOT_BITS;  // at most half full
  int16_t slots[SLOTS];                                  // index + 1 of an entry, 0 for none
  int64_t entries[MAX_ROWS];
  uint64_t indexes[MAX_ROWS];
  std::memset(slots, 0, sizeof slots);
  int count = 0, most = int(bits_to_beat / 64);
  for (int i = 0; i < rows; i++) {
    uint64_t slot = uint64_t(patterns[i]) * 0x9E3779B97F4A7C15ull >> (64 - SLOT_BITS);
    while (slots[slot] && entries[slots[slot] - 1] != patterns[i]) slot = (slot + 1) % SLOTS;
    if (!slots[slot]) {
      if (count == most) return false;
      entries[count] = patterns[i];
      slots[slot] = int16_t(++count);
    }
    indexes[i] = uint64_t(slots[slot] - 1);
  }
  int width = bits_of(uint64_t(count - 1));
  if (size_t(count) * 64 + size_t(rows) * width >= bits_to_beat) return false;
  put(out, uint8_t(DICTIONARY));
  put(out, uint8_t(width));
  put(out, uint16_t(count));
  put(out, entries, count);
  pack(out, indexes, rows, width);
  return true;
}

inline void put_integers(Buffer& out, const int64_t* integers, int rows, int scale, const Spread& spread) {
  uint64_t items[MAX_ROWS];
  bool by_step = spread.step_width < spread.width;
  put(out, uint8_t(by_step ? DELTA : REFERENCE));
  put(out, uint8_t(scale));
  if (by_step) {
    put(out, uint8_t(spread.step_width));
    put(out, integers[0]);
    put(out, spread.lowest_step);
    for (int i = 1; i < rows; i++)
      items[i - 1] = uint64_t(integers[i] - integers[i - 1]) - uint64_t(spread.lowest_step);
    pack(out, items, rows - 1, spread.step_width);
  } else {
    put(out, uint8_t(spread.width));
    put(out, spread.lowest);
    for (int i = 0; i < rows; i++) items[i] = uint64_t(integers[i]) - uint64_t(spread.lowest);
    pack(out, items, rows, spread.width);
  }
}

// One window of bits in which all values differ from the first one.
inline void put_xor(Buffer& out, const int64_t* patterns, int rows, int shift, int width) {
  uint64_t items[MAX_ROWS];
  put(out, uint8_t(XOR));
  put(out, uint8_t(shift));
  put(out, uint8_t(width));
  put(out, patterns[0]);
  for (int i = 0; i < rows; i++) items[i] = (uint64_t(patterns[i]) ^ uint64_t(patterns[0])) >> shift;
  pack(out, items, rows, width);
}

inline void encode(const int64_t* patterns, int rows, uint8_t kind, Buffer& out) {
  uint64_t differing = 0;
  for (int i = 1; i < rows; i++) differing |= uint64_t(patterns[i]) ^ uint64_t(patterns[0]);
  if (!differing) {
    put(out, uint8_t(CONSTANT));
    put(out, patterns[0]);
    return;
  }
  int64_t scaled[MAX_ROWS];
  const int64_t* integers = patterns;
  int scale = 0;
  if (kind == FLOAT) {
    scale = decimal_scale(patterns, rows, scaled);
    integers = scaled;
  }
  Spread spread = scale < 0 ? Spread() : spread_of(integers, rows);
  int shift = __builtin_ctzll(differing), window = bits_of(differing) - shift;
  int narrowest = std::min({spread.width, spread.step_width, window, 64});
  if (scale < 0 && put_dictionary(out, patterns, rows, size_t(rows) * narrowest)) return;
  int integer_width = std::min(spread.width, spread.step_width);
  if (integer_width <= window && integer_width <= MAX_WIDTH)
    put_integers(out, integers, rows, scale, spread);
  else if (window <= MAX_WIDTH)
    put_xor(out, patterns, rows, shift, window);
  else {
    put(out, uint8_t(RAW));
    put(out, patterns, rows);
  }
}

inline int64_t restored(int64_t integer, uint8_t kind, int scale) {
  if (kind != FLOAT) return integer;
  double value = double(integer) / SCALES[scale];
  int64_t pattern;
  std::memcpy(&pattern, &value, 8);
  return pattern;
}

// Rows [first, last) of one column's code to `out`.
inline void decode(const uint8_t* code, uint8_t kind, int first, int last, int64_t* out) {
  switch (take<uint8_t>(code)) {
    case CONSTANT:
      std::fill(out, out + (last - first), take<int64_t>(code));
      return;
    case RAW:
      std::memcpy(out, code + size_t(first) * 8, size_t(last - first) * 8);
      return;
    case DICTIONARY: {
      int width = take<uint8_t>(code), count = take<uint16_t>(code);
      Packed indexes{code + size_t(count) * 8, width};
      for (int i = first; i < last; i++) std::memcpy(out++, code + indexes[i] * 8, 8);
      return;
    }
    case XOR: {
      int shift = take<uint8_t>(code), width = take<uint8_t>(code);
      uint64_t reference = take<uint64_t>(code);
      Packed items{code, width};
      for (int i = first; i < last; i++) *out++ = int64_t(reference ^ (items[i] << shift));
      return;
    }
    case REFERENCE: {
      int scale = take<uint8_t>(code), width = take<uint8_t>(code);
      uint64_t lowest = take<uint64_t>(code);
      Packed items{code, width};
      for (int i = first; i < last; i++) *out++ = restored(int64_t(lowest + items[i]), kind, scale);
      return;
    }
    case DELTA: {
      int scale = take<uint8_t>(code), width = take<uint8_t>(code);
      uint64_t value = take<uint64_t>(code), lowest_step = take<uint64_t>(code);
      Packed items{code, width};
      for (int i = 0; i < last; i++) {
        if (i) value += lowest_step + items[i - 1];
        if (i >= first) *out++ = restored(int64_t(value), kind, scale);
      }
      return;
    }
  }
}

// Whether there is a NaN or an infinity among floats.
inline bool has_odd(const int64_t* patterns, int64_t count) {
  constexpr int64_t EXPONENT = 0x7FF0000000000000;
  bool odd = false;
  for (int64_t i = 0; i < count; i++) odd |= (patterns[i] & EXPONENT) == EXPONENT;
  return odd;
}

struct Summary {  // of the present values of one column
  double total;
  int64_t low, high;  // patterns
};

template <typename T>
inline Summary summarise(const int64_t* patterns, const uint8_t* present, int rows) {
  double total = 0;
  T low{}, high{};
  bool seen = false;
  for (int i = 0; i < rows; i++) {
    if (present && !present[i]) continue;
    T value;
    std::memcpy(&value, patterns + i, 8);
    total += double(value);
    // `low != low`: a NaN gives way to the first real value, and never replaces one.
    if (!seen || value < low || low != low) low = value;
    if (!seen || value > high || high != high) high = value;
    seen = true;
  }
  Summary found{total, 0, 0};
  std::memcpy(&found.low, &low, 8);
  std::memcpy(&found.high, &high, 8);
  return found;
}

inline Summary summarise(const int64_t* patterns, const uint8_t* present, int rows, uint8_t kind) {
  switch (kind) {
    case FLOAT: return summarise<double>(patterns, present, rows);
    case UNSIGNED: return summarise<uint64_t>(patterns, present, rows);
    default: return summarise<int64_t>(patterns, present, rows);
  }
}

// Encode all columns of a row-major matrix. `present` is null or one byte per cell.
inline void seal(const int64_t* matrix, const uint8_t* present, int rows, int columns,
                 const uint8_t* kinds, Buffer& out, uint32_t* offsets, Summary* summaries) {
  int64_t values[COLUMNS_AT_ONCE][MAX_ROWS];
  uint8_t marks[COLUMNS_AT_ONCE][MAX_ROWS];
  for (int at = 0; at < columns; at += COLUMNS_AT_ONCE) {
    int count = std::min(COLUMNS_AT_ONCE, columns - at);
    for (int row = 0; row < rows; row++)
      for (int k = 0; k < count; k++) {
        size_t cell = size_t(row) * columns + at + k;
        values[k][row] = matrix[cell];
        if (present) marks[k][row] = present[cell];
      }
    for (int k = 0; k < count; k++) {
      uint8_t kind = kinds[at + k];
      offsets[at + k] = uint32_t(out.size());
      encode(values[k], rows, kind, out);
      summaries[at + k] = summarise(values[k], present ? marks[k] : nullptr, rows, kind);
    }
  }
  offsets[columns] = uint32_t(out.size());
  out.resize(out.size() + 8);
}

}  // namespace blocks
