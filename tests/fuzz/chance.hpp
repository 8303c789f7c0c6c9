// What all programs of this folder need: rules that must hold, and inputs that come again.
#pragma once
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

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

// The contents of a folder's files, in the order of their names
template <typename Bytes>
std::vector<Bytes> corpus(const char* folder) {
  std::vector<std::filesystem::path> paths;
  for (auto& entry : std::filesystem::directory_iterator(folder)) paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  std::vector<Bytes> contents;
  for (auto& path : paths) {
    std::ifstream file(path, std::ios::binary);
    contents.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  require(!contents.empty(), "there is a corpus");
  return contents;
}
