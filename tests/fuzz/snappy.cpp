// Sanitized fuzz of wire/snappy.hpp: arbitrary bytes as blocks, and as what is packed.
//
//   snappy CORPUS RUNS SEED       mutates the files of a folder; aborts on the first broken rule
//
// Rules: no read or write out of bounds, no undefined behaviour; what was unpacked comes back from
// what is packed of it; a packed block is no longer than was promised.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <memory>
#include <vector>

#include "chance.hpp"
#include "snappy.hpp"

using namespace muster::snappy;
using Bytes = std::vector<u8>;

// Whether the bytes are a block; both sides have room of just the size, so that one byte too far
// is seen.
static bool unpacked(const Bytes& data, Bytes& out) {
  std::unique_ptr<u8[]> copy(new u8[data.size()]);
  if (!data.empty()) memcpy(copy.get(), data.data(), data.size());
  const u8* end = copy.get() + data.size();
  u64 length;
  const u8* p = length_at(copy.get(), end, length);
  if (!p || length > 22 * data.size() + 5) return false;
  std::unique_ptr<u8[]> room(new u8[length]);
  if (!unpack(p, end, room.get(), room.get() + length)) return false;
  out.assign(room.get(), room.get() + length);
  return true;
}

static Bytes packed(const Bytes& data) {
  std::vector<u32> table(TABLE);
  std::unique_ptr<u8[]> copy(new u8[data.size()]), room(new u8[most_packed(data.size())]);
  if (!data.empty()) memcpy(copy.get(), data.data(), data.size());
  u8* end = pack(copy.get(), data.size(), room.get(), table.data());
  require(end <= room.get() + most_packed(data.size()), "a block fits its room");
  return Bytes(room.get(), end);
}

static void mutate(Bytes& data, const std::vector<Bytes>& seeds, Chance& chance) {
  for (u64 times = 1 + chance.next(5); times--;) {
    size_t place = chance.next(data.size() + 1);
    switch (chance.next(4)) {
      case 0:
        if (place < data.size()) data[place] = (u8)chance.next(256);
        break;
      case 1:
        data.insert(data.begin() + (long)place, (u8)chance.next(256));
        break;
      case 2:
        data.erase(data.begin() + (long)place,
                   data.begin() + (long)std::min(data.size(), place + chance.next(4)));
        break;
      default: {
        const Bytes& other = seeds[chance.next(seeds.size())];
        size_t start = chance.next(other.size() + 1);
        size_t size = std::min<size_t>(other.size() - start, chance.next(40));
        data.insert(data.begin() + (long)place, other.begin() + (long)start,
                    other.begin() + (long)(start + size));
      }
    }
  }
}

int main(int, char** arguments) {
  auto seeds = corpus<Bytes>(arguments[1]);
  u64 runs = strtoull(arguments[2], nullptr, 10);
  Chance chance{strtoull(arguments[3], nullptr, 10) * 0x9E3779B97F4A7C15ull + 1};
  for (u64 run = 0; run < runs; run++) {
    Bytes data = seeds[chance.next(seeds.size())], out, again;
    if (run >= seeds.size()) mutate(data, seeds, chance);
    if (unpacked(data, out))
      require(unpacked(packed(out), again) && again == out, "what was read comes back");
    require(unpacked(packed(data), again) && again == data, "what was packed comes back");
  }
  printf("%llu inputs, no rule broken\n", (unsigned long long)runs);
}
