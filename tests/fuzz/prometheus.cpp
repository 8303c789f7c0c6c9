// Sanitized fuzz of wire/prometheus.hpp and prometheusxor.hpp: arbitrary bytes as messages of
// remote write, and their samples written again.
//
//   prometheus CORPUS RUNS SEED       mutates the files of a folder; aborts on the first broken rule
//
// Rules: no read or write out of bounds, no undefined behaviour; columns fit each other; a parser
// that remembers gives what a fresh one gives; samples and chunks fit their room.
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <memory>

#include "chance.hpp"
#include "prometheus.hpp"
#include "prometheusxor.hpp"

using namespace muster::remote;
using Bytes = std::vector<u8>;

static const Limits LIMITS{40, 12, 4, 24, 6, 5, 60, 9};

// What a message came to, with names instead of numbers.
struct Outcome {
  End end;
  std::vector<i64> times, values;
  std::vector<u32> order, rows;
  std::vector<std::string> texts;
  bool operator==(const Outcome& o) const {
    return end == o.end && times == o.times && values == o.values && order == o.order &&
           rows == o.rows && texts == o.texts;
  }
};

static void written(const Outcome& out) {
  size_t n = out.times.size();
  std::unique_ptr<u8[]> room(new u8[most_samples(n)]), chunk(new u8[most_chunk(n)]);
  const u64* bits = (const u64*)out.values.data();
  u8* end = put_samples(room.get(), out.times.data(), bits, n);
  require(end <= room.get() + most_samples(n), "samples fit their room");
  require(put_chunk(chunk.get(), out.times.data(), bits, n) <= chunk.get() + most_chunk(n),
          "a chunk fits its room");
  crc32c(room.get(), (size_t)(end - room.get()));
}

static Outcome parsed(Parser& parser, const Bytes& body, int version, bool finite) {
  // A copy of just the size, so that one byte too far is seen.
  std::unique_ptr<u8[]> copy(new u8[body.size()]);
  if (!body.empty()) memcpy(copy.get(), body.data(), body.size());
  Outcome out;
  out.end = parser.parse(copy.get(), copy.get() + body.size(), version, finite);
  if (out.end != End::whole) {
    bool placed = out.end == End::cut || out.end == End::wide || out.end == End::tag;
    require(!placed || (parser.where >= copy.get() && parser.where <= copy.get() + body.size()),
            "a fault lies in the message");
    return out;
  }
  size_t points = parser.points();
  out.times.resize(points);
  out.order.resize(points);
  out.values.resize(points);
  out.rows = parser.rows;
  parser.gather(out.times.data(), out.order.data(), out.values.data());
  size_t rows = 0;
  for (u32 each : out.rows) rows += each;
  require(rows == points && parser.touched.size() == out.rows.size(), "columns fit each other");
  std::vector<bool> seen(points);
  for (u32 place : out.order) {
    require(place < points && !seen[place], "each sample has one place");
    seen[place] = true;
  }
  for (u32 series : parser.touched) {
    auto labels = parser.labels(series);
    require(labels.size() % 2 == 0 && !labels.empty(), "labels come in pairs");
    for (auto& text : labels) out.texts.push_back(text);
  }
  for (const Native& each : parser.natives) {
    require(each.start <= each.end && each.end <= body.size(), "a histogram lies in the message");
    out.texts.push_back(std::to_string(each.start) + "-" + std::to_string(each.end));
  }
  for (const Refusal& each : parser.refusals)
    out.texts.push_back(std::to_string(each.series) + ":" + std::to_string(each.fault) +
                        each.metric + each.about + std::to_string(each.number));
  for (u64 count : {parser.refused_total, parser.refused_samples, parser.dropped,
                    parser.histograms, parser.exemplars})
    out.texts.push_back(std::to_string(count));
  written(out);
  return out;
}

static void mutate(Bytes& body, const std::vector<Bytes>& seeds, Chance& chance) {
  static const u8 PIECES[] = {0x0A, 0x12, 0x1A, 0x22, 0x2A, 0x08, 0x09, 0x10, 0, 1, 2, 0x80, 0xFF};
  for (u64 times = 1 + chance.next(5); times--;) {
    size_t place = chance.next(body.size() + 1);
    switch (chance.next(5)) {
      case 0:
        if (place < body.size()) body[place] = (u8)chance.next(256);
        break;
      case 1:
        body.insert(body.begin() + (long)place, PIECES[chance.next(sizeof PIECES)]);
        break;
      case 2:
        body.erase(body.begin() + (long)place,
                   body.begin() + (long)std::min(body.size(), place + chance.next(4)));
        break;
      case 3:
        if (place < body.size()) body[place] = PIECES[chance.next(sizeof PIECES)];
        break;
      default: {
        const Bytes& other = seeds[chance.next(seeds.size())];
        body.insert(body.begin() + (long)place, other.begin(), other.end());
      }
    }
  }
}

int main(int, char** arguments) {
  auto seeds = corpus<Bytes>(arguments[1]);
  u64 runs = strtoull(arguments[2], nullptr, 10);
  Chance chance{strtoull(arguments[3], nullptr, 10) * 0x9E3779B97F4A7C15ull + 1};
  Parser warm(LIMITS, 5);
  for (u64 run = 0; run < runs; run++) {
    Bytes body = seeds[chance.next(seeds.size())];
    if (run >= seeds.size()) mutate(body, seeds, chance);
    int version = 1 + (int)(run & 1);
    bool finite = run & 2;
    Parser fresh(LIMITS, run);
    Outcome first = parsed(fresh, body, version, finite);
    require(parsed(fresh, body, version, finite) == first, "a series that is known is the same");
    require(parsed(warm, body, version, finite) == first, "what is remembered changes nothing");
    if (warm.is_full()) warm.forget();
  }
  printf("%llu inputs, no rule broken\n", (unsigned long long)runs);
}
