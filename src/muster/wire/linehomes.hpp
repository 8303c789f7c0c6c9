// Points of many series at the same times as rows, straight from a body: what core/writes/widening.py
// makes of a block for each series, without those blocks.
//
// A series that an earlier body had too gets a home for good: columns beside those that it came
// with; and so does one that comes with many other new ones, as each would cost by itself. A body
// of such series alone is gathered into rows of their homes; any other one, and one in which a
// series has a time twice, is left to the way that looks at each layout.
#pragma once
#include "lineprotocol.hpp"

namespace muster::lines {

constexpr size_t HOME_COLUMNS = 4096;  // of one home
constexpr size_t SPARSE = 4;           // rows that have less of their home than one in so many
constexpr size_t MOST_SPANS = 64;      // different lists of times in one body
constexpr size_t MANY_NEW = 256;       // series of a body that no body had before

struct Home {
  std::vector<u32> shapes;
  size_t width = 0;
};

struct WideBlock {  // rows of one home with one list of times
  u32 home;
  size_t first, rows;          // its times among all times
  size_t columns = 0;          // that the body has of it
  std::vector<u32> groups;     // places in `touched` of what lies in it
  i64* cells = nullptr;        // rows * the home's width, row after row
  u8* marks = nullptr;         // likewise; none when no cell is absent
};

class Homes {
 public:
  std::vector<Home> homes;
  std::vector<WideBlock> blocks;
  std::vector<i64> times;  // of each group, behind each other

  // Whether the body that was read comes to rows of homes: then `blocks` are those.
  bool settle(Parser& parser) {
    blocks.clear();
    if (is_strange(parser) || !order_times(parser) || !find_spans(parser)) return false;
    house(parser);
    return place(parser);
  }

  void aim(size_t block, i64* cells, u8* marks) {
    blocks[block].cells = cells;
    blocks[block].marks = marks;
  }

  // Fills what was aimed at.
  void gather(const Parser& parser) {
    clear_absent();
    count_strings(parser);
    row_.assign(parser.touched.size(), 0);
    const i64* from = parser.values.data();
    for (u32 group : parser.groups) {
      const Shape& shape = parser.shapes[parser.touched[group]];
      const WideBlock& block = blocks[block_of_[group]];
      size_t width = shape.names.size();
      size_t at = row_[group]++ * homes[block.home].width + shape.first;
      memcpy(block.cells + at, from, width * 8);
      if (block.marks) memset(block.marks + at, 1, width);
      if (shape.has_strings) renumber(shape, block.cells + at, strings_[group]);
      from += width;
    }
  }

  void forget() { homes.clear(); }

 private:
  struct Span {
    size_t first, rows;
  };
  std::vector<size_t> start_, row_;     // by group
  std::vector<u32> span_of_, block_of_;  // by group
  std::vector<i64> strings_;            // by group: strings of its block before its own
  std::vector<Span> spans_;

  // Also notes that the shapes were met.
  static bool is_strange(Parser& parser) {
    bool strange = parser.refused_total != 0 || parser.touched.empty() ||
                   parser.keys_total() != parser.touched.size();
    size_t fresh = 0;
    for (u32 number : parser.touched) {
      Shape& shape = parser.shapes[number];
      strange = strange || shape.timed;
      fresh += !shape.met;
      shape.met = true;
    }
    return strange || (fresh != 0 && fresh < MANY_NEW);
  }

  // Whether the times of each group ascend.
  bool order_times(const Parser& parser) {
    size_t groups = parser.touched.size();
    start_.assign(groups + 1, 0);
    for (size_t i = 0; i < groups; i++) start_[i + 1] = start_[i] + parser.rows[i];
    row_.assign(start_.begin(), start_.end());
    times.resize(parser.times.size());
    for (size_t point = 0; point < parser.times.size(); point++)
      times[row_[parser.groups[point]]++] = parser.times[point];
    for (size_t i = 0; i < groups; i++)
      for (size_t at = start_[i] + 1; at < start_[i + 1]; at++)
        if (times[at - 1] >= times[at]) return false;
    return true;
  }

  bool find_spans(const Parser& parser) {
    size_t groups = parser.touched.size();
    size_t most = std::min(MOST_SPANS, std::max<size_t>(4, groups / 8));
    spans_.clear();
    span_of_.resize(groups);
    for (size_t i = 0; i < groups; i++) {
      size_t span = 0, rows = parser.rows[i];
      while (span < spans_.size() &&
             (spans_[span].rows != rows ||
              memcmp(&times[spans_[span].first], &times[start_[i]], rows * 8)))
        span++;
      if (span == most) return false;
      if (span == spans_.size()) spans_.push_back({start_[i], rows});
      span_of_[i] = (u32)span;
    }
    return true;
  }

  void house(Parser& parser) {
    std::vector<std::vector<u32>> waiting(spans_.size());
    for (size_t i = 0; i < parser.touched.size(); i++)
      if (parser.shapes[parser.touched[i]].home == NOTHING)
        waiting[span_of_[i]].push_back(parser.touched[i]);
    for (std::vector<u32>& numbers : waiting) {
      std::sort(numbers.begin(), numbers.end());
      bool is_open = false;
      for (u32 number : numbers) {
        Shape& shape = parser.shapes[number];
        size_t width = shape.names.size();
        if (!is_open || homes.back().width + width > HOME_COLUMNS) homes.emplace_back();
        is_open = true;
        shape.home = (u32)homes.size() - 1;
        shape.first = (u32)homes.back().width;
        homes.back().shapes.push_back(number);
        homes.back().width += width;
      }
    }
  }

  bool place(const Parser& parser) {
    std::unordered_map<u64, u32> known;  // by span and home
    block_of_.resize(parser.touched.size());
    for (size_t i = 0; i < parser.touched.size(); i++) {
      const Shape& shape = parser.shapes[parser.touched[i]];
      auto [found, is_new] =
          known.try_emplace((u64)span_of_[i] << 32 | shape.home, (u32)blocks.size());
      if (is_new) {
        const Span& span = spans_[span_of_[i]];
        blocks.push_back({shape.home, span.first, span.rows});
      }
      WideBlock& block = blocks[found->second];
      block.groups.push_back((u32)i);
      block.columns += shape.names.size();
      block_of_[i] = found->second;
    }
    for (const WideBlock& block : blocks)
      if (block.columns * SPARSE < homes[block.home].width) return false;
    return blocks.size() <= std::max<size_t>(8, parser.touched.size() / 4);
  }

  void clear_absent() {
    for (const WideBlock& block : blocks) {
      size_t cells = block.rows * homes[block.home].width;
      if (!block.marks) continue;
      memset(block.cells, 0, cells * 8);
      memset(block.marks, 0, cells);
    }
  }

  void count_strings(const Parser& parser) {
    strings_.assign(parser.touched.size(), 0);
    for (const WideBlock& block : blocks) {
      i64 before = 0;
      for (u32 group : block.groups) {
        strings_[group] = before;
        if (parser.shapes[parser.touched[group]].has_strings)
          before += (i64)parser.strings(group).size();
      }
    }
  }

  static void renumber(const Shape& shape, i64* cells, i64 before) {
    for (size_t column = 0; column < shape.kinds.size(); column++)
      if (shape.kinds[column] == STRING) cells[column] += before;
  }
};

}  // namespace muster::lines
