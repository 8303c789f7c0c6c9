// Sanitized fuzz of wire/lineprotocol.hpp: arbitrary bytes as bodies of line protocol.
//
//   lines CORPUS RUNS SEED       mutates the files of a folder; aborts on the first broken rule
//
// Rules: no read or write out of bounds, no undefined behaviour; columns fit each other; a parser
// that remembers, whether by the quick way or the careful one, gives what a fresh one gives; rows of
// homes hold the same cells as the columns of layouts.
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <memory>

#include "chance.hpp"
#include "linehomes.hpp"

using namespace muster::lines;
using Bytes = std::vector<char>;

static const Limits LIMITS{400, 60, 20, 6, 8, 600, 80};
static const char PIECES[] = "\\\\\\\"\"\",,,===   \n\n\r\t\0#iue-+..0123456789tfTRUEalse";

// What a body came to, with names instead of numbers.
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

static Outcome parsed(Parser& parser, const Bytes& body, i64 precision, bool with_unsigned,
                      size_t pause = SIZE_MAX) {
  // A copy of just the size, so that one byte too far is seen.
  std::unique_ptr<char[]> copy(new char[body.size()]);
  if (!body.empty()) memcpy(copy.get(), body.data(), body.size());
  Outcome out;
  out.end = parser.parse(copy.get(), copy.get() + body.size(), precision, 7, with_unsigned, pause);
  while (out.end == End::paused) out.end = parser.go_on(pause);
  if (out.end != End::whole) return out;
  size_t points = parser.times.size();
  out.times.resize(points);
  out.order.resize(points);
  out.values.resize(parser.values.size());
  out.rows = parser.rows;
  parser.gather(out.times.data(), out.order.data(), out.values.data());
  size_t rows = 0, cells = 0;
  for (size_t i = 0; i < parser.touched.size(); i++) {
    const Shape& shape = parser.shapes[parser.touched[i]];
    rows += parser.rows[i];
    cells += parser.rows[i] * shape.names.size();
    for (auto& part : parser.parts(shape.key)) out.texts.push_back(part);
    for (size_t at = 0; at < shape.names.size(); at++) {
      const Name& name = parser.names[shape.names[at]];
      out.texts.emplace_back(name.text.p, name.text.n);
    }
    for (size_t at = 0; at < shape.kinds.size(); at++)
      out.texts.push_back(std::to_string(shape.kinds[at]));
    for (auto& text : parser.strings(i)) out.texts.push_back(text);
  }
  require(rows == points && cells == out.values.size(), "columns fit each other");
  std::vector<bool> seen(points);
  for (u32 place : out.order) {
    require(place < points && !seen[place], "each point has one place");
    seen[place] = true;
  }
  for (const Refusal& each : parser.refusals) {
    require(each.start < each.end && each.end <= body.size(), "a refusal lies in the body");
    out.texts.push_back(std::to_string(each.fault) + ":" + std::to_string(each.start));
  }
  out.texts.push_back(std::to_string(parser.refused_total));
  return out;
}

// Of the body that a parser has just read.
static bool check_rows(Parser& parser, Homes& homes) {
  if (!homes.settle(parser)) return false;
  std::vector<std::vector<i64>> cells;
  std::vector<std::vector<u8>> marks;
  std::vector<std::vector<std::string>> texts;
  for (WideBlock& block : homes.blocks) {
    size_t size = block.rows * homes.homes[block.home].width;
    cells.emplace_back(size, 77);
    marks.emplace_back(block.columns < homes.homes[block.home].width ? size : 0, 77);
    u8* marked = marks.back().empty() ? nullptr : marks.back().data();
    homes.aim(cells.size() - 1, cells.back().data(), marked);
    texts.emplace_back();
    for (u32 group : block.groups)
      for (auto& text : parser.strings(group)) texts.back().push_back(text);
  }
  homes.gather(parser);
  std::vector<size_t> rows(parser.touched.size());
  const i64* value = parser.values.data();
  size_t filled = 0, marked = 0;
  for (size_t point = 0; point < parser.times.size(); point++) {
    u32 group = parser.groups[point];
    const Shape& shape = parser.shapes[parser.touched[group]];
    size_t at = 0;
    while (homes.blocks[at].home != shape.home ||
           std::find(homes.blocks[at].groups.begin(), homes.blocks[at].groups.end(), group) ==
               homes.blocks[at].groups.end())
      at++;
    const WideBlock& block = homes.blocks[at];
    size_t row = rows[group]++;
    require(homes.times[block.first + row] == parser.times[point], "a row has its time");
    size_t cell = row * homes.homes[block.home].width + shape.first;
    for (size_t column = 0; column < shape.names.size(); column++, cell++, value++, filled++) {
      if (shape.kinds[column] == STRING)
        require(texts[at][(size_t)cells[at][cell]] == parser.strings(group)[(size_t)*value], "texts");
      else
        require(cells[at][cell] == *value, "a cell has its value");
      require(marks[at].empty() || marks[at][cell] == 1, "a cell that is there is marked");
    }
  }
  for (size_t at = 0; at < cells.size(); at++)
    for (size_t cell = 0; cell < cells[at].size(); cell++) {
      bool present = marks[at].empty() || marks[at][cell] == 1;
      require(present || (marks[at][cell] == 0 && cells[at][cell] == 0), "what is absent is zero");
      marked += present;
    }
  require(filled == marked, "no cell is there that no point has");
  return true;
}

// What the quick way makes of decimals is what the library makes of them.
static void check_decimal(Chance& chance) {
  u64 most = 1;
  for (u64 digits = 1 + chance.next(MOST_DIGITS); digits--;) most *= 10;
  u64 number = 1 + chance.next(most - 1), places = 1 + chance.next(MOST_PLACES);
  std::string text = std::to_string(number);
  if (text.size() <= places) text.insert(0, places + 1 - text.size(), '0');
  text.insert(text.size() - places, ".");
  double wanted = 0;
  std::from_chars(text.data(), text.data() + text.size(), wanted);
  i64 pattern = 0;
  memcpy(&pattern, &wanted, 8);
  require(decimal(number, places) == pattern, "a decimal is the nearest double");
}

static void mutate(Bytes& body, const std::vector<Bytes>& seeds, Chance& chance) {
  for (u64 times = 1 + chance.next(5); times--;) {
    size_t place = chance.next(body.size() + 1);
    switch (chance.next(5)) {
      case 0:
        if (place < body.size()) body[place] = (char)chance.next(256);
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
        size_t start = chance.next(other.size() + 1);
        size_t size = std::min<size_t>(other.size() - start, chance.next(40));
        body.insert(body.begin() + (long)place, other.begin() + (long)start,
                    other.begin() + (long)(start + size));
      }
    }
  }
}

int main(int, char** arguments) {
  auto seeds = corpus<Bytes>(arguments[1]);
  u64 runs = strtoull(arguments[2], nullptr, 10);
  Chance chance{strtoull(arguments[3], nullptr, 10) * 0x9E3779B97F4A7C15ull + 1};
  Parser warm(LIMITS, 5);
  Homes homes;
  u64 wide = 0;
  for (u64 run = 0; run < runs; run++) {
    Bytes body = seeds[chance.next(seeds.size())];
    if (run >= seeds.size()) mutate(body, seeds, chance);
    i64 precision = run % 3 ? 1 : 3600000000000;
    Parser fresh(LIMITS, run);
    Outcome careful = parsed(fresh, body, precision, run % 2);
    require(parsed(fresh, body, precision, run % 2) == careful, "the quick way gives the same");
    require(parsed(warm, body, precision, run % 2, run % 50) == careful, "what is remembered changes nothing");
    wide += check_rows(warm, homes);
    check_decimal(chance);
    if (warm.is_full()) {
      warm.forget();
      homes.forget();
    }
  }
  require(wide || runs < 10000, "some bodies come to rows");
  printf("%llu inputs, no rule broken\n", (unsigned long long)runs);
}
