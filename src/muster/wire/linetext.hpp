// The grammar of a line over raw memory: the rules of wire/linescan.py, which says why they are so.
//
// Nothing here allocates but the vectors that are handed in. A body is [begin, end); every place
// is a pointer into it. Numbers of faults are those of wire/lineparsed.py.
#pragma once
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "tables.hpp"

namespace muster::lines {

using namespace muster::tables;

constexpr size_t KEY_BYTES = 65535;
constexpr i64 LATEST_NS = INT64_MAX - 1;
enum Kind : u8 { FLOAT = 0, INTEGER = 1, UNSIGNED = 2, BOOLEAN = 3, STRING = 4 };

enum Fault : int {
  NONE = 0,
  MEASUREMENT = 1,
  FIELDS,
  TAG_KEY,
  TAG_VALUE,
  TAG_FORMAT,
  TAG_TWICE,
  FIELD_KEY,
  FIELD_VALUE,
  FIELD_FORMAT,
  QUOTES,
  NUMBER,
  BAD_FLOAT,
  BAD_BOOLEAN,
  TIMESTAMP,
  TIME_RANGE,
  POINT,
  INTEGER_RANGE,
  UNSIGNED_RANGE,
  TIME_DIGITS,
  TIME_SYNTAX,
  FIELD_END,
  LONG_KEY,
  MANY_TAGS,
  MANY_FIELDS,
  LONG_LINE,
};

inline int compare(const Text& a, const Text& b) {
  int order = memcmp(a.p, b.p, std::min(a.n, b.n));
  return order ? order : (a.n < b.n ? -1 : a.n > b.n);
}

// What a fault is about: text of the body, or a number.
struct About {
  Text text{nullptr, 0};
  u64 number = 0;
};

struct Tag {
  Text key, whole;  // escaped; `whole` is the key, "=" and the value
};

struct Value {
  Kind kind = FLOAT;
  i64 pattern = 0;
  Text text{nullptr, 0};  // of a string, still escaped
};

struct Field {
  Text key;  // still escaped
  Value value;
};

inline bool is_blank(char c) { return c == ' ' || c == '\t' || c == 0; }
inline bool is_digit(char c) { return (u8)(c - '0') < 10; }
inline bool ends_value(char c) { return c == ',' || c == ' '; }

inline const char* skip_blanks(const char* p, const char* end) {
  while (p < end && is_blank(*p)) p++;
  return p;
}

// The first of two or three bytes that no backslash stands before, or the end.
inline const char* unescaped(const char* p, const char* end, char a, char b, char c) {
  while (p < end && ((*p != a && *p != b && *p != c) || p[-1] == '\\')) p++;
  return p;
}

// A copy without the backslashes that hide one of `specials`.
inline void unescape(Text text, const char* specials, std::string& out) {
  out.clear();
  for (size_t i = 0; i < text.n; i++) {
    if (text.p[i] == '\\' && i + 1 < text.n && text.p[i + 1] && strchr(specials, text.p[i + 1]))
      i++;
    out.push_back(text.p[i]);
  }
}

constexpr const char* NAME_SPECIALS = ",\" =";
constexpr const char* TAG_SPECIALS = ", =";
constexpr const char* STRING_SPECIALS = "\"\\";

inline const char* line_end(const char* p, const char* end) {
  bool in_fields = false, quoted = false;
  size_t equals = 0, commas = 0;
  for (; p < end; p++) {
    if (*p == '\\' && end - p > 2)
      p++;
    else if (*p == ' ')
      in_fields = true;
    else if (*p == '=' && in_fields && !quoted)
      equals++;
    else if (*p == ',' && in_fields && !quoted)
      commas++;
    else if (*p == '"' && in_fields && equals > commas)
      quoted = !quoted;
    else if (*p == '\n' && !quoted)
      return p;
  }
  return end;
}

// Digits with an optional sign, as far as they are no larger than a bound.
inline bool magnitude(Text text, u64 most, u64& out) {
  const char *p = text.p, *end = p + text.n;
  if (p < end && *p == '-') p++;
  while (p < end && *p == '0') p++;
  if (end - p > 20) return false;
  u64 number = 0;
  for (; p < end; p++) {
    u64 digit = (u64)(*p - '0');
    if (number > (UINT64_MAX - digit) / 10) return false;
    number = number * 10 + digit;
  }
  out = number;
  return number <= most;
}

inline bool signed_number(Text text, i64& out) {
  bool negative = text.n && *text.p == '-';
  u64 number = 0;
  if (!magnitude(text, (u64)INT64_MAX + negative, number)) return false;
  out = (i64)(negative ? 0 - number : number);
  return true;
}

// Whether a number that has no place among doubles is too small to matter: then it is zero.
inline bool is_tiny(Text text) {
  const char *p = text.p, *end = p + text.n;
  i64 places = 0, exponent = 0;  // of the first digit that is not zero, before the point
  bool seen = false, point = false;
  for (; p < end && *p != 'e' && *p != 'E'; p++) {
    if (*p == '.')
      point = true;
    else if (is_digit(*p)) {
      seen = seen || *p != '0';
      places += seen && !point ? 1 : !seen && point ? -1 : 0;
    }
  }
  bool negative = false;
  if (p < end) {
    p++;
    if (p < end && (*p == '-' || *p == '+')) negative = *p++ == '-';
    for (; p < end; p++) exponent = std::min<i64>(exponent * 10 + (*p - '0'), INT64_MAX / 20);
  }
  return places + (negative ? -exponent : exponent) < 0;
}

inline bool real_number(Text text, i64& pattern) {
  double value = 0;
  auto [stop, error] = std::from_chars(text.p, text.p + text.n, value);
  if (stop != text.p + text.n || error == std::errc::invalid_argument) return false;
  if (error == std::errc::result_out_of_range) {
    if (!is_tiny(text)) return false;
    value = *text.p == '-' ? -0.0 : 0.0;
  }
  if (!std::isfinite(value)) return false;
  memcpy(&pattern, &value, 8);
  return true;
}

// A token that begins like a number: its shape first, then its size.
inline Fault number_value(Text text, bool with_unsigned, Value& out, About& about) {
  const char *p = text.p, *end = p + text.n;
  bool negative = p < end && *p == '-';
  if (negative) p++;
  size_t digits = 0, points = 0, exponents = 0;
  char suffix = 0;
  for (; p < end && !suffix; p++) {
    if (is_digit(*p))
      digits++;
    else if (*p == '.')
      points++;
    else if ((*p == 'e' || *p == 'E') && p > text.p) {
      exponents++;
      if (end - p > 1 && (p[1] == '+' || p[1] == '-')) p++;
    } else if ((*p == 'i' || *p == 'u') && p > text.p)
      suffix = *p;
    else
      return NUMBER;
  }
  if (p < end || points > 1 || (!digits && !exponents)) return NUMBER;
  if (!suffix) {
    out.kind = FLOAT;
    return real_number(text, out.pattern) ? NONE : BAD_FLOAT;
  }
  Text bare{text.p, text.n - 1};
  about.text = bare;
  if (points || exponents || !digits) return NUMBER;
  if (suffix == 'i') {
    out.kind = INTEGER;
    return signed_number(bare, out.pattern) ? NONE : INTEGER_RANGE;
  }
  if (!with_unsigned || negative) return NUMBER;
  u64 number = 0;
  if (!magnitude(bare, UINT64_MAX, number)) return UNSIGNED_RANGE;
  out.kind = UNSIGNED;
  out.pattern = (i64)number;
  return NONE;
}

inline Fault boolean_value(Text text, Value& out) {
  static const char* const spellings[] = {"f", "F", "false", "False", "FALSE",
                                          "t", "T", "true",  "True",  "TRUE"};
  for (int i = 0; i < 10; i++) {
    if (text == Text{spellings[i], strlen(spellings[i])}) {
      out.kind = BOOLEAN;
      out.pattern = i > 4;
      return NONE;
    }
  }
  return BAD_BOOLEAN;
}

inline Fault plain_value(Text text, bool with_unsigned, Value& out, About& about) {
  char c = text.n ? *text.p : '-';
  if (is_digit(c) || c == '-' || c == '.' || c == 'N' || c == 'n')
    return number_value(text, with_unsigned, out, about);
  return boolean_value(text, out);
}

// One line, read with care.
class Line {
 public:
  Text measurement{nullptr, 0};  // escaped
  std::vector<Tag> tags;         // sorted
  std::vector<Field> fields;     // as they come; one key may be there twice
  bool has_time = false;
  i64 time_ns = 0;
  About about;

  Fault scan(const char* begin, const char* end, i64 precision, size_t most_tags,
             size_t most_fields, bool with_unsigned) {
    begin_ = begin;
    end_ = end;
    unsigned_ = with_unsigned;
    tags.clear();
    fields.clear();
    about = {};
    const char* p = begin;
    Fault fault = scan_key(p, most_tags);
    if (fault) return fault;
    size_t key_bytes = (size_t)(p - begin);
    if (key_bytes > KEY_BYTES) {
      about.number = key_bytes;
      return LONG_KEY;
    }
    p = skip_blanks(p, end);
    const char* start = p;
    if ((fault = scan_fields(p))) return fault;
    if ((fault = take_fields(start, p, key_bytes, most_fields))) return fault;
    return scan_time(p, precision);
  }

 private:
  const char *begin_ = nullptr, *end_ = nullptr;
  bool unsigned_ = false;

  Fault scan_key(const char*& p, size_t most_tags) {
    if (*p == ',') return MEASUREMENT;
    p = unescaped(p + 1, end_, ',', ' ', ' ');
    if (p == end_) return FIELDS;
    measurement = {begin_, (size_t)(p - begin_)};
    while (*p == ',') {
      Fault fault = scan_tag(++p);
      if (fault) return fault;
    }
    if (tags.size() > most_tags) {
      about.number = tags.size();
      return MANY_TAGS;
    }
    std::sort(tags.begin(), tags.end(),
              [](const Tag& a, const Tag& b) { return compare(a.key, b.key) < 0; });
    for (size_t i = 1; i < tags.size(); i++)
      if (tags[i - 1].key == tags[i].key) return TAG_TWICE;
    return NONE;
  }

  Fault scan_tag(const char*& p) {
    const char* start = p;
    if (p == end_ || *p == ' ' || *p == ',' || *p == '=') return TAG_KEY;
    p = unescaped(p + 1, end_, ',', '=', ' ');
    if (p == end_ || *p != '=') return TAG_VALUE;
    Text key{start, (size_t)(p - start)};
    p++;
    if (p == end_ || *p == ' ' || *p == ',') return TAG_VALUE;
    p = unescaped(p + 1, end_, ',', '=', ' ');
    if (p == end_) return FIELDS;
    if (*p == '=') return TAG_FORMAT;
    tags.push_back({key, {start, (size_t)(p - start)}});
    return NONE;
  }

  Fault scan_fields(const char*& p) {
    const char* start = p;
    bool quoted = false;
    size_t equals = 0, commas = 0;
    while (p < end_) {
      if (*p == '\\' && end_ - p > 1)
        p++;
      else if (*p == '"' && equals > commas)
        quoted = !quoted;
      else if (*p == '=' && !quoted) {
        equals++;
        Fault fault = scan_value(p, start);
        if (fault) return fault;
        continue;
      } else if (*p == ',' && !quoted)
        commas++;
      else if (*p == ' ' && !quoted)
        break;
      p++;
    }
    if (quoted) return QUOTES;
    return !equals || commas != equals - 1 ? FIELD_FORMAT : NONE;
  }

  Fault scan_value(const char*& p, const char* start) {
    if (p == start || ((p[-1] == ' ' || p[-1] == ',') && p[-2] != '\\')) return FIELD_KEY;
    p++;
    if (p == end_ || ends_value(*p)) return FIELD_VALUE;
    if (*p == '"') return NONE;
    const char* token = p;
    while (p < end_ && !ends_value(*p)) p++;
    Value value;
    return plain_value({token, (size_t)(p - token)}, unsigned_, value, about);
  }

  Fault take_fields(const char* p, const char* end, size_t key_bytes, size_t most) {
    while (p < end) {
      const char* equals = p;
      while (equals < end && (*equals != '=' || equals[-1] == '\\')) equals++;
      Text key{p, (size_t)(equals - p)};
      if (end - equals < 2) {
        about.text = key;
        return FIELD_END;
      }
      if (key_bytes + 4 + key.n > KEY_BYTES) {
        about.number = key_bytes + 4 + key.n;
        return LONG_KEY;
      }
      const char* start = equals + 1;
      p = value_end(start, end);
      Value value;
      Fault fault = take_value({start, (size_t)(p - start)}, value);
      if (fault) return fault;
      fields.push_back({key, value});
      p++;
    }
    about.number = fields.size();
    return fields.size() > most ? MANY_FIELDS : NONE;
  }

  static const char* value_end(const char* p, const char* end) {
    bool quoted = false;
    for (; p < end; p++) {
      if (*p == '\\' && end - p > 1 && (p[1] == '"' || p[1] == '\\'))
        p++;
      else if (*p == '"')
        quoted = !quoted;
      else if (*p == ',' && !quoted)
        break;
    }
    return p;
  }

  Fault take_value(Text text, Value& value) {
    if (!text.n || *text.p != '"') return plain_value(text, unsigned_, value, about);
    value.kind = STRING;
    value.text = {text.p + 1, text.n > 1 ? text.n - 2 : 0};
    return NONE;
  }

  Fault scan_time(const char* p, i64 precision) {
    p = skip_blanks(p, end_);
    const char* start = p;
    if (p < end_ && *p == '-') p++;
    while (p < end_ && is_digit(*p)) p++;
    if (p < end_ && *p != ' ' && *p != '\n') return TIMESTAMP;
    Text text{start, (size_t)(p - start)};
    has_time = text.n != 0;
    if (!has_time) return NONE;
    about.text = text;
    if (text.n == 1 && *start == '-') return TIME_SYNTAX;
    i64 number = 0;
    if (!signed_number(text, number)) return TIME_DIGITS;
    if (__builtin_mul_overflow(number, precision, &time_ns) || time_ns > LATEST_NS ||
        time_ns < -LATEST_NS)
      return TIME_RANGE;
    while (p < end_ && *p == ' ') p++;
    return p < end_ ? POINT : NONE;
  }
};

}  // namespace muster::lines
