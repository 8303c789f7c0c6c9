// Sanitized fuzz of wire/cells.hpp: arbitrary bytes are read, and what was read is written again.
//
//   cells CORPUS RUNS SEED       mutates the files of a folder; aborts on the first broken rule
//
// Rules: no read or write out of bounds, no undefined behaviour; a decoder ends at or before the
// end of its data; values that were read come back from what an encoder writes for them.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <vector>

#include "chance.hpp"
#include "cells.hpp"

using namespace muster;
using Bytes = std::vector<u8>;

// One state for each column, at its place.
struct State {
  std::vector<u32> index;
  std::vector<i64> last;
  Bytes modes;

  explicit State(size_t width) : last(width), modes(width) {
    for (size_t i = 0; i < width; i++) index.push_back((u32)(width - 1 - i));
  }
  Columns columns(const Bytes& kinds) {
    return {index.data(), kinds.data(), kinds.size(), last.data(), modes.data()};
  }
};

static Bytes written(const Bytes& kinds, const std::vector<i64>& values, const u8* present) {
  State state(kinds.size());
  Columns columns = state.columns(kinds);
  Bytes room(kinds.size() * BYTES_A_MODE);
  Bytes out(BYTES_A_CELL + room.size() + values.size() * BYTES_A_CELL);
  u8* end = room.data();
  size_t changed = encode_modes(end, columns, values.data(), present, values.size());
  u8* p = put_varint(out.data(), changed);
  for (u8* q = room.data(); q != end; q++) *p++ = *q;
  p = encode_cells(p, columns, values.data(), present, values.size());
  out.resize((size_t)(p - out.data()));
  return out;
}

static bool read(const Bytes& data, const Bytes& kinds, std::vector<i64>& values,
                 const u8* present, u64 strings) {
  // A copy of just the size, so that one byte too far is seen.
  std::unique_ptr<u8[]> copy(new u8[data.size()]);
  if (!data.empty()) memcpy(copy.get(), data.data(), data.size());
  Source in{copy.get(), copy.get() + data.size()};
  State state(kinds.size());
  Columns columns = state.columns(kinds);
  bool good = decode_modes(in, columns) &&
              decode_cells(in, columns, values.data(), present, values.size(), strings);
  require(in.p >= copy.get() && in.p <= in.end, "the reader stays inside its data");
  require(good || (in.fault != Fault::none && in.where >= copy.get() && in.where <= in.end),
          "a refusal has its reason and place");
  return good;
}

static void times_once(const Bytes& data, size_t rows) {
  std::vector<i64> times(rows), again(rows);
  Source in{data.data(), data.data() + data.size()};
  if (!decode_times(in, times.data(), rows, INT64_MAX, INT64_MIN, rows & 1)) return;
  Bytes out(rows * BYTES_A_CELL);
  u8* end = encode_times(out.data(), times.data(), rows, INT64_MAX, INT64_MIN, rows & 1);
  Source back{out.data(), end};
  require(decode_times(back, again.data(), rows, INT64_MAX, INT64_MIN, rows & 1) && again == times,
          "times come back");
}

// The first bytes choose the shape: columns, rows, has absent cells, kinds, presence.
static void once(const Bytes& input) {
  size_t at = 0;
  auto next = [&]() -> u8 { return at < input.size() ? input[at++] : 0; };
  size_t width = next() % 9, rows = next() % 6;
  bool has_absent = next() & 1;
  Bytes kinds(width), present(width * rows);
  for (u8& kind : kinds) kind = next() % 5;
  if (has_absent)
    for (u8& mark : present) mark = next() & 1;
  const u8* marks = has_absent ? present.data() : nullptr;
  Bytes data(input.begin() + (long)at, input.end());
  times_once(data, rows);
  std::vector<i64> values(width * rows), again(width * rows);
  if (!read(data, kinds, values, marks, 300)) return;
  require(read(written(kinds, values, marks), kinds, again, marks, 300), "what is written is read");
  require(again == values, "values come back");
}

static u64 state = 1;
static u64 chance(u64 below) {  // xorshift64*
  state ^= state >> 12;
  state ^= state << 25;
  state ^= state >> 27;
  return (state * 0x2545F4914F6CDD1Dull >> 16) % below;
}

static void mutate(Bytes& data, const std::vector<Bytes>& corpus) {
  static const u8 odd[] = {0, 1, 2, 7, 8, 0x48, 0x7F, 0x80, 0x81, 0xC0, 0xFE, 0xFF};
  for (u64 n = 1 + chance(4); n; n--) {
    if (data.empty()) data.push_back((u8)chance(256));
    size_t place = chance(data.size());
    switch (chance(6)) {
      case 0: data[place] ^= (u8)(1 << chance(8)); break;
      case 1: data[place] = odd[chance(sizeof odd)]; break;
      case 2: data.resize(place); break;
      case 3: data.insert(data.begin() + (long)place, chance(12), odd[chance(sizeof odd)]); break;
      case 4: data.erase(data.begin() + (long)place); break;
      default: {
        const Bytes& other = corpus[chance(corpus.size())];
        data.insert(data.begin() + (long)place, other.begin(), other.end());
      }
    }
    if (data.size() > 4096) data.resize(4096);
  }
}

int main(int argc, char** argv) {
  if (argc != 4) return fprintf(stderr, "usage: cells CORPUS RUNS SEED\n"), 2;
  std::vector<Bytes> corpus;
  for (auto& entry : std::filesystem::directory_iterator(argv[1])) {
    std::ifstream file(entry.path(), std::ios::binary);
    corpus.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  require(!corpus.empty(), "there is a corpus");
  state = strtoull(argv[3], nullptr, 10) | 1;
  for (const Bytes& data : corpus) once(data);
  long runs = atol(argv[2]);
  for (long run = 0; run < runs; run++) {
    Bytes data = corpus[chance(corpus.size())];
    mutate(data, corpus);
    once(data);
  }
  printf("%ld inputs, no rule broken\n", runs);
}
