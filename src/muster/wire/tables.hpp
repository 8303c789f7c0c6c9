// Texts that are kept and found again: what decoders remember from one body to the next.
//
// Names come from outside, so tables hash with a seed that nobody outside knows.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

namespace muster::tables {

using u8 = uint8_t;
using u32 = uint32_t;
using u64 = uint64_t;
using i64 = int64_t;

constexpr u32 NOTHING = UINT32_MAX;

struct Text {
  const char* p;
  size_t n;
  bool operator==(const Text& other) const {
    return n == other.n && (n == 0 || !memcmp(p, other.p, n));
  }
};

inline u64 mix(u64 a, u64 b) {
  unsigned __int128 product = (unsigned __int128)a * b;
  return (u64)product ^ (u64)(product >> 64);
}

inline u64 hash_of(const char* p, size_t n, u64 seed) {
  u64 hash = seed ^ (n * 0x9E3779B97F4A7C15ull), a = 0, b = 0;
  while (n > 16) {
    memcpy(&a, p, 8);
    memcpy(&b, p + 8, 8);
    hash = mix(a ^ seed, b ^ hash ^ 0xE7037ED1A0B428DBull);
    p += 16;
    n -= 16;
  }
  a = b = 0;
  memcpy(&a, p, std::min<size_t>(n, 8));
  if (n > 8) memcpy(&b, p + 8, n - 8);
  return mix(mix(a ^ seed, b ^ hash ^ 0x8EBC6AF09C88C6E3ull), seed ^ 0x589965CC75374CC3ull);
}

// Texts that live as long as the tables.
class Arena {
 public:
  Text keep(Text text) {
    if (text.n > left_) {
      size_t size = std::max<size_t>(text.n, 1 << 16);
      blocks_.emplace_back(new char[size]);
      next_ = blocks_.back().get();
      left_ = size;
    }
    char* place = next_;
    if (text.n) memcpy(place, text.p, text.n);
    next_ += text.n;
    left_ -= text.n;
    bytes += text.n;
    return {place, text.n};
  }
  void clear() {
    blocks_.clear();
    next_ = nullptr;
    left_ = bytes = 0;
  }
  size_t bytes = 0;

 private:
  std::vector<std::unique_ptr<char[]>> blocks_;
  char* next_ = nullptr;
  size_t left_ = 0;
};

// Numbers by the lower half of a hash: open addressing; equality is the caller's.
class Index {
 public:
  template <class Same>
  u32 find(u64 long_hash, Same same) const {
    if (slots_.empty()) return NOTHING;
    u32 hash = (u32)long_hash;
    for (size_t at = hash & mask_;; at = (at + 1) & mask_) {
      const Slot& slot = slots_[at];
      if (slot.number == NOTHING) return NOTHING;
      if (slot.hash == hash && same(slot.number)) return slot.number;
    }
  }
  void add(u64 hash, u32 number) {
    if (2 * (used_ + 1) > slots_.size()) grow();
    put({(u32)hash, number});
    used_++;
  }
  void clear() {
    std::vector<Slot>().swap(slots_);
    used_ = mask_ = 0;
  }

 private:
  struct Slot {
    u32 hash;
    u32 number;
  };
  void put(Slot slot) {
    size_t at = slot.hash & mask_;
    while (slots_[at].number != NOTHING) at = (at + 1) & mask_;
    slots_[at] = slot;
  }
  void grow() {
    std::vector<Slot> old(std::max<size_t>(64, slots_.size() * 2), Slot{0, NOTHING});
    old.swap(slots_);
    mask_ = slots_.size() - 1;
    for (const Slot& slot : old)
      if (slot.number != NOTHING) put(slot);
  }
  std::vector<Slot> slots_;
  size_t mask_ = 0, used_ = 0;
};

}  // namespace muster::tables
