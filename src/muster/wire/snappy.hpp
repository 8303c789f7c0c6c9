// Snappy blocks over raw memory: compiled twin of wire/snappy.py, which says the rules.
//
// The decoder writes into room of just the size that the block tells; the encoder into room of
// most_packed(n) bytes. Nothing here allocates or throws.
//
// Source: google/snappy, format_description.txt
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace muster::snappy {

using u8 = uint8_t;
using u32 = uint32_t;
using u64 = uint64_t;

constexpr size_t LONGEST_COPY = 64, FARTHEST = 65535, TABLE = 1 << 14;

inline size_t most_packed(size_t n) { return 10 + n + n / 60 + 8; }

// The length that stands before a block, and the place behind it; nullptr when it is cut or wide.
inline const u8* length_at(const u8* p, const u8* end, u64& length) {
  length = 0;
  for (int shift = 0; shift < 35; shift += 7) {
    if (p == end) return nullptr;
    u64 byte = *p++;
    length |= (byte & 0x7F) << shift;
    if (byte < 0x80) return length <= UINT32_MAX ? p : nullptr;
  }
  return nullptr;
}

inline u32 little(const u8* p, size_t bytes) {
  u32 number = 0;
  for (size_t i = 0; i < bytes; i++) number |= (u32)p[i] << (8 * i);
  return number;
}

// A literal's length. Moves p behind the tag and the bytes of the length; false when cut.
inline bool literal_length(const u8*& p, const u8* end, u64& size) {
  size = (u64)(*p++ >> 2) + 1;
  if (size <= 60) return true;
  size_t bytes = (size_t)size - 60;
  if ((size_t)(end - p) < bytes) return false;
  size = (u64)little(p, bytes) + 1;
  p += bytes;
  return true;
}

// A copy's offset and length, likewise.
inline bool copy_at(const u8*& p, const u8* end, u32& offset, size_t& size) {
  u8 tag = *p++;
  size_t bytes = (tag & 3) == 1 ? 1 : (tag & 3) == 2 ? 2 : 4;
  if ((size_t)(end - p) < bytes) return false;
  if (bytes == 1) {
    size = 4 + (tag >> 2 & 7);
    offset = (u32)(tag >> 5) << 8 | *p;
  } else {
    size = 1 + (size_t)(tag >> 2);
    offset = little(p, bytes);
  }
  p += bytes;
  return true;
}

// Whether the elements of [p, end) give just the bytes of [out, stop).
inline bool unpack(const u8* p, const u8* end, u8* out, u8* stop) {
  u8* start = out;
  while (p < end) {
    if ((*p & 3) == 0) {
      u64 size;
      if (!literal_length(p, end, size)) return false;
      if (size > (u64)(end - p) || size > (u64)(stop - out)) return false;
      memcpy(out, p, (size_t)size);
      p += size;
      out += size;
      continue;
    }
    u32 offset;
    size_t size;
    if (!copy_at(p, end, offset, size)) return false;
    if (!offset || offset > (u64)(out - start) || size > (size_t)(stop - out)) return false;
    const u8* from = out - offset;
    if (offset >= size)
      memcpy(out, from, size);
    else  // what is copied may be what the copy itself writes
      for (size_t i = 0; i < size; i++) out[i] = from[i];
    out += size;
  }
  return out == stop;
}

inline u8* put_literal(u8* out, const u8* p, size_t size) {
  if (!size) return out;
  size_t bytes = size <= 60 ? 0 : size <= 1 << 8 ? 1 : size <= 1 << 16 ? 2 : size <= 1 << 24 ? 3 : 4;
  *out++ = (u8)((bytes ? 59 + bytes : size - 1) << 2);
  for (size_t i = 0; i < bytes; i++) *out++ = (u8)((size - 1) >> (8 * i));
  memcpy(out, p, size);
  return out + size;
}

inline u8* put_copy(u8* out, size_t offset, size_t size) {
  while (size) {
    size_t part = size < LONGEST_COPY ? size : LONGEST_COPY;
    *out++ = (u8)((part - 1) << 2 | 2);
    *out++ = (u8)offset;
    *out++ = (u8)(offset >> 8);
    size -= part;
  }
  return out;
}

// `table` has TABLE numbers, all 0.
inline u8* pack(const u8* data, size_t n, u8* out, u32* table) {
  for (u64 length = n;; length >>= 7) {
    *out++ = (u8)(length > 0x7F ? length | 0x80 : length);
    if (length <= 0x7F) break;
  }
  size_t at = 0, kept = 0;
  while (n - at >= 4) {
    u32 four = little(data + at, 4), &slot = table[four * 0x1E35A7BDu >> 18];
    size_t before = slot;
    slot = (u32)at + 1;
    if (!before || at - (before - 1) > FARTHEST || little(data + before - 1, 4) != four) {
      at += 1 + ((at - kept) >> 5);
      if (at > n) at = n;
      continue;
    }
    size_t from = before - 1, size = 4;
    while (at + size < n && data[from + size] == data[at + size]) size++;
    out = put_literal(out, data + kept, at - kept);
    out = put_copy(out, at - from, size);
    at += size;
    kept = at;
  }
  return put_literal(out, data + kept, n - kept);
}

}  // namespace muster::snappy
