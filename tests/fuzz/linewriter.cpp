// Sanitized fuzz of wire/linewriter.hpp: columns of arbitrary patterns.
//
//   linewriter CORPUS RUNS SEED       reads patterns out of the files of a folder, and random ones
//
// Rules: no read or write out of bounds, no undefined behaviour; a float that is written is the
// same when it is read; pieces follow each other, end in a line end and count their lines.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>

#include "chance.hpp"
#include "linewriter.hpp"

using namespace muster::lines;
using u64 = uint64_t;

static void check_float(double number) {
  std::string text;
  put_float(text, number);
  double again = strtod(text.c_str(), nullptr);
  require(!memcmp(&again, &number, sizeof number), "a float comes back");
  require(text.size() < NUMBER_BYTES, "a float is short");
}

static void run(Chance& chance, const std::vector<i64>& known) {
  size_t width = 1 + chance.next(5), rows = chance.next(5), cells = width * rows;
  Template layout;
  for (size_t number = 0; number < width; number++) {
    if (!number || !chance.next(3)) add_line(layout, "m,t=" + std::to_string(number) + " ");
    add_column(layout, number, (int)chance.next(5), "f" + std::to_string(number) + "=");
  }
  // Room of just the size, so that one cell too far is seen.
  std::unique_ptr<i64[]> times(new i64[rows]), values(new i64[cells]);
  std::unique_ptr<u8[]> present(new u8[cells]);
  for (size_t row = 0; row < rows; row++) times[row] = (i64)chance.next();
  for (size_t cell = 0; cell < cells; cell++) {
    values[cell] = chance.next(3)               ? known[chance.next(known.size())]
                   : chance.next(2)             ? (i64)chance.next()
                                                : (i64)chance.next(4);
    present[cell] = (u8)chance.next(2);
    double number;
    memcpy(&number, &values[cell], sizeof number);
    if (std::isfinite(number)) check_float(number);
  }
  std::vector<std::string> strings(chance.next(3), "\"x y\"");
  Block block{times.get(), rows, values.get(), width, chance.next(2) ? present.get() : nullptr};
  std::string out;
  std::vector<Piece> pieces;
  write(layout, block, strings, 1 + chance.next(200), out, pieces);
  size_t start = 0;
  for (const Piece& piece : pieces) {
    require(piece.end > start && piece.end <= out.size(), "pieces follow each other");
    require(out[piece.end - 1] == '\n', "a piece ends in a line end");
    require((size_t)std::count(out.begin() + start, out.begin() + piece.end, '\n') == piece.points,
            "a piece counts its lines");
    start = piece.end;
  }
  require(start == out.size(), "nothing is behind the last piece");
}

int main(int count, char** words) {
  if (count != 4) return 2;
  std::vector<i64> known{0, -1, INT64_MAX, INT64_MIN, 0x7FF0000000000000, 0x7FF8000000000001, 1};
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(words[1])) files.push_back(entry);
  std::sort(files.begin(), files.end());
  for (const auto& file : files) {
    std::ifstream in(file, std::ios::binary);
    for (i64 pattern; in.read((char*)&pattern, sizeof pattern);) known.push_back(pattern);
  }
  Chance chance{0x9E3779B97F4A7C15u ^ (u64)atoll(words[3])};
  long runs = atol(words[2]);
  for (long at = 0; at < runs; at++) run(chance, known);
  printf("%ld inputs, no rule broken\n", runs);
}
