// Numbers of a line: eight digits at a time, and decimals to the nearest double.
//
// Source: D. Lemire, "Number parsing at a gigabyte per second" (2021), and his fast_float; here for
// as many digits and places as a line's usual numbers have.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace muster::lines {

constexpr uint64_t WHOLE_TENS[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};
constexpr size_t MOST_PLACES = 22;  // behind the point
constexpr size_t MOST_DIGITS = 19;  // of a number that 64 bits hold for sure
constexpr double TENS[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                           1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
constexpr uint64_t EXACT = 1ull << 53;  // up to it an integer is a double: one division rounds right

// Reads on as far as there are digits; what is over 64 bits wraps.
inline const char* read_digits(const char* p, const char* end, uint64_t& number) {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  while (end - p >= 8) {
    uint64_t eight;
    memcpy(&eight, p, 8);
    eight ^= 0x3030303030303030ull;
    uint64_t other = ((eight + 0x7676767676767676ull) | eight) & 0x8080808080808080ull;
    size_t count = other ? (size_t)__builtin_ctzll(other) >> 3 : 8;
    if (!count) return p;
    eight <<= (8 - count) * 8;  // with zeros before
    eight = eight * 10 + (eight >> 8);
    eight = ((eight & 0x000000FF000000FFull) * 0x000F424000000064ull +
             ((eight >> 16) & 0x000000FF000000FFull) * 0x0000271000000001ull) >>
            32;
    number = number * WHOLE_TENS[count] + eight;
    p += count;
    if (count < 8) return p;
  }
#endif
  while (p < end && (uint8_t)(*p - '0') < 10) number = number * 10 + (uint64_t)(*p++ - '0');
  return p;
}

// 1 / 5^places, its highest bit set, cut and one added.
struct Inverse {
  uint64_t high, low;
};

struct Inverses {
  Inverse of[MOST_PLACES + 1];
  constexpr Inverses() : of{} {
    unsigned __int128 five = 1;
    for (size_t places = 0; places <= MOST_PLACES; places++, five *= 5) {
      int bits = 0;  // 2^bits >= five
      while (((unsigned __int128)1 << bits) < five) bits++;
      unsigned __int128 quotient = 0, rest = 0;
      for (int at = bits + 127; at >= 0; at--) {
        rest = (rest << 1) | (at == bits + 127);
        quotient <<= 1;
        if (rest >= five) {
          rest -= five;
          quotient |= 1;
        }
      }
      quotient++;
      of[places] = {(uint64_t)(quotient >> 64), (uint64_t)quotient};
    }
  }
};

constexpr Inverses INVERSES;

// The pattern of the double nearest to number / 10^places: number over 0, 1 to MOST_PLACES places.
inline int64_t decimal(uint64_t number, size_t places) {
  int zeros = __builtin_clzll(number);
  number <<= zeros;
  const Inverse& inverse = INVERSES.of[places];
  unsigned __int128 product = (unsigned __int128)number * inverse.high;
  uint64_t high = (uint64_t)(product >> 64), low = (uint64_t)product;
  if ((high & 0x1FF) == 0x1FF) {
    uint64_t more = (uint64_t)((unsigned __int128)number * inverse.low >> 64);
    low += more;
    high += more > low;
  }
  int top = (int)(high >> 63), shift = top + 64 - 52 - 3;
  uint64_t mantissa = high >> shift;
  int power = (((152170 + 65536) * -(int)places) >> 16) + 63 + top - zeros + 1023;
  if (low <= 1 && places <= 4 && (mantissa & 3) == 1 && mantissa << shift == high)
    mantissa &= ~1ull;  // halfway: to the even one
  mantissa = (mantissa + (mantissa & 1)) >> 1;
  if (mantissa >= EXACT) {
    mantissa = 1ull << 52;
    power++;
  }
  return (int64_t)((mantissa & ~(1ull << 52)) | (uint64_t)power << 52);
}

}  // namespace muster::lines
