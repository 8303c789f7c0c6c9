// Sanitized fuzz of store/journal/segmentnames.hpp and store/catalogue/tagparts.hpp.
//
//   segmentnames CORPUS RUNS SEED       mutates the files of a folder; aborts on the first broken rule
//
// Rules: no read out of bounds, no undefined behaviour; whatever is read lies in the input, and
// what is of another form leaves the source where it was; equal pieces have one number.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "../../src/muster/store/catalogue/tagparts.hpp"
#include "../../src/muster/store/journal/segmentnames.hpp"
#include "chance.hpp"

using muster::segmentnames::Seen;
using muster::segmentnames::Source;
using muster::tables::Text;
using Bytes = std::string;

// Reads values of whatever form comes until none does; the pieces that were texts.
static std::vector<Text> walked(const char* begin, size_t size) {
  std::vector<Text> found;
  Source source(begin, size);
  for (;;) {
    const char *before = source.p, *at = nullptr;
    size_t count = 0;
    uint64_t number = 0;
    if (source.array(count) || source.number(number)) {
      require(source.p > before && source.p <= source.end, "it reads on, and within");
      continue;
    }
    if (!source.text(at, count) && !source.binary(at, count)) {
      require(source.p == before, "nothing is read of another form");
      return found;
    }
    require(at >= begin && at + count == source.p && source.p <= source.end, "a text lies within");
    found.push_back({at, count});
  }
}

static void check(const Bytes& data) {
  std::unique_ptr<char[]> copy(new char[data.size()]);  // so that one byte too far is seen
  if (!data.empty()) memcpy(copy.get(), data.data(), data.size());
  std::vector<Text> texts = walked(copy.get(), data.size());
  Seen seen(7);
  std::vector<uint32_t> numbers, own;
  for (const Text& text : texts) numbers.push_back(seen.number_of(text.p, text.n));
  for (size_t i = 0; i < texts.size(); i++)
    for (size_t k = 0; k < i; k++)
      require((numbers[i] == numbers[k]) == (texts[i] == texts[k]), "a piece has one number");
  muster::tagparts::Parts parts(7);
  Bytes again;
  size_t count = parts.split(copy.get(), data.size(), own);
  require(count == own.size(), "all parts are told");
  for (size_t i = 0; i < count; i++) {
    const Text& part = parts[own[i]];
    again += (i ? "," : "") + Bytes(part.p, part.n);
  }
  require(again == data, "a text is its parts");
}

static void mutate(Bytes& data, Chance& chance) {
  static const unsigned char HEADS[] = {0x90, 0x9f, 0xdc, 0xdd, 0xa0, 0xbf, 0xd9, 0xda,
                                        0xdb, 0xc4, 0xc5, 0xc6, 0xcc, 0xcd, 0xce, 0xcf};
  for (uint64_t times = 1 + chance.next(5); times--;) {
    size_t place = chance.next(data.size() + 1);
    char byte = (char)(chance.next(2) ? HEADS[chance.next(sizeof HEADS)] : chance.next(256));
    switch (chance.next(3)) {
      case 0:
        if (place < data.size()) data[place] = byte;
        break;
      case 1:
        data.insert(place, 1, byte);
        break;
      default:
        data.erase(place, chance.next(4));
    }
  }
}

int main(int, char** arguments) {
  auto seeds = corpus<Bytes>(arguments[1]);
  uint64_t runs = strtoull(arguments[2], nullptr, 10);
  Chance chance{strtoull(arguments[3], nullptr, 10) * 0x9E3779B97F4A7C15ull + 1};
  for (uint64_t run = 0; run < runs; run++) {
    Bytes data = seeds[chance.next(seeds.size())];
    if (run >= seeds.size()) mutate(data, chance);
    check(data);
  }
  printf("%llu inputs, no rule broken\n", (unsigned long long)runs);
}
