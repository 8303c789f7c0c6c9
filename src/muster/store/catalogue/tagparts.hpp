// Parts of canonical texts as numbers: what cataloguefill.py says, for many texts at once.
#pragma once
#include "../../wire/tables.hpp"

namespace muster::tagparts {

using namespace muster::tables;

class Parts {
 public:
  explicit Parts(u64 seed) : seed_(seed) {}

  // The number of a part; the next one where it is new.
  u32 number_of(const char* p, size_t n) {
    u64 hash = hash_of(p, n, seed_);
    u32 known = index_.find(hash, [&](u32 at) { return texts_[at] == Text{p, n}; });
    if (known != NOTHING) return known;
    texts_.push_back(arena_.keep({p, n}));
    index_.add(hash, (u32)texts_.size() - 1);
    return (u32)texts_.size() - 1;
  }

  // The parts of a text without escapes behind those that are there already; how many.
  size_t split(const char* p, size_t n, std::vector<u32>& out) {
    const char* end = p + n;
    size_t before = out.size();
    for (;;) {
      const void* found = memchr(p, ',', (size_t)(end - p));
      const char* comma = found ? static_cast<const char*>(found) : end;
      out.push_back(number_of(p, (size_t)(comma - p)));
      if (comma == end) return out.size() - before;
      p = comma + 1;
    }
  }

  size_t size() const { return texts_.size(); }
  const Text& operator[](size_t at) const { return texts_[at]; }

 private:
  u64 seed_;
  Arena arena_;
  Index index_;
  std::vector<Text> texts_;
};

}  // namespace muster::tagparts
