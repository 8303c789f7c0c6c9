// Samples as remote read answers them, over raw memory: compiled twin of wire/prometheusxor.py.
//
// A chunk is written into room of most_chunk(n) bytes, samples into that of most_samples(n).
//
// Source: Prometheus, tsdb/chunkenc/xor.go; RFC 3720 (CRC-32C)
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace muster::remote {

using u8 = uint8_t;
using u32 = uint32_t;
using u64 = uint64_t;
using i64 = int64_t;

constexpr size_t SAMPLE_BYTES = 22;  // tag, length, tag and value, tag and time
constexpr u32 CASTAGNOLI = 0x82F63B78;

inline size_t most_samples(size_t n) { return n * SAMPLE_BYTES; }
inline size_t most_chunk(size_t n) { return 24 + n * 19; }  // 68 bits of time, 77 of value

inline u8* put_number(u8* out, u64 x) {
  for (; x > 0x7F; x >>= 7) *out++ = (u8)(x | 0x80);
  *out++ = (u8)x;
  return out;
}

// Samples of a series as fields 2 of a message.
inline u8* put_samples(u8* out, const i64* times, const u64* values, size_t n) {
  for (size_t i = 0; i < n; i++) {
    *out++ = 0x12;
    u8* length = out++;
    *out++ = 0x09;
    memcpy(out, &values[i], 8);
    out += 8;
    *out++ = 0x10;
    out = put_number(out, (u64)times[i]);
    *length = (u8)(out - length - 1);
  }
  return out;
}

// Bits behind each other, the highest first.
struct Bits {
  u8* out;
  u32 used = 0;  // bits of the byte at `out`

  void put(u64 bits, u32 count) {
    while (count) {
      u32 room = 8 - used, some = count < room ? count : room;
      u8 piece = (u8)(bits >> (count - some) & ((1u << some) - 1));
      *out = (u8)((used ? *out : 0) | piece << (room - some));
      used += some;
      count -= some;
      if (used == 8) {
        out++;
        used = 0;
      }
    }
  }
  u8* end() const { return used ? out + 1 : out; }
};

inline bool fits(i64 x, u32 bits) {
  return -(((i64)1 << (bits - 1)) - 1) <= x && x <= (i64)1 << (bits - 1);
}

inline void put_step(Bits& bits, i64 step) {
  if (!step)
    bits.put(0, 1);
  else if (fits(step, 14)) {
    bits.put(2, 2);
    bits.put((u64)step, 14);
  } else if (fits(step, 17)) {
    bits.put(6, 3);
    bits.put((u64)step, 17);
  } else if (fits(step, 20)) {
    bits.put(14, 4);
    bits.put((u64)step, 20);
  } else {
    bits.put(15, 4);
    bits.put((u64)step, 64);
  }
}

struct Window {  // of bits that changed last
  u32 leading = 0xFF, trailing = 0;
};

inline void put_change(Bits& bits, u64 change, Window& window) {
  if (!change) return bits.put(0, 1);
  bits.put(1, 1);
  u32 leading = (u32)__builtin_clzll(change), trailing = (u32)__builtin_ctzll(change);
  if (leading > 31) leading = 31;
  if (window.leading != 0xFF && leading >= window.leading && trailing >= window.trailing) {
    bits.put(0, 1);
    return bits.put(change >> window.trailing, 64 - window.leading - window.trailing);
  }
  window = {leading, trailing};
  u32 size = 64 - leading - trailing;
  bits.put(1, 1);
  bits.put(leading, 5);
  bits.put(size & 63, 6);
  bits.put(change >> trailing, size);
}

// Times ascend; n is less than 65,536.
inline u8* put_chunk(u8* out, const i64* times, const u64* values, size_t n) {
  *out++ = (u8)(n >> 8);
  *out++ = (u8)n;
  if (!n) return out;
  out = put_number(out, ((u64)times[0] << 1) ^ (u64)(times[0] >> 63));
  Bits bits{out};
  bits.put(values[0], 64);
  Window window;
  u64 delta = 0;
  for (size_t i = 1; i < n; i++) {
    u64 now = (u64)times[i] - (u64)times[i - 1];
    if (i == 1)
      bits.out = put_number(bits.out, now);
    else
      put_step(bits, (i64)(now - delta));
    delta = now;
    put_change(bits, values[i] ^ values[i - 1], window);
  }
  return bits.end();
}

struct Crc {
  u32 table[256];
  Crc() {
    for (u32 i = 0; i < 256; i++) {
      u32 x = i;
      for (int bit = 0; bit < 8; bit++) x = x >> 1 ^ (x & 1 ? CASTAGNOLI : 0);
      table[i] = x;
    }
  }
};

inline u32 crc32c(const u8* p, size_t n) {
  static const Crc crc;
  u32 sum = ~0u;
  while (n--) sum = crc.table[(sum ^ *p++) & 0xFF] ^ sum >> 8;
  return ~sum;
}

}  // namespace muster::remote
