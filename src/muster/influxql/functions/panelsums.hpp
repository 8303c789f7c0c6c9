// Cells of groups of series and windows, of points that share their times: see panelsums.py.
#pragma once

#include <algorithm>
#include <cstdint>
#include <type_traits>
#include <vector>

namespace panelsums {

enum Function { COUNT, SUM, MEAN, LEAST, MOST, FIRST, LAST, MEDIAN };

// Rows that lie in one window.
struct Run {
  int64_t window, begin, end;
};

// False where times do not ascend, or lie in no window.
inline bool runs_of(const int64_t* times, int64_t rows, int64_t first, int64_t length,
                    int64_t count, std::vector<Run>& runs) {
  int64_t window = -1, end = first;  // of the latest window
  for (int64_t row = 0; row < rows; row++) {
    const int64_t time = times[row];
    if (time < first || (row && time < times[row - 1])) return false;
    if (window < 0 || time >= end) {
      window = (time - first) / length;
      if (window >= count) return false;
      end = first + (window + 1) * length;
      if (!runs.empty()) runs.back().end = row;
      runs.push_back({window, row, rows});
    }
  }
  return true;
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

// Of the series [start, end), `step` bytes apart, into the windows of their group.
template <int FUNCTION, typename T>
inline void group(const char* values, int64_t step, int64_t start, int64_t end,
                  const std::vector<Run>& runs, T* cells) {
  for (int64_t series = start; series < end; series++) {
    const T* row = reinterpret_cast<const T*>(values + series * step);
    for (const Run& run : runs) {
      T cell = row[FUNCTION == LAST ? run.end - 1 : run.begin];
      if constexpr (FUNCTION != FIRST && FUNCTION != LAST) {
        for (int64_t at = run.begin + 1; at < run.end; at++) {
          cell = put_together<FUNCTION>(cell, row[at]);
        }
        if (series > start) cell = put_together<FUNCTION>(cells[run.window], cell);
      }
      cells[run.window] = cell;
    }
  }
}

template <typename T>
inline void cells_of(int function, const char* values, int64_t step, int64_t start, int64_t end,
                     const std::vector<Run>& runs, T* cells) {
  switch (function) {
    case LEAST: return group<LEAST>(values, step, start, end, runs, cells);
    case MOST: return group<MOST>(values, step, start, end, runs, cells);
    case FIRST: return group<FIRST>(values, step, start, end, runs, cells);
    case LAST: return group<LAST>(values, step, start, end, runs, cells);
    default: return group<SUM>(values, step, start, end, runs, cells);
  }
}

// Sums made to means. `held` is where sums are: of floats the same place.
template <typename T>
inline void means(const T* held, const int64_t* counts, int64_t count, double* cells) {
  for (int64_t at = 0; at < count; at++) {
    if (counts[at]) cells[at] = double(held[at]) / double(counts[at]);
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

// Of one series. `held` is room for the points of a window.
template <typename T>
inline void medians(const char* values, const std::vector<Run>& runs, std::vector<T>& held,
                    double* cells) {
  const T* row = reinterpret_cast<const T*>(values);
  for (const Run& run : runs) {
    held.assign(row + run.begin, row + run.end);
    const auto middle = held.begin() + held.size() / 2;
    std::nth_element(held.begin(), middle, held.end());
    cells[run.window] = held.size() % 2 ? double(*middle)
                                        : between(*std::max_element(held.begin(), middle), *middle);
  }
}

}  // namespace panelsums
