// What all programs of this folder need: rules that must hold, and inputs that come again.
#pragma once
#include <cstdint>
#include <cstdio>
#include <cstdlib>

static inline void require(bool holds, const char* rule) {
  if (holds) return;
  fprintf(stderr, "broken rule: %s\n", rule);
  abort();
}

// xorshift: the same seed gives the same inputs everywhere
struct Chance {
  uint64_t state;
  uint64_t next() {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
  }
  uint64_t next(uint64_t below) { return next() % below; }
};
