// Cells of answers as JSON, one behind the other: muster.influxql.answers.rowtexts.
#pragma once

#include <charconv>
#include <cmath>
#include <cstdint>
#include <string>

namespace rowtexts {

// From here on, and below, Go's digits are not those of to_chars: Python writes them.
constexpr double LARGE = 1e15, SMALL = 1e-3;

class Writer {
 public:
  std::string text;

  void raw(const char* from, size_t size) { text.append(from, size); }

  void sign(char one) { text.push_back(one); }

  void integer(int64_t value) { put(std::to_chars(cell, cell + sizeof cell, value).ptr); }

  void whole(uint64_t value) { put(std::to_chars(cell, cell + sizeof cell, value).ptr); }

  // False, and nothing written, for a number that only Python can write.
  bool real(double value) {
    const double size = std::fabs(value);
    if (size >= LARGE || (size < SMALL && size > 0)) return false;
    if (tenths(value, size)) return true;
    put(std::to_chars(cell, cell + sizeof cell, value, std::chars_format::fixed).ptr);
    return true;
  }

 private:
  char cell[64];

  // Numbers of one decimal, as most that were measured are: no shorter text gives them back.
  bool tenths(double value, double size) {
    if (size < 0.1 || size > LARGE / 100) return false;
    const int64_t number = std::llrint(size * 10);
    if (number % 10 == 0 || double(number) / 10 != size) return false;
    char* at = cell;
    if (value < 0) *at++ = '-';
    at = std::to_chars(at, cell + sizeof cell, number / 10).ptr;
    *at++ = '.';
    *at++ = char('0' + number % 10);
    put(at);
    return true;
  }

  void put(const char* end) { text.append(cell, end - cell); }
};

}  // namespace rowtexts
