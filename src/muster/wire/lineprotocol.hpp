// Line protocol to columns: compiled twin of wire/lineprotocol.py.
//
// A line without backslashes, of a series and with fields that were met before, goes the quick way
// (quick_line): its bytes are compared with what came last time, and its values are read. One that
// has the fields of the last line of its key goes by their form, without a look at each name's
// place. Whatever is new, strange or wrong goes the careful way (linetext.hpp), which decides alone
// what is an error. The tables outlive a body; what is of one body is cleared by begin().
#pragma once
#include <unordered_map>

#include "few.hpp"
#include "linenumbers.hpp"
#include "linetext.hpp"

namespace muster::lines {

struct Name {  // of a field of one key, unescaped
  Text text;
  u32 key, local;
  u64 line = 0;   // the last line that had it, and where
  u32 place = 0;
  bool plain;     // may be compared with the bytes of a body
};

struct Slot {  // a field of a form
  Text name;
  u64 head, mask;  // its first eight bytes
  u32 column;
  u8 kind;
};

struct Form {  // fields of a line, in order, and where they go: many keys have the same
  std::vector<Slot> slots;
  size_t longest = 0;  // name
};

struct Key {
  Text text;               // as written, tags sorted
  Few<u32> names;          // by local number
  Few<u32> last;           // the names of its last line, in order
  u32 first = NOTHING;     // its first shape, which no index has: most keys have no other
  u32 shape = NOTHING;     // of its last line
  u32 form = NOTHING;      // likewise, where it has one
  u32 next = NOTHING;      // the text of a key that came behind this one
  u64 body = 0;            // the last body that had it, and its number there
  u32 number = 0;
  bool timed = false;      // it has a tag named `time`
};

struct Shape {  // a key with a set of fields
  u32 key;
  Few<u32> names;   // sorted by name
  Few<u8> kinds;
  Few<u32> column;  // by local number of a name
  bool has_strings = false;
  bool timed = false;  // a tag or a field of it is named `time`
  bool met = false;    // a body had it that was read before
  u64 body = 0;        // the last body that had it
  u32 touched = 0;
  u32 home = NOTHING, first = 0;  // see linehomes.hpp
  u32 fields = NOTHING;           // the number that the caller gave to what it has
};

struct Refusal {
  size_t start, end;
  int fault;
  About about;
};

struct Limits {
  size_t line_bytes, points, layouts, tags, fields, error_bytes, remembered;
};

constexpr size_t TEXT = 256;    // bytes of names that count as one thing that is remembered
constexpr size_t FEW_NAMES = 8;  // of a key, that no index has

enum class End { whole, points, layouts, paused };

class Parser {
 public:
  Parser(const Limits& limits, u64 seed) : limits_(limits), seed_(seed | 1) {}

  // What a body came to.
  std::vector<u32> touched;   // shapes, in the order in which they came
  std::vector<u32> key_of;    // of each of them: its key's number in this body
  std::vector<u32> rows;      // of each of them
  std::vector<u32> groups;    // of each point: its shape's place among them
  std::vector<i64> times;     // of each point
  std::vector<i64> values;    // of all points, behind each other
  std::vector<Refusal> refusals;
  u64 refused_total = 0;
  Chunks<Key> keys;
  Chunks<Name> names;
  Chunks<Shape> shapes;

  // `careful` bytes of lines that have to be read with care may come, and one such line more.
  End parse(const char* begin, const char* end, i64 precision, i64 default_ns,
            bool with_unsigned, size_t careful = SIZE_MAX) {
    begin_body();
    begin_ = at_ = begin;
    end_ = end;
    precision_ = precision;
    default_ns_ = default_ns;
    unsigned_ = with_unsigned;
    return go_on(careful);
  }

  // The rest of a body, after End::paused.
  End go_on(size_t careful = SIZE_MAX) {
    ended_ = End::whole;
    size_t spent = 0;
    for (const char*& p = at_; p < end_ && ended_ == End::whole;) {
      if (*p == '\n') {
        p++;
      } else if (*p == ' ' || *p == '#' || !quick_line(p)) {
        if (spent > careful) return End::paused;
        const char* start = p;
        careful_line(p);
        spent += (size_t)(p - start);
      }
    }
    return ended_;
  }

  // Times, places and values of all points, those of a shape behind each other.
  void gather(i64* out_times, u32* out_order, i64* out_values) {
    std::vector<size_t> row(touched.size()), cell(touched.size());
    for (size_t i = 0, at_row = 0, at_cell = 0; i < touched.size(); i++) {
      row[i] = at_row;
      cell[i] = at_cell;
      at_row += rows[i];
      at_cell += rows[i] * shapes[touched[i]].names.size();
    }
    const i64* from = values.data();
    for (size_t point = 0; point < times.size(); point++) {
      u32 i = groups[point];
      size_t width = shapes[touched[i]].names.size();
      out_times[row[i]] = times[point];
      out_order[row[i]++] = (u32)point;
      memcpy(out_values + cell[i], from, width * 8);
      cell[i] += width;
      from += width;
    }
  }

  const std::vector<std::string>& strings(size_t group) const {
    static const std::vector<std::string> none;
    auto found = strings_.find((u32)group);
    return found == strings_.end() ? none : found->second.list;
  }

  // The measurement, then keys and values of tags, unescaped.
  std::vector<std::string> parts(u32 key) const {
    const char *p = keys[key].text.p, *end = p + keys[key].text.n, *start = p;
    std::vector<std::string> out(1);
    p = unescaped(p + 1, end, ',', ',', ',');
    unescape({start, (size_t)(p - start)}, NAME_SPECIALS, out.back());
    while (p < end) {
      start = ++p;
      p = unescaped(p + 1, end, '=', '=', '=');
      out.emplace_back();
      unescape({start, (size_t)(p - start)}, TAG_SPECIALS, out.back());
      start = ++p;
      p = unescaped(p + 1, end, ',', ',', ',');
      out.emplace_back();
      unescape({start, (size_t)(p - start)}, TAG_SPECIALS, out.back());
    }
    return out;
  }

  size_t keys_total() const { return keys_total_; }  // in this body

  bool is_full() const {
    return columns_ > limits_.remembered || names.size() > limits_.remembered ||
           aliases_ > limits_.remembered || slots_ > limits_.remembered ||
           arena_.bytes / TEXT > limits_.remembered;
  }

  void forget() {
    keys.clear();
    names.clear();
    shapes.clear();
    key_index_.clear();
    name_index_.clear();
    shape_index_.clear();
    aliased_.clear();
    forms_.clear();
    form_index_.clear();
    arena_.clear();
    columns_ = aliases_ = slots_ = 0;
  }

 private:
  struct Alias {
    Text text;
    u32 key;
    bool plain;  // may be compared with the bytes of a body
  };
  struct Strings {
    std::unordered_map<std::string, u32> numbers;
    std::vector<std::string> list;
  };

  Limits limits_;
  u64 seed_;
  Arena arena_;
  Index key_index_, name_index_, shape_index_;
  Chunks<Alias> aliased_;  // texts of keys as they were written
  std::vector<Form> forms_;
  Index form_index_;
  size_t columns_ = 0, aliases_ = 0, slots_ = 0;
  u32 key_before_ = NOTHING;  // of the line before

  const char *begin_ = nullptr, *end_ = nullptr, *at_ = nullptr;
  i64 precision_ = 1, default_ns_ = 0;
  bool unsigned_ = false;
  End ended_ = End::whole;
  u64 body_ = 0, line_ = 0;
  size_t error_bytes_ = 0;
  u32 keys_total_ = 0;
  std::unordered_map<u32, Strings> strings_;
  Line careful_;
  std::string scratch_, canonical_;
  size_t base_ = 0;            // where the values of the line at hand begin, when it goes by a form
  std::vector<u32> found_;     // names of the line at hand, each once
  std::vector<Value> at_hand_;  // their values

  void begin_body() {
    body_++;
    ended_ = End::whole;
    error_bytes_ = 0;
    refused_total = 0;
    touched.clear();
    key_of.clear();
    rows.clear();
    keys_total_ = 0;
    times.clear();
    values.clear();
    refusals.clear();
    groups.clear();
    strings_.clear();
    key_before_ = NOTHING;
  }

  // Reads a line and moves on, or leaves everything as it was and says no.
  bool quick_line(const char*& at) {
    const char* p = at;
    u32 key = quick_key(p);
    if (key == NOTHING) return false;
    size_t key_bytes = (size_t)(p - at);
    while (p < end_ && *p == ' ') p++;
    i64 time = default_ns_;
    const char* fields = p;
    if (by_form(p, key, key_bytes, time)) {
      if ((size_t)(p - at) > limits_.line_bytes) return values.resize(base_), false;
      at = p < end_ ? p + 1 : p;
      commit_form(key, time);
      return true;
    }
    p = fields;
    time = default_ns_;
    if (!quick_fields(p, key, key_bytes) || !quick_time(p, time)) return false;
    if (p < end_ && *p != '\n') return false;
    if ((size_t)(p - at) > limits_.line_bytes) return false;
    at = p < end_ ? p + 1 : p;
    commit(key, time);
    return true;
  }

  // The key that stands here, with a blank behind it; first the one that came next last time.
  u32 quick_key(const char*& p) {
    if (key_before_ != NOTHING && keys[key_before_].next != NOTHING) {
      const Alias& alias = aliased_[keys[key_before_].next];
      size_t n = alias.text.n;
      if ((size_t)(end_ - p) > n && p[n] == ' ' && !memcmp(p, alias.text.p, n) && alias.plain) {
        p += n;
        return key_before_ = alias.key;
      }
    }
    const char* start = p;
    while (p < end_ && *p != ' ' && *p != '\\' && *p != '\n') p++;
    if (p == end_ || *p != ' ') return NOTHING;
    Text text{start, (size_t)(p - start)};
    u32 alias = find_alias(text, hash_of(text.p, text.n, seed_));
    if (alias == NOTHING) return NOTHING;
    if (key_before_ != NOTHING) keys[key_before_].next = alias;
    return key_before_ = aliased_[alias].key;
  }

  // Reads fields and time as the last line of the key had them, into the values of a new point.
  bool by_form(const char*& p, u32 key, size_t key_bytes, i64& time) {
    base_ = values.size();
    if (keys[key].form == NOTHING) return false;
    const Form& form = forms_[keys[key].form];
    if (key_bytes + 4 + form.longest > KEY_BYTES) return false;
    values.resize(base_ + form.slots.size());
    i64* out = values.data() + base_;
    const Slot* slot = form.slots.data();
    for (const Slot* last = slot + form.slots.size() - 1;; slot++) {
      Value value;
      if (!is_named(p, *slot) || !quick_value(p, value) || value.kind != slot->kind) break;
      out[slot->column] = value.pattern;
      if (slot == last) {
        if ((p < end_ && *p == ',') || !quick_time(p, time) || (p < end_ && *p != '\n')) break;
        return true;
      }
      if (p == end_ || *p != ',') break;
      p++;
    }
    values.resize(base_);
    return false;
  }

  bool is_named(const char*& p, const Slot& slot) const {
    size_t n = slot.name.n;
    if (n < 8 && end_ - p >= 8) {
      u64 head;
      memcpy(&head, p, 8);
      if ((head & slot.mask) != slot.head) return false;
    } else if ((size_t)(end_ - p) <= n || memcmp(p, slot.name.p, n) || p[n] != '=') {
      return false;
    }
    p += n + 1;
    return true;
  }

  bool quick_fields(const char*& p, u32 key, size_t key_bytes) {
    begin_line();
    for (size_t count = 0; count < limits_.fields; count++) {
      u32 name = quick_name(p, key, count);
      if (name == NOTHING || key_bytes + 4 + names[name].text.n > KEY_BYTES) return false;
      Value value;
      if (!quick_value(p, value)) return false;
      put(name, value);
      if (p == end_ || *p != ',') return true;
      p++;
    }
    return false;
  }

  u32 quick_name(const char*& p, u32 key, size_t count) {
    const Few<u32>& last = keys[key].last;
    if (count < last.size()) {
      const Name& name = names[last[count]];
      size_t n = name.text.n;
      if (name.plain && (size_t)(end_ - p) > n && p[n] == '=' && !memcmp(p, name.text.p, n)) {
        p += n + 1;
        return last[count];
      }
    }
    const char* start = p;
    while (p < end_ && is_plain(*p)) p++;
    if (p == end_ || *p != '=' || p == start) return NOTHING;
    Text text{start, (size_t)(p - start)};
    p++;
    return find_name(key, text);
  }

  static bool is_plain(char c) {
    return c != '=' && c != ',' && c != ' ' && c != '"' && c != '\\' && c != '\n' && c != '\t' && c;
  }

  bool ends(const char* p) const { return p == end_ || *p == ',' || *p == ' ' || *p == '\n'; }

  bool quick_value(const char*& p, Value& value) {
    if (p == end_) return false;
    if (*p == '"') return quick_string(p, value);
    if (is_digit(*p) || *p == '-' || *p == '.') return quick_number(p, value);
    const char* start = p;
    while (!ends(p) && p - start < 6) p++;
    return ends(p) && boolean_value({start, (size_t)(p - start)}, value) == NONE;
  }

  bool quick_string(const char*& p, Value& value) {
    const char* start = ++p;
    for (; p < end_ && *p != '"'; p++) {
      if (*p != '\\') continue;
      if (end_ - p < 4) return false;
      p++;
    }
    if (p >= end_) return false;
    value.kind = STRING;
    value.text = {start, (size_t)(p - start)};
    p++;
    return ends(p);
  }

  bool quick_number(const char*& p, Value& value) {
    const char* start = p;
    bool negative = *p == '-';
    if (negative) p++;
    u64 number = 0;
    const char* digits = p;
    p = read_digits(p, end_, number);
    size_t count = (size_t)(p - digits), places = 0;
    if (p < end_ && *p == 'i') {
      if (!count || count > 18 || !ends(++p)) return false;
      value.kind = INTEGER;
      value.pattern = negative ? -(i64)number : (i64)number;
      return true;
    }
    if (p < end_ && *p == '.') {
      const char* point = p++;
      p = read_digits(p, end_, number);
      places = (size_t)(p - point) - 1;
      count += places;
    }
    value.kind = FLOAT;
    if (ends(p) && count) {
      if (count > MOST_DIGITS || places > MOST_PLACES || (number > EXACT && !places))
        return real_number({start, (size_t)(p - start)}, value.pattern);
      if (number > EXACT) {
        value.pattern = decimal(number, places) | (negative ? INT64_MIN : 0);
        return true;
      }
      double real = (double)number / TENS[places];
      real = negative ? -real : real;
      memcpy(&value.pattern, &real, 8);
      return true;
    }
    while (!ends(p)) p++;
    About about;
    return number_value({start, (size_t)(p - start)}, unsigned_, value, about) == NONE;
  }

  bool quick_time(const char*& p, i64& time) const {
    while (p < end_ && *p == ' ') p++;
    if (p == end_ || *p == '\n') return true;
    bool negative = *p == '-';
    if (negative) p++;
    u64 number = 0;
    const char* digits = p;
    p = read_digits(p, end_, number);
    if (p == digits || p - digits > 19 || number > (u64)INT64_MAX) return false;
    i64 signed_time = negative ? -(i64)number : (i64)number;
    if (__builtin_mul_overflow(signed_time, precision_, &time)) return false;
    if (time > LATEST_NS || time < -LATEST_NS) return false;
    while (p < end_ && *p == ' ') p++;
    return true;
  }


  void careful_line(const char*& at) {
    const char* stop = line_end(at, end_);
    const char* start = skip_blanks(at, stop);
    at = stop < end_ ? stop + 1 : stop;
    if (start == stop || *start == '#') return;
    if (stop[-1] == '\n') stop--;
    if ((size_t)(stop - start) > limits_.line_bytes) {
      About about;
      about.number = (u64)(stop - start);
      return refuse(start, stop, LONG_LINE, about);
    }
    Fault fault =
        careful_.scan(start, stop, precision_, limits_.tags, limits_.fields, unsigned_);
    if (fault) return refuse(start, stop, fault, careful_.about);
    u32 key = careful_key(start);
    begin_line();
    for (const Field& field : careful_.fields) {
      unescape(field.key, NAME_SPECIALS, scratch_);
      put(name_for(key, {scratch_.data(), scratch_.size()}), field.value);
    }
    commit(key, careful_.has_time ? careful_.time_ns : default_ns_);
  }

  void refuse(const char* start, const char* stop, Fault fault, const About& about) {
    refused_total++;
    size_t size = (size_t)(stop - start);
    error_bytes_ += size;
    if (refusals.empty() || error_bytes_ <= limits_.error_bytes)
      refusals.push_back({(size_t)(start - begin_), (size_t)(stop - begin_), fault, about});
  }

  // The number of the key of the line that was scanned, and of the text that it had there.
  u32 careful_key(const char* start) {
    const Text& measurement = careful_.measurement;
    canonical_.assign(measurement.p, measurement.n);
    size_t n = measurement.n;
    for (const Tag& tag : careful_.tags) {
      canonical_.push_back(',');
      canonical_.append(tag.whole.p, tag.whole.n);
      n += 1 + tag.whole.n;
    }
    u32 key = key_for({canonical_.data(), canonical_.size()});
    Text written{start, n};
    if (!(written == keys[key].text) && !memchr(start, '\\', n)) {
      u64 hash = hash_of(written.p, written.n, seed_);
      if (find_key(written, hash) == NOTHING) add_alias(written, hash, key);
    }
    return key;
  }

  u32 key_for(Text text) {
    u64 hash = hash_of(text.p, text.n, seed_);
    u32 key = find_key(text, hash);
    if (key != NOTHING) return key;
    key = (u32)keys.size();
    Key fresh;
    fresh.text = add_alias(text, hash, key);
    keys.push_back(std::move(fresh));
    keys.back().timed = has_time_tag(key);
    return key;
  }

  bool has_time_tag(u32 key) const {
    static const char word[] = ",time=";
    const char *begin = keys[key].text.p, *end = begin + keys[key].text.n;
    if (std::search(begin, end, word, word + 6) == end) return false;
    std::vector<std::string> named = parts(key);
    for (size_t i = 1; i < named.size(); i += 2)
      if (named[i] == "time") return true;
    return false;
  }

  Text add_alias(Text text, u64 hash, u32 key) {
    Text kept = arena_.keep(text);
    key_index_.add(hash, (u32)aliased_.size());
    bool plain = !memchr(kept.p, '\\', kept.n) && !memchr(kept.p, '\n', kept.n);
    aliased_.push_back(Alias{kept, key, plain && !memchr(kept.p, ' ', kept.n)});
    aliases_++;
    return kept;
  }

  u32 find_alias(Text text, u64 hash) const {
    return key_index_.find(hash, [&](u32 at) { return aliased_[at].text == text; });
  }

  u32 find_key(Text text, u64 hash) const {
    u32 alias = find_alias(text, hash);
    return alias == NOTHING ? NOTHING : aliased_[alias].key;
  }

  u64 name_hash(u32 key, Text text) const { return hash_of(text.p, text.n, mix(seed_, key + 1)); }

  u32 find_name(u32 key, Text text) const {
    const Few<u32>& own = keys[key].names;
    for (size_t i = 0; i < std::min<size_t>(own.size(), FEW_NAMES); i++)
      if (names[own[i]].text == text) return own[i];
    if (own.size() <= FEW_NAMES) return NOTHING;
    return name_index_.find(name_hash(key, text), [&](u32 at) {
      return names[at].key == key && names[at].text == text;
    });
  }

  u32 name_for(u32 key, Text text) {
    u32 name = find_name(key, text);
    if (name != NOTHING) return name;
    name = (u32)names.size();
    u32 local = (u32)keys[key].names.size();
    bool plain = text.n != 0;
    for (size_t i = 0; i < text.n; i++) plain = plain && is_plain(text.p[i]);
    names.push_back(Name{arena_.keep(text), key, local, 0, 0, plain});
    keys[key].names.push_back(name);
    if (local >= FEW_NAMES) name_index_.add(name_hash(key, text), name);
    return name;
  }


  void begin_line() {
    line_++;
    found_.clear();
    at_hand_.clear();
  }

  void put(u32 number, const Value& value) {
    Name& name = names[number];
    if (name.line == line_) {  // the last of two wins
      at_hand_[name.place] = value;
      return;
    }
    name.line = line_;
    name.place = (u32)found_.size();
    found_.push_back(number);
    at_hand_.push_back(value);
  }

  void commit(u32 key, i64 time) {
    if (times.size() == limits_.points) {
      ended_ = End::points;
      return;
    }
    u32 number = shape_for(key);
    if (!touch(key, number)) return;
    Shape& shape = shapes[number];
    add_point(shape, time);
    size_t base = values.size();
    values.resize(base + found_.size());
    for (size_t i = 0; i < found_.size(); i++) {
      const Value& value = at_hand_[i];
      values[base + shape.column[names[found_[i]].local]] =
          value.kind == STRING ? string_number(shape.touched, value.text) : value.pattern;
    }
    if (keys[key].shape == number && keys[key].last == found_) return;
    keys[key].shape = number;
    keys[key].last = found_;
    keys[key].form = form_for(shape);
  }

  // A line that went by its form: its values are there.
  void commit_form(u32 key, i64 time) {
    if (times.size() == limits_.points)
      ended_ = End::points;
    else if (touch(key, keys[key].shape))
      return add_point(shapes[keys[key].shape], time);
    values.resize(base_);
  }

  void add_point(const Shape& shape, i64 time) {
    rows[shape.touched]++;
    groups.push_back(shape.touched);
    times.push_back(time);
  }

  // Makes sure that the body has this shape; false when it then had too many.
  bool touch(u32 key, u32 number) {
    Shape& shape = shapes[number];
    if (shape.body == body_) return true;
    if (touched.size() == limits_.layouts) {
      ended_ = End::layouts;
      return false;
    }
    shape.body = body_;
    shape.touched = (u32)touched.size();
    touched.push_back(number);
    rows.push_back(0);
    number_key(keys[key]);
    return true;
  }

  // The form of the line at hand; none where a name or a value has to be looked at.
  u32 form_for(const Shape& shape) {
    if (shape.has_strings || found_.size() != shape.names.size()) return NOTHING;
    Form form;
    u64 hash = seed_;
    for (u32 number : found_) {
      const Name& name = names[number];
      if (!name.plain) return NOTHING;
      Slot slot{name.text, 0, 0, shape.column[name.local], 0};
      slot.kind = shape.kinds[slot.column];
      if (name.text.n < 8) {
        char head[8] = {}, mask[8] = {};
        memcpy(head, name.text.p, name.text.n);
        head[name.text.n] = '=';
        memset(mask, 0xFF, name.text.n + 1);
        memcpy(&slot.head, head, 8);
        memcpy(&slot.mask, mask, 8);
      }
      form.longest = std::max(form.longest, name.text.n);
      form.slots.push_back(slot);
      hash = mix(hash ^ hash_of(name.text.p, name.text.n, seed_),
                 0x9E3779B97F4A7C15ull + slot.column * 8 + slot.kind);
    }
    u32 found = form_index_.find(hash, [&](u32 at) { return is_same(forms_[at], form); });
    if (found != NOTHING) return found;
    slots_ += form.slots.size();
    forms_.push_back(std::move(form));
    form_index_.add(hash, (u32)forms_.size() - 1);
    return (u32)forms_.size() - 1;
  }

  static bool is_same(const Form& a, const Form& b) {
    return std::equal(a.slots.begin(), a.slots.end(), b.slots.begin(), b.slots.end(),
                      [](const Slot& one, const Slot& two) {
                        return one.name == two.name && one.column == two.column &&
                               one.kind == two.kind;
                      });
  }

  void number_key(Key& key) {
    if (key.body != body_) {
      key.body = body_;
      key.number = keys_total_++;
    }
    key_of.push_back(key.number);
  }

  i64 string_number(u32 group, Text text) {
    unescape(text, STRING_SPECIALS, scratch_);
    Strings& strings = strings_[group];
    auto [place, is_new] = strings.numbers.try_emplace(scratch_, (u32)strings.list.size());
    if (is_new) strings.list.push_back(scratch_);
    return place->second;
  }

  bool fits(const Shape& shape) const {
    if (shape.names.size() != found_.size()) return false;
    for (size_t i = 0; i < found_.size(); i++) {
      u32 local = names[found_[i]].local;
      if (local >= shape.column.size()) return false;
      u32 column = shape.column[local];
      if (column == NOTHING || shape.kinds[column] != at_hand_[i].kind) return false;
    }
    return true;
  }

  u32 shape_for(u32 key) {
    u32 last = keys[key].shape;
    if (last != NOTHING && fits(shapes[last])) return last;
    u32 first = keys[key].first;
    if (first != NOTHING && fits(shapes[first])) return first;
    u64 hash = mix(seed_, key + 1);
    for (size_t i = 0; i < found_.size(); i++)  // the order of fields does not matter
      hash += mix(seed_ ^ names[found_[i]].local, 0x9E3779B97F4A7C15ull + at_hand_[i].kind);
    u32 found =
        shape_index_.find(hash, [&](u32 at) { return shapes[at].key == key && fits(shapes[at]); });
    return found != NOTHING ? found : new_shape(key, hash);
  }

  u32 new_shape(u32 key, u64 hash) {
    Shape shape;
    shape.key = key;
    shape.column.assign(keys[key].names.size(), NOTHING);
    std::vector<u32> order(found_.size());
    for (u32 i = 0; i < order.size(); i++) order[i] = i;
    std::sort(order.begin(), order.end(), [&](u32 a, u32 b) {
      return compare(names[found_[a]].text, names[found_[b]].text) < 0;
    });
    for (u32 i : order) {
      shape.column[names[found_[i]].local] = (u32)shape.names.size();
      shape.names.push_back(found_[i]);
      shape.kinds.push_back(at_hand_[i].kind);
      shape.has_strings = shape.has_strings || at_hand_[i].kind == STRING;
    }
    shape.timed = keys[key].timed;
    for (u32 i : found_) shape.timed = shape.timed || names[i].text == Text{"time", 4};
    columns_ += order.size();
    u32 number = (u32)shapes.size();
    shapes.push_back(std::move(shape));
    if (keys[key].first == NOTHING)
      keys[key].first = number;
    else
      shape_index_.add(hash, number);
    return number;
  }
};

}  // namespace muster::lines
