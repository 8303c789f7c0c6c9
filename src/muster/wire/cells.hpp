// The inner loops of wire/cells.py over raw memory: no Python, no allocation, no exception.
//
// Encoders write into room the caller made (worst case: BYTES_A_CELL per cell) and return the
// end. Decoders read from [p, end) and report a Fault with its place; outputs are then
// undefined. All arithmetic on values is modulo 2^64, so it is done unsigned.
//
// Source: docs/formats/link.md ("Primitives", "Blocks")
#pragma once
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace muster {

using u8 = uint8_t;
using u32 = uint32_t;
using u64 = uint64_t;
using i64 = int64_t;

constexpr int FLOAT = 0, BOOLEAN = 3, STRING = 4;  // muster.model.metric.Kind
constexpr int SCALES = 6, BITS = 7;                // modes of a float column
constexpr int WHOLE = 0x80;                         // in the head of a float
constexpr int MOST_FLIPPED = 6;                     // as in cells.py
constexpr size_t BYTES_A_CELL = 10;                // a varint of 64 bits; a float takes nine
constexpr size_t BYTES_A_MODE = 11;                // a gap and a mode
constexpr double POWERS[SCALES + 1] = {1, 10, 100, 1000, 10000, 100000, 1000000};
constexpr double EXACT = 9007199254740992.0;       // 2^53: below it every integer is a double

enum class Fault { none, cut, wide, modes, mode_column, mode, head, range };

// Where the state of each column lives.
struct Columns {
  const u32* index;
  const u8* kinds;
  size_t width;
  i64* last;   // per series
  u8* modes;   // per series
};

inline u64 zigzag(u64 x) { return (x << 1) ^ (u64)((i64)x >> 63); }
inline u64 unzigzag(u64 x) { return (x >> 1) ^ (0 - (x & 1)); }

inline u8* put_varint(u8* out, u64 x) {
  while (x > 0x7F) {
    *out++ = (u8)(x | 0x80);
    x >>= 7;
  }
  *out++ = (u8)x;
  return out;
}

// Bytes being read; the first fault stays.
struct Source {
  const u8* p;
  const u8* end;
  Fault fault = Fault::none;
  const u8* where = nullptr;
  i64 found = 0;  // for Fault::range: the value, and the column's kind
  int kind = 0;

  bool fail(Fault what, const u8* place) {
    fault = what;
    where = place;
    return false;
  }

  bool varint(u64& x) {
    if (p < end && *p < 0x80) {
      x = *p++;
      return true;
    }
    const u8* start = p;
    u64 number = 0;
    for (int shift = 0; shift < 70; shift += 7) {
      if (p == end) return fail(Fault::cut, start);
      u64 byte = *p++;
      if (shift == 63 && (byte & 0x7F) > 1) return fail(Fault::wide, start);
      number |= (byte & 0x7F) << shift;
      if (byte < 0x80) {
        x = number;
        return true;
      }
    }
    return fail(Fault::wide, start);
  }
};

inline double as_double(i64 pattern) {
  double value;
  memcpy(&value, &pattern, 8);
  return value;
}

inline i64 as_pattern(double value) {
  i64 pattern;
  memcpy(&pattern, &value, 8);
  return pattern;
}

inline i64 unscaled(i64 number, int scale) { return as_pattern((double)number / POWERS[scale]); }

// The integer that stands for a double at a scale, unless that would change a bit.
inline bool scaled(i64 pattern, int scale, i64& number) {
  double product = as_double(pattern) * POWERS[scale];
  if (!(product > -EXACT && product < EXACT)) return false;  // NaN too
  number = (i64)std::llrint(product);                        // half to even, as Python rounds
  return unscaled(number, scale) == pattern;
}

// The bytes of a pattern without zero bytes at its ends, and how many were cut below.
struct Cut {
  int size, below;
};

inline Cut cut(u64 bits) {
  if (!bits) return {0, 0};
  int below = __builtin_ctzll(bits) >> 3;
  return {8 - (__builtin_clzll(bits) >> 3) - below, below};
}

inline u8* put_float(u8* out, u64 pattern, u64 before) {
  Cut flipped = cut(pattern ^ before), whole = cut(pattern), chosen = flipped;
  u64 bits = pattern ^ before;
  bool is_whole = flipped.size > MOST_FLIPPED || flipped.size > whole.size;
  if (is_whole) {
    chosen = whole;
    bits = pattern;
  }
  *out++ = (u8)((is_whole ? WHOLE : 0) | chosen.size << 3 | chosen.below);
  bits >>= 8 * chosen.below;
  for (int i = 0; i < chosen.size; i++) *out++ = (u8)(bits >> (8 * i));
  return out;
}

inline bool take_float(Source& in, i64& before) {
  const u8* start = in.p;
  if (in.p == in.end) return in.fail(Fault::cut, start);
  int head = *in.p++;
  if (!head) return true;
  int size = head >> 3 & 15, below = head & 7;
  if (size + below > 8 || (below && !size)) return in.fail(Fault::head, start);
  if (in.end - in.p < size) return in.fail(Fault::cut, start);
  u64 bits = 0;
  for (int i = 0; i < size; i++) bits |= (u64)in.p[i] << (8 * i);
  in.p += size;
  bits = size ? bits << (8 * below) : 0;
  before = (i64)(head & WHOLE ? bits : bits ^ (u64)before);
  return true;
}

// ---- times

inline u8* encode_times(u8* out, const i64* times, size_t rows, i64 time, i64 step, bool fresh) {
  for (size_t row = 0; row < rows; row++) {
    u64 delta = (u64)times[row] - (u64)time;
    out = put_varint(out, zigzag(delta - (u64)step));
    time = times[row];
    step = fresh ? 0 : (i64)delta;
    fresh = false;
  }
  return out;
}

inline bool decode_times(Source& in, i64* times, size_t rows, i64 time, i64 step, bool fresh) {
  for (size_t row = 0; row < rows; row++) {
    u64 number;
    if (!in.varint(number)) return false;
    u64 delta = unzigzag(number) + (u64)step;
    times[row] = time = (i64)((u64)time + delta);
    step = fresh ? 0 : (i64)delta;
    fresh = false;
  }
  return true;
}

// ---- cells

// Let float columns climb to the first mode that is exact. Returns how many changed.
inline size_t encode_modes(u8*& out, const Columns& c, const i64* values, const u8* present,
                           size_t cells) {
  size_t changed = 0, behind = 0;
  for (size_t column = 0; column < c.width; column++) {
    u32 slot = c.index[column];
    if (c.kinds[column] != FLOAT || c.modes[slot] == BITS) continue;
    int mode = c.modes[slot];
    for (size_t cell = column; cell < cells; cell += c.width) {
      i64 number;
      if (present && !present[cell]) continue;
      if (scaled(values[cell], mode, number)) continue;
      mode++;
      if (mode == BITS) break;
      cell = column - c.width;  // again from the first row; wraps and comes back by the +=
    }
    if (mode == c.modes[slot]) continue;
    out = put_varint(out, column - behind);
    *out++ = (u8)mode;
    behind = column + 1;
    changed++;
    c.modes[slot] = (u8)mode;
    c.last[slot] = 0;
  }
  return changed;
}

inline u8* encode_cells(u8* out, const Columns& c, const i64* values, const u8* present,
                        size_t cells) {
  for (size_t column = 0; column < c.width; column++) {
    u32 slot = c.index[column];
    int mode = c.kinds[column] == FLOAT ? c.modes[slot] : -1;
    i64 before = c.last[slot];
    for (size_t cell = column; cell < cells; cell += c.width) {
      if (present && !present[cell]) continue;
      i64 number = values[cell];
      if (mode == BITS) {
        out = put_float(out, (u64)number, (u64)before);
      } else {
        if (mode >= 0) scaled(values[cell], mode, number);
        out = put_varint(out, zigzag((u64)number - (u64)before));
      }
      before = number;
    }
    c.last[slot] = before;
  }
  return out;
}

inline bool decode_modes(Source& in, const Columns& c) {
  const u8* start = in.p;
  u64 changed, gap;
  if (!in.varint(changed)) return false;
  if (changed > c.width) return in.fail(Fault::modes, start);
  size_t column = 0;
  for (; changed; changed--, column++) {
    start = in.p;
    if (!in.varint(gap)) return false;
    if (gap >= c.width - column) return in.fail(Fault::mode_column, start);
    column += gap;
    if (c.kinds[column] != FLOAT) return in.fail(Fault::mode_column, start);
    if (in.p == in.end || *in.p > BITS) return in.fail(Fault::mode, in.p);
    c.modes[c.index[column]] = *in.p++;
    c.last[c.index[column]] = 0;
  }
  return true;
}

inline bool decode_column(Source& in, const Columns& c, size_t column, i64* values,
                          const u8* present, size_t cells, u64 strings) {
  u32 slot = c.index[column];
  int kind = c.kinds[column];
  int mode = kind == FLOAT ? c.modes[slot] : -1;
  u64 bound = kind == BOOLEAN ? 2 : kind == STRING ? strings : 0;
  bool is_bound = kind == BOOLEAN || kind == STRING;
  i64 before = c.last[slot];
  for (size_t cell = column; cell < cells; cell += c.width) {
    if (present && !present[cell]) continue;
    if (mode == BITS) {
      if (!take_float(in, before)) return false;
      values[cell] = before;
      continue;
    }
    const u8* start = in.p;
    u64 number;
    if (!in.varint(number)) return false;
    before = (i64)((u64)before + unzigzag(number));
    if (is_bound && (u64)before >= bound) {
      in.found = before;
      in.kind = kind;
      return in.fail(Fault::range, start);
    }
    values[cell] = mode < 0 ? before : unscaled(before, mode);
  }
  c.last[slot] = before;
  return true;
}

inline bool decode_cells(Source& in, const Columns& c, i64* values, const u8* present,
                         size_t cells, u64 strings) {
  for (size_t column = 0; column < c.width; column++)
    if (!decode_column(in, c, column, values, present, cells, strings)) return false;
  return true;
}

// ---- presence

inline void pack_bits(u8* out, const u8* present, size_t cells) {
  memset(out, 0, (cells + 7) / 8);
  for (size_t i = 0; i < cells; i++) out[i >> 3] |= (u8)((present[i] != 0) << (i & 7));
}

inline void unpack_bits(u8* present, const u8* in, size_t cells) {
  for (size_t i = 0; i < cells; i++) present[i] = in[i >> 3] >> (i & 7) & 1;
}

}  // namespace muster
