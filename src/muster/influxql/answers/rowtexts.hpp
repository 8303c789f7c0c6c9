// Cells of answers as JSON, one behind the other: muster.influxql.answers.rowtexts.
#pragma once

#include <Python.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <new>
#include <utility>

namespace rowtexts {

// From here on, and below, Go's digits are not those of to_chars: Python writes them.
constexpr double LARGE = 1e15, SMALL = 1e-3;
constexpr size_t LONGEST = 64;  // text of a number

class Writer {
 public:
  Writer() = default;
  Writer(const Writer&) = delete;
  ~Writer() { Py_XDECREF(text); }

  // What was written, which is not copied: answers may be long. NULL: no memory.
  PyObject* taken() {
    reserve(1);
    if (_PyBytes_Resize(&text, size())) return nullptr;
    return std::exchange(text, nullptr);
  }

  // Room for so many bytes more. Numbers see to their own.
  void reserve(size_t bytes) {
    if (size_t(end - at) >= bytes) return;
    const size_t used = size(), wanted = std::max(used + bytes, 2 * size_t(end - begin()));
    if (text == nullptr) {
      text = PyBytes_FromStringAndSize(nullptr, wanted);
    } else {
      _PyBytes_Resize(&text, wanted);
    }
    if (text == nullptr) throw std::bad_alloc();
    at = begin() + used;
    end = begin() + wanted;
  }

  void raw(const char* from, size_t bytes) {
    reserve(bytes);
    std::memcpy(at, from, bytes);
    at += bytes;
  }

  void sign(char one) {
    reserve(1);
    *at++ = one;
  }

  void whole(uint64_t value) {
    reserve(LONGEST);
    at = std::to_chars(at, end, value).ptr;
  }

  // Divided, towards zero. Most are times at one distance, of which the last digits alone are new.
  void integer(int64_t value, int64_t unit) {
    reserve(LONGEST);
    const int64_t quotient = unit == 1 ? value : divided(value, unit);
    if (quotient < TAIL) {
      at = std::to_chars(at, end, quotient).ptr;
      return;
    }
    if (quotient / TAIL != front) {
      front = quotient / TAIL;
      front_size = std::to_chars(front_text, front_text + sizeof front_text, front).ptr - front_text;
    }
    std::memcpy(at, front_text, sizeof front_text);
    at += front_size;
    const uint32_t tail = uint32_t(quotient % TAIL);
    four(tail / 10000);
    four(tail % 10000);
  }

  // False, and nothing written, for a number that only Python can write.
  bool real(double value) {
    const double size = std::fabs(value);
    if (size >= LARGE || (size < SMALL && size > 0)) return false;
    reserve(LONGEST);
    if (size > 0 && size == std::trunc(size)) {
      at = std::to_chars(at, end, int64_t(value)).ptr;
    } else if (!tenths(value, size)) {
      at = std::to_chars(at, end, value, std::chars_format::fixed).ptr;
    }
    return true;
  }

 private:
  char* begin() const { return text == nullptr ? nullptr : PyBytes_AS_STRING(text); }

  size_t size() const { return at - begin(); }

  static constexpr int64_t TAIL = 100000000;  // eight digits
  PyObject* text = nullptr;
  char *at = nullptr, *end = nullptr;
  char front_text[16];
  int64_t front = 0;
  size_t front_size = 0;
  int64_t last = -1, last_unit = 0, last_quotient = 0, step = 0, quotient_step = 0;
  bool is_whole = false;  // the step is a multiple of the unit

  int64_t divided(int64_t value, int64_t unit) {
    if (value < 0 || last < 0 || unit != last_unit) {
      last_quotient = value / unit;
      is_whole = false;
    } else if (is_whole && value - last == step) {
      last_quotient += quotient_step;
    } else {
      step = value - last;
      quotient_step = step / unit;
      is_whole = quotient_step * unit == step;
      last_quotient = value / unit;
    }
    last = value;
    last_unit = unit;
    return last_quotient;
  }

  void four(uint32_t number) {
    at[0] = char('0' + number / 1000);
    at[1] = char('0' + number / 100 % 10);
    at[2] = char('0' + number / 10 % 10);
    at[3] = char('0' + number % 10);
    at += 4;
  }

  // Numbers of one decimal, as most that were measured are: no shorter text gives them back.
  bool tenths(double value, double size) {
    if (size < 0.1 || size > LARGE / 100) return false;
    const int64_t number = std::llrint(size * 10);
    if (number % 10 == 0 || double(number) / 10 != size) return false;
    if (value < 0) *at++ = '-';
    at = std::to_chars(at, end, number / 10).ptr;
    *at++ = '.';
    *at++ = char('0' + number % 10);
    return true;
  }
};

}  // namespace rowtexts
