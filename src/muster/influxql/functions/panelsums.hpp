// Cells of groups of series and windows, of points that share their times: see panelsums.py.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <vector>

namespace panelsums {

enum Function { COUNT, SUM, MEAN, LEAST, MOST, FIRST, LAST, MEDIAN };

struct Windows {
  int64_t first, length, count;
};

// Times, and whose they are.
struct Points {
  const int64_t* times;
  int64_t rows;
  const char* values;
  int64_t step;  // bytes from one series to the next
  int64_t series;
  const int64_t* begins;  // of each group; NULL: each is a series
  int64_t groups;

  bool are_groups() const {
    for (int64_t group = 0; group < groups; group++) {
      if (!(0 <= begin(group) && begin(group) < begin(group + 1))) return false;
    }
    return begin(groups) == series;
  }

  int64_t begin(int64_t group) const {
    return begins == nullptr ? group : group < groups ? begins[group] : series;
  }
};

// Rows that lie in one window.
struct Run {
  int64_t window, begin, end;
};

constexpr int64_t MOST_RUNS = 64;  // at a time: those of a long range would need memory

// The next windows with points. -1 where times do not ascend, or lie in no window.
inline int64_t next_runs(const Points& points, const Windows& windows, int64_t& row, Run* runs) {
  const int64_t *times = points.times, rows = points.rows;
  int64_t found = 0;
  while (row < rows && found < MOST_RUNS) {
    const int64_t begin = row, window = (times[row] - windows.first) / windows.length;
    if (times[row] < windows.first || window >= windows.count) return -1;
    const int64_t end = windows.first + (window + 1) * windows.length;
    for (row++; row < rows && times[row] < end; row++) {
      if (times[row] < times[row - 1]) return -1;
    }
    runs[found++] = {window, begin, row};
  }
  return found;
}

// Integers wrap.
template <typename T>
inline T added(T one, T other) {
  if constexpr (std::is_same_v<T, int64_t>) {
    return int64_t(uint64_t(one) + uint64_t(other));
  } else {
    return one + other;
  }
}

template <int FUNCTION, typename T>
inline T put_together(T one, T other) {
  if constexpr (FUNCTION == LEAST) return other < one ? other : one;
  if constexpr (FUNCTION == MOST) return other > one ? other : one;
  return added(one, other);
}

// Of a series into the windows of its group.
template <int FUNCTION, typename T>
inline void join(const T* row, bool is_first, const Run* runs, int64_t count, T* cells) {
  for (const Run* run = runs; run < runs + count; run++) {
    T cell = row[FUNCTION == LAST ? run->end - 1 : run->begin];
    if constexpr (FUNCTION != FIRST && FUNCTION != LAST) {
      for (int64_t at = run->begin + 1; at < run->end; at++) {
        cell = put_together<FUNCTION>(cell, row[at]);
      }
      if (!is_first) cell = put_together<FUNCTION>(cells[run->window], cell);
    }
    cells[run->window] = cell;
  }
}

template <typename T>
inline double between(T low, T high) {
  if constexpr (std::is_same_v<T, int64_t>) {
    return double(low) + double(int64_t(uint64_t(high) - uint64_t(low))) / 2;
  } else {
    return double(low) + double(high - low) / 2;
  }
}

// `held` is room for the points of a window.
template <typename T>
inline double median(const T* begin, const T* end, std::vector<T>& held) {
  held.assign(begin, end);
  const auto middle = held.begin() + held.size() / 2;
  std::nth_element(held.begin(), middle, held.end());
  if (held.size() % 2) return double(*middle);
  return between(*std::max_element(held.begin(), middle), *middle);
}

// Of the points of a group. A cell is 8 bytes: of counts an integer, of means and medians a double.
template <typename T>
inline void fill(int function, const Points& points, int64_t group, const Run* runs, int64_t count,
                 std::vector<T>& held, char* cells) {
  const int64_t begin = points.begin(group), end = points.begin(group + 1);
  T* const own = reinterpret_cast<T*>(cells);
  for (int64_t series = begin; series < end && function != COUNT; series++) {
    const T* row = reinterpret_cast<const T*>(points.values + series * points.step);
    const bool is_first = series == begin;
    switch (function) {
      case LEAST: join<LEAST>(row, is_first, runs, count, own); break;
      case MOST: join<MOST>(row, is_first, runs, count, own); break;
      case FIRST: join<FIRST>(row, is_first, runs, count, own); break;
      case LAST: join<LAST>(row, is_first, runs, count, own); break;
      case MEDIAN: break;
      default: join<SUM>(row, is_first, runs, count, own);
    }
  }
  if (function != COUNT && function != MEAN && function != MEDIAN) return;
  const T* row = reinterpret_cast<const T*>(points.values + begin * points.step);
  for (const Run* run = runs; run < runs + count; run++) {
    const int64_t number = (run->end - run->begin) * (end - begin);
    char* const cell = cells + 8 * run->window;
    if (function == COUNT) {
      std::memcpy(cell, &number, 8);
      continue;
    }
    const double made = function == MEDIAN ? median(row + run->begin, row + run->end, held)
                                           : double(own[run->window]) / double(number);
    std::memcpy(cell, &made, 8);
  }
}

// All cells, group by group: how many windows have points. -1 for other times than those of windows.
template <typename T>
inline int64_t cells_of(int function, const Points& points, const Windows& windows, char* cells) {
  Run runs[MOST_RUNS];
  std::vector<T> held;
  int64_t row = 0, all = 0;
  while (row < points.rows) {
    const int64_t count = next_runs(points, windows, row, runs);
    if (count < 0) return -1;
    for (int64_t group = 0; group < points.groups; group++) {
      fill(function, points, group, runs, count, held, cells + 8 * group * windows.count);
    }
    all += count;
  }
  return all;
}

// Which windows have points, the same for each group.
inline void there(const Points& points, const Windows& windows, char* marks) {
  for (int64_t row = 0; row < points.rows; row++) {
    marks[(points.times[row] - windows.first) / windows.length] = 1;
  }
  for (int64_t group = 1; group < points.groups; group++) {
    std::memcpy(marks + group * windows.count, marks, windows.count);
  }
}

inline double quotient(double one, double other) { return other == 0 ? 0 : one / other; }

// Cells under an operator with a number. False for other operators.
inline bool under(char op, double number, bool is_first, double* cells, int64_t count) {
  for (double* cell = cells; cell < cells + count; cell++) {
    switch (op) {
      case '+': *cell = *cell + number; break;
      case '-': *cell = is_first ? number - *cell : *cell - number; break;
      case '*': *cell = *cell * number; break;
      case '/': *cell = is_first ? quotient(number, *cell) : quotient(*cell, number); break;
      default: return false;
    }
  }
  return true;
}

}  // namespace panelsums
