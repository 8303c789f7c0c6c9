// Canonical texts of tag sets and their hashes: what names.py says, for a whole body at once.
// BLAKE2b: RFC 7693, without a key, of which the first eight bytes are wanted.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

namespace muster::names {

using u8 = unsigned char;
using u64 = uint64_t;

constexpr size_t BLOCK = 128;
constexpr size_t DIGEST = 8;
constexpr u64 START[8] = {
    0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
    0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
};
constexpr u8 ORDER[12][16] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
    {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
    {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4},
    {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
    {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13},
    {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
    {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11},
    {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
    {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5},
    {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0},
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
    {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
};

inline u64 word(const u8* at) {  // little-endian, whatever the machine is
  return (u64)at[0] | (u64)at[1] << 8 | (u64)at[2] << 16 | (u64)at[3] << 24 | (u64)at[4] << 32 |
         (u64)at[5] << 40 | (u64)at[6] << 48 | (u64)at[7] << 56;
}

inline u64 turned(u64 value, int bits) { return value >> bits | value << (64 - bits); }

inline void mix(u64& a, u64& b, u64& c, u64& d, u64 x, u64 y) {
  a += b + x;
  d = turned(d ^ a, 32);
  c += d;
  b = turned(b ^ c, 24);
  a += b + y;
  d = turned(d ^ a, 16);
  c += d;
  b = turned(b ^ c, 63);
}

inline void compress(u64* state, const u8* block, u64 total, bool last) {
  u64 m[16], v[16];
#pragma GCC unroll 16
  for (int i = 0; i < 16; i++) m[i] = word(block + 8 * i);
  for (int i = 0; i < 8; i++) {
    v[i] = state[i];
    v[i + 8] = START[i];
  }
  v[12] ^= total;
  if (last) v[14] = ~v[14];
#pragma GCC unroll 12  // so that the order is no lookup
  for (int round = 0; round < 12; round++) {
    const u8* s = ORDER[round];
    mix(v[0], v[4], v[8], v[12], m[s[0]], m[s[1]]);
    mix(v[1], v[5], v[9], v[13], m[s[2]], m[s[3]]);
    mix(v[2], v[6], v[10], v[14], m[s[4]], m[s[5]]);
    mix(v[3], v[7], v[11], v[15], m[s[6]], m[s[7]]);
    mix(v[0], v[5], v[10], v[15], m[s[8]], m[s[9]]);
    mix(v[1], v[6], v[11], v[12], m[s[10]], m[s[11]]);
    mix(v[2], v[7], v[8], v[13], m[s[12]], m[s[13]]);
    mix(v[3], v[4], v[9], v[14], m[s[14]], m[s[15]]);
  }
  for (int i = 0; i < 8; i++) state[i] ^= v[i] ^ v[i + 8];
}

// The first eight bytes of BLAKE2b with a digest of eight, as a little-endian number.
inline u64 hash_of(const char* text, size_t size) {
  const u8* at = reinterpret_cast<const u8*>(text);
  u64 state[8];
  std::memcpy(state, START, sizeof state);
  state[0] ^= 0x01010000 ^ DIGEST;
  u64 done = 0;
  for (; size > BLOCK; at += BLOCK, size -= BLOCK) compress(state, at, done += BLOCK, false);
  u8 rest[BLOCK] = {};
  if (size) std::memcpy(rest, at, size);
  compress(state, rest, done + size, true);
  return state[0];
}

// Whether a character has to be escaped; without a branch, so that many are looked at at once.
inline bool has_signs(const char* text, size_t size) {
  bool found = false;
  for (size_t i = 0; i < size; i++)
    found |= (text[i] == ',') | (text[i] == '=') | (text[i] == '\\');
  return found;
}

inline void put(std::string& out, const char* text, size_t size) {
  if (!has_signs(text, size)) {
    out.append(text, size);
    return;
  }
  for (size_t i = 0; i < size; i++) {
    if (text[i] == ',' || text[i] == '=' || text[i] == '\\') out.push_back('\\');
    out.push_back(text[i]);
  }
}

}  // namespace muster::names
