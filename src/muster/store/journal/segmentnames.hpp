// The few forms of MessagePack of which a cohort record is made. Source: msgpack/spec.md
#pragma once
#include "../../wire/tables.hpp"

namespace muster::segmentnames {

using namespace muster::tables;

// Reads from the front. What is not there, or of another form, is false; nothing is read then.
class Source {
 public:
  Source(const char* begin, size_t size) : p(begin), end(begin + size) {}

  bool array(size_t& count) {
    return sized(0x90, 0x0f, 0, 0xdc, 0xdd, count);
  }
  bool text(const char*& at, size_t& size) {
    const char* before = p;
    return (sized(0xa0, 0x1f, 0xd9, 0xda, 0xdb, size) && taken(at, size)) || back(before);
  }
  bool binary(const char*& at, size_t& size) {
    const char* before = p;
    return (sized(0, 0, 0xc4, 0xc5, 0xc6, size) && taken(at, size)) || back(before);
  }
  bool number(u64& value) {
    if (p == end) return false;
    u8 head = (u8)*p;
    size_t width = head >= 0xcc && head <= 0xcf ? (size_t)1 << (head - 0xcc) : 0;
    if (head >= 0x80 && !width) return false;
    if ((size_t)(end - p) < 1 + width) return false;
    value = width ? word(p + 1, width) : head;
    p += 1 + width;
    return true;
  }

  const char *p, *end;

 private:
  static u64 word(const char* at, size_t width) {
    u64 value = 0;
    for (size_t i = 0; i < width; i++) value = value << 8 | (u8)at[i];
    return value;
  }
  // A size in the head's own bits (where it has any), or in one, two or four bytes behind it.
  bool sized(u8 small, u8 bits, u8 one, u8 two, u8 four, size_t& size) {
    if (p == end) return false;
    u8 head = (u8)*p;
    if (bits && (head & ~bits) == small) {
      size = head & bits;
      p++;
      return true;
    }
    size_t width = one && head == one ? 1 : head == two ? 2 : head == four ? 4 : 0;
    if (!width || (size_t)(end - p) < 1 + width) return false;
    size = (size_t)word(p + 1, width);
    p += 1 + width;
    return true;
  }
  bool taken(const char*& at, size_t size) {
    if (size > (size_t)(end - p)) return false;
    at = p;
    p += size;
    return true;
  }
  bool back(const char* before) {
    p = before;
    return false;
  }
};

// Numbers of pieces of one text, in the order in which they come; equal pieces have one.
class Seen {
 public:
  explicit Seen(u64 seed) : seed_(seed) {}
  u32 number_of(const char* p, size_t n) {
    u64 hash = hash_of(p, n, seed_);
    u32 known = index_.find(hash, [&](u32 at) { return texts_[at] == Text{p, n}; });
    if (known != NOTHING) return known;
    texts_.push_back({p, n});
    index_.add(hash, (u32)texts_.size() - 1);
    return (u32)texts_.size() - 1;
  }

 private:
  u64 seed_;
  Index index_;
  std::vector<Text> texts_;
};

}  // namespace muster::segmentnames
