// Line protocol from columns. Twin of wire/linewriter.py, PureWriter.
//
// Floats have the shortest digits, laid out as Python's repr does, without a ".0" at the end.
#pragma once

#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

namespace muster::lines {

using i64 = int64_t;
using u8 = uint8_t;

enum Kind { FLOAT = 0, INTEGER = 1, UNSIGNED = 2, BOOLEAN = 3, STRING = 4 };

struct Column {
  size_t number;
  int kind;
  std::string prefix;  // the field's name and "="
};

struct Line {
  std::string prefix;  // measurement, tags and a space
  std::vector<Column> columns;
};

using Template = std::vector<Line>;

inline void add_line(Template& layout, std::string prefix) {
  layout.push_back({std::move(prefix), {}});
}

inline void add_column(Template& layout, size_t number, int kind, std::string prefix) {
  layout.back().columns.push_back({number, kind, std::move(prefix)});
}

struct Block {
  const i64* times;
  size_t rows;
  const i64* values;  // row after row
  size_t width;
  const u8* present;  // null: every cell holds a value
};

struct Piece {
  size_t end;  // in the output
  size_t points;
};

constexpr int NUMBER_BYTES = 40;  // more than any number takes

inline void put_integer(std::string& out, i64 number) {
  char text[NUMBER_BYTES];
  auto end = std::to_chars(text, text + sizeof text, number).ptr;
  out.append(text, end - text);
}

inline void put_float(std::string& out, double number) {
  char text[NUMBER_BYTES];
  auto end = std::to_chars(text, text + sizeof text, number, std::chars_format::scientific).ptr;
  const char* p = text;
  if (*p == '-') out.push_back(*p++);
  // What is left is d[.ddd]e±xx.
  const char* e = p;
  while (*e != 'e') e++;
  char digits[NUMBER_BYTES];
  int count = 0, exponent = 0;
  for (const char* at = p; at < e; at++)
    if (*at != '.') digits[count++] = *at;
  std::from_chars(e[1] == '+' ? e + 2 : e + 1, end, exponent);
  int point = exponent + 1;  // where the decimal point is among the digits
  if (point <= -4 || point > 16) {
    out.push_back(digits[0]);
    if (count > 1) out.push_back('.');
    out.append(digits + 1, count - 1);
    out.append(e, end - e);  // two digits at least, as Python has them
  } else if (point <= 0) {
    out.append("0.");
    out.append(-point, '0');
    out.append(digits, count);
  } else if (point >= count) {
    out.append(digits, count);
    out.append(point - count, '0');
  } else {
    out.append(digits, point);
    out.push_back('.');
    out.append(digits + point, count - point);
  }
}

// Write one cell behind its comma; false for one that cannot be said.
inline bool put_cell(std::string& out, const Column& column, i64 pattern,
                     const std::vector<std::string>& strings, bool first) {
  double number = 0;
  if (column.kind == FLOAT) {
    std::memcpy(&number, &pattern, sizeof number);
    if (!std::isfinite(number)) return false;
  }
  if (column.kind == UNSIGNED && pattern < 0) return false;
  if (column.kind == STRING && (pattern < 0 || (size_t)pattern >= strings.size())) return false;
  if (!first) out.push_back(',');
  out += column.prefix;
  switch (column.kind) {
    case FLOAT: put_float(out, number); break;
    case BOOLEAN: out.append(pattern ? "true" : "false"); break;
    case STRING: out += strings[(size_t)pattern]; break;
    default:
      put_integer(out, pattern);
      out.push_back('i');
  }
  return true;
}

// Pieces of at least `most` bytes, but for the last; each line with its end.
inline void write(const Template& layout, const Block& block,
                  const std::vector<std::string>& strings, size_t most, std::string& out,
                  std::vector<Piece>& pieces) {
  size_t start = 0, points = 0;
  for (const Line& line : layout)
    for (size_t row = 0; row < block.rows; row++) {
      size_t before = out.size();
      bool first = true;
      out += line.prefix;
      for (const Column& column : line.columns) {
        size_t cell = row * block.width + column.number;
        if (block.present && !block.present[cell]) continue;
        if (put_cell(out, column, block.values[cell], strings, first)) first = false;
      }
      if (first) {
        out.resize(before);
        continue;
      }
      out.push_back(' ');
      put_integer(out, block.times[row]);
      out.push_back('\n');
      points++;
      if (out.size() - start >= most) {
        pieces.push_back({out.size(), points});
        start = out.size();
        points = 0;
      }
    }
  if (points) pieces.push_back({out.size(), points});
}

}  // namespace muster::lines
