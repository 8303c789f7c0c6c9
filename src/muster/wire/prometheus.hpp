// Messages of Prometheus remote write to columns: compiled twin of wire/prometheus.py.
//
// A series is known by its labels, sorted, each with its length before it. The tables of series
// outlive a body; what is of one body is cleared by begin(). Nothing is made for one sample.
//
// Source: prometheus.io/docs/specs/prw, remote write 1.0 and 2.0; protobuf.dev, "Encoding"
#pragma once
#include <string>

#include "tables.hpp"

namespace muster::remote {

using namespace muster::tables;

constexpr i64 LATEST_NS = INT64_MAX - 1, MS_NS = 1000000;
constexpr size_t KEY_BYTES = 65535;
constexpr u64 EXPONENT = 0x7FF0000000000000;  // all of it set: no finite number

enum class End { whole, cut, wide, tag, symbols, points, series, first_symbol, natives };

enum Fault : int {  // of a series; the numbers of wire/prometheusparts.py
  NONE = 0,
  NAME = 1,
  LABEL_NAME,
  LABEL_TWICE,
  TEXT,
  LABELS,
  LONG_KEY,
  REFERENCE,
  TIME_RANGE,
};

enum Wire : u32 { VARINT = 0, FIXED64 = 1, LENGTH = 2, FIXED32 = 5 };

// A place in a message; the first fault stays.
struct Reader {
  const u8* p;
  const u8* end;
  End* fault;
  const u8** where;

  bool fail(End what, const u8* place) {
    if (*fault == End::whole) {
      *fault = what;
      *where = place;
    }
    return false;
  }

  bool varint(u64& number) {
    if (p < end && *p < 0x80) {
      number = *p++;
      return true;
    }
    const u8* start = p;
    number = 0;
    for (int shift = 0; shift < 70; shift += 7) {
      if (p == end) return fail(End::cut, start);
      u64 byte = *p++;
      if (shift == 63 && (byte & 0x7F) > 1) return fail(End::wide, start);
      number |= (byte & 0x7F) << shift;
      if (byte < 0x80) return true;
    }
    return fail(End::wide, start);
  }

  // Number and form of the next field. What is no such is a fault.
  bool tag(u32& field, u32& wire) {
    const u8* start = p;
    u64 number;
    if (!varint(number)) return false;
    field = (u32)(number >> 3);
    wire = (u32)(number & 7);
    bool known = wire == VARINT || wire == FIXED64 || wire == LENGTH || wire == FIXED32;
    return (number <= UINT32_MAX && field && known) || fail(End::tag, start);
  }

  bool inner(Reader& out) {
    u64 size;
    if (!varint(size)) return false;
    if (size > (u64)(end - p)) return fail(End::cut, p);
    out = {p, p + size, fault, where};
    p += size;
    return true;
  }

  bool text(Text& out) {
    Reader inside{};
    if (!inner(inside)) return false;
    out = {(const char*)inside.p, (size_t)(inside.end - inside.p)};
    return true;
  }

  bool fixed64(u64& bits) {
    if (end - p < 8) return fail(End::cut, p);
    memcpy(&bits, p, 8);
    p += 8;
    return true;
  }

  bool skip(u32 wire) {
    u64 number;
    Reader inside{};
    if (wire == VARINT) return varint(number);
    if (wire == LENGTH) return inner(inside);
    size_t size = wire == FIXED64 ? 8 : 4;
    if ((size_t)(end - p) < size) return fail(End::cut, p);
    p += size;
    return true;
  }
};

// Strict UTF-8, as Python decodes it.
inline bool is_text(const Text& text) {
  const u8 *p = (const u8*)text.p, *end = p + text.n;
  while (p < end) {
    u8 first = *p++;
    if (first < 0x80) continue;
    size_t more = first >= 0xC2 && first <= 0xDF ? 1 : (first & 0xF0) == 0xE0 ? 2
                  : first >= 0xF0 && first <= 0xF4 ? 3 : 0;
    if (!more || (size_t)(end - p) < more) return false;
    u8 low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    u8 high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    if (*p < low || *p > high) return false;
    for (size_t i = 1; i < more; i++)
      if ((p[i] & 0xC0) != 0x80) return false;
    p += more;
  }
  return true;
}

struct Label {
  Text name, value;
};

struct Sample {
  u64 bits;
  i64 time_ms;
};

struct Refusal {
  u32 series;  // its place in the body
  int fault;
  std::string metric, about;
  u64 number;
};

struct Native {  // a native histogram: where it lies in the message
  u32 series;
  size_t start, end;
};

struct Metadata {
  std::string metric, help, unit;
  u64 type;
};

constexpr size_t METRIC_BYTES = 256, HELP_BYTES = 1024, UNIT_BYTES = 64;

inline std::string cut(const Text& text, size_t most) {
  return std::string(text.p, std::min(text.n, most));
}

struct Limits {
  size_t points, series, labels, symbols, metadata, errors, remembered, natives;
};

class Parser {
 public:
  Parser(const Limits& limits, u64 seed) : limits_(limits), seed_(seed | 1) {}

  // What a body came to.
  std::vector<u32> touched;  // numbers of series, in the order in which they came
  std::vector<u32> rows;     // of each of them
  std::vector<Refusal> refusals;
  std::vector<Metadata> metadata;
  std::vector<Native> natives;  // of series that were not refused
  u64 refused_total = 0, refused_samples = 0, dropped = 0, histograms = 0, exemplars = 0;
  const u8* where = nullptr;  // of the fault that makes it no such message

  End parse(const u8* begin, const u8* end, int version, bool finite) {
    begin_body();
    finite_ = finite;
    begin_ = begin;
    End fault = End::whole;
    Reader all{begin, end, &fault, &where};
    bool good = version == 1 ? request_v1(all) : request_v2(all);
    return good || fault != End::whole ? fault : ended_;
  }

  size_t points() const { return times_.size(); }

  // Times, places and values of all samples, those of a series behind each other.
  void gather(i64* times, u32* order, i64* values) const {
    std::vector<size_t> row(touched.size());
    for (size_t i = 0, at = 0; i < touched.size(); at += rows[i++]) row[i] = at;
    for (size_t point = 0; point < times_.size(); point++) {
      size_t at = row[groups_[point]]++;
      times[at] = times_[point];
      order[at] = (u32)point;
      values[at] = values_[point];
    }
  }

  // Names and values of the labels of a series, sorted by name.
  std::vector<std::string> labels(u32 series) const {
    Text key = series_[series].text;
    std::vector<std::string> out;
    for (const char *p = key.p, *end = key.p + key.n; p < end;) {
      u32 size;
      memcpy(&size, p, 4);
      out.emplace_back(p + 4, size);
      p += 4 + size;
    }
    return out;
  }

  bool is_full() const {
    return series_.size() > limits_.remembered || arena_.bytes / 64 > limits_.remembered;
  }

  void forget() {
    series_.clear();
    index_.clear();
    arena_.clear();
  }

 private:
  struct Series {
    Text text;
    u64 body = 0;  // the last one that had it, and its place among those touched
    u32 group = 0;
  };

  Limits limits_;
  u64 seed_;
  Arena arena_;
  Index index_;
  std::vector<Series> series_;

  const u8* begin_ = nullptr;
  bool finite_ = false;
  End ended_ = End::whole;
  u64 body_ = 0;
  u32 place_ = 0;
  std::vector<i64> times_, values_;
  std::vector<u32> groups_;
  std::vector<Text> symbols_;
  std::vector<u32> references_;
  size_t labels_total_ = 0, references_total_ = 0;
  std::vector<Label> labels_;
  std::vector<Sample> samples_;
  std::vector<Text> natives_;
  std::string key_;

  void begin_body() {
    body_++;
    ended_ = End::whole;
    place_ = 0;
    refused_total = refused_samples = dropped = histograms = exemplars = 0;
    where = nullptr;
    touched.clear();
    rows.clear();
    refusals.clear();
    metadata.clear();
    natives.clear();
    times_.clear();
    values_.clear();
    groups_.clear();
    symbols_.clear();
  }

  bool stop(End why) {
    ended_ = why;
    return false;
  }

  bool request_v1(Reader in) {
    u32 field, wire;
    while (in.p < in.end) {
      const u8* start = in.p;
      Reader inside{};
      if (!in.tag(field, wire)) return false;
      if (field != 1 && field != 3) {
        if (!in.skip(wire)) return false;
      } else if (wire != LENGTH) {
        return in.fail(End::tag, start);
      } else if (!in.inner(inside) || !(field == 1 ? series_v1(inside) : metadata_v1(inside))) {
        return false;
      }
    }
    return true;
  }

  bool request_v2(Reader in) {
    if (!read_symbols(in)) return false;
    u32 field, wire;
    while (in.p < in.end) {
      Reader inside{};
      if (!in.tag(field, wire)) return false;
      if (field != 5 ? !in.skip(wire) : !in.inner(inside) || !series_v2(inside)) return false;
    }
    return true;
  }

  // All texts first: nothing says that they stand before what refers to them.
  bool read_symbols(Reader in) {
    u32 field, wire;
    while (in.p < in.end) {
      const u8* start = in.p;
      Text text;
      if (!in.tag(field, wire)) return false;
      if ((field == 4 || field == 5) && wire != LENGTH) return in.fail(End::tag, start);
      if (field != 4) {
        if (!in.skip(wire)) return false;
        continue;
      }
      if (!in.text(text)) return false;
      if (symbols_.size() >= limits_.symbols) return stop(End::symbols);
      if (symbols_.empty() && text.n) return stop(End::first_symbol);
      symbols_.push_back(text);
    }
    return true;
  }

  void begin_series() {
    place_++;
    labels_.clear();
    samples_.clear();
    natives_.clear();
    references_.clear();
    labels_total_ = references_total_ = 0;
  }

  bool series_v1(Reader in) {
    begin_series();
    u32 field, wire;
    while (in.p < in.end) {
      const u8* start = in.p;
      Reader inside{};
      if (!in.tag(field, wire)) return false;
      if (field < 1 || field > 4) {
        if (!in.skip(wire)) return false;
        continue;
      }
      if (wire != LENGTH) return in.fail(End::tag, start);
      if (!in.inner(inside)) return false;
      if (field == 1 ? !label(inside) : field == 2 && !sample(inside)) return false;
      exemplars += field == 3;
      if (field == 4 && !native(inside)) return false;
    }
    return finish(NONE);
  }

  bool series_v2(Reader in) {
    begin_series();
    u64 type = 0, help = 0, unit = 0;
    bool described = false;
    u32 field, wire;
    while (in.p < in.end) {
      const u8* start = in.p;
      Reader inside{};
      if (!in.tag(field, wire)) return false;
      if (field == 1 && wire == VARINT) {
        if (!reference(in)) return false;
        continue;
      }
      if (field < 1 || field > 5) {
        if (!in.skip(wire)) return false;
        continue;
      }
      if (wire != LENGTH) return in.fail(End::tag, start);
      if (!in.inner(inside)) return false;
      if (field == 1) {
        while (inside.p < inside.end)
          if (!reference(inside)) return false;
      }
      if (field == 2 && !sample(inside)) return false;
      if (field == 5 && !metadata_v2(inside, type, help, unit)) return false;
      if (field == 3 && !native(inside)) return false;
      exemplars += field == 4;
      described |= field == 5;
    }
    size_t known = series_.size();
    if (!finish(referred() ? NONE : REFERENCE)) return false;
    if (described && series_.size() > known) describe(type, help, unit);
    return true;
  }

  bool reference(Reader& in) {
    u64 number;
    if (!in.varint(number)) return false;
    references_total_++;
    if (references_total_ <= 2 * (limits_.labels + 1))
      references_.push_back((u32)std::min<u64>(number, NOTHING));
    return true;
  }

  // Whether the references are pairs of texts that are there.
  bool referred() {
    if (references_total_ % 2) return false;
    for (u32 each : references_)
      if (each >= symbols_.size()) return false;
    for (size_t i = 0; i < references_.size(); i += 2)
      add({symbols_[references_[i]], symbols_[references_[i + 1]]});
    labels_total_ += (references_total_ - references_.size()) / 2;
    return true;
  }

  // A label without a value is none.
  void add(const Label& label) {
    if (!label.value.n) return;
    labels_total_++;
    if (labels_.size() <= limits_.labels) labels_.push_back(label);
  }

  bool label(Reader in) {
    Label out{{"", 0}, {"", 0}};
    u32 field, wire;
    while (in.p < in.end) {
      const u8* start = in.p;
      if (!in.tag(field, wire)) return false;
      if (field != 1 && field != 2) {
        if (!in.skip(wire)) return false;
      } else if (wire != LENGTH) {
        return in.fail(End::tag, start);
      } else if (!in.text(field == 1 ? out.name : out.value)) {
        return false;
      }
    }
    add(out);
    return true;
  }

  bool sample(Reader in) {
    Sample out{0, 0};
    u64 number;
    u32 field, wire;
    while (in.p < in.end) {
      const u8* start = in.p;
      if (!in.tag(field, wire)) return false;
      if (field == 1) {
        if (wire != FIXED64) return in.fail(End::tag, start);
        if (!in.fixed64(out.bits)) return false;
      } else if (field == 2) {
        if (wire != VARINT) return in.fail(End::tag, start);
        if (!in.varint(number)) return false;
        out.time_ms = (i64)number;
      } else if (!in.skip(wire)) {
        return false;
      }
    }
    if (samples_.size() >= limits_.points) return stop(End::points);
    samples_.push_back(out);
    return true;
  }

  bool native(Reader in) {
    if (++histograms > limits_.natives) return stop(End::natives);
    natives_.push_back({(const char*)in.p, (size_t)(in.end - in.p)});
    return true;
  }

  bool metadata_v1(Reader in) {
    Metadata out;
    Text text;
    out.type = 0;
    u32 field, wire;
    while (in.p < in.end) {
      const u8* start = in.p;
      if (!in.tag(field, wire)) return false;
      if (field == 1) {
        if (wire != VARINT) return in.fail(End::tag, start);
        if (!in.varint(out.type)) return false;
      } else if (field == 2 || field == 4 || field == 5) {
        if (wire != LENGTH) return in.fail(End::tag, start);
        if (!in.text(text)) return false;
        if (field == 2) out.metric = cut(text, METRIC_BYTES);
        if (field == 4) out.help = cut(text, HELP_BYTES);
        if (field == 5) out.unit = cut(text, UNIT_BYTES);
      } else if (!in.skip(wire)) {
        return false;
      }
    }
    if (!out.metric.empty() && metadata.size() < limits_.metadata) metadata.push_back(out);
    return true;
  }

  bool metadata_v2(Reader in, u64& type, u64& help, u64& unit) {
    u32 field, wire;
    while (in.p < in.end) {
      const u8* start = in.p;
      if (!in.tag(field, wire)) return false;
      if (field != 1 && field != 3 && field != 4) {
        if (!in.skip(wire)) return false;
      } else if (wire != VARINT) {
        return in.fail(End::tag, start);
      } else if (!in.varint(field == 1 ? type : field == 3 ? help : unit)) {
        return false;
      }
    }
    return true;
  }

  void describe(u64 type, u64 help, u64 unit) {
    if (metadata.size() >= limits_.metadata) return;
    Metadata out;
    out.metric = cut(metric(), METRIC_BYTES);
    if (help < symbols_.size()) out.help = cut(symbols_[help], HELP_BYTES);
    if (unit < symbols_.size()) out.unit = cut(symbols_[unit], UNIT_BYTES);
    out.type = type;
    metadata.push_back(out);
  }

  static Text text_of(const char* p) { return {p, strlen(p)}; }

  Text metric() const {
    for (const Label& each : labels_)
      if (each.name == text_of("__name__")) return each.value;
    return {"", 0};
  }

  // The series whose labels and samples are at hand goes to the columns, or is refused.
  bool finish(Fault fault) {
    if (!fault && labels_total_ > limits_.labels + 1) fault = LABELS;
    if (fault) {
      refuse(fault, {"", 0}, fault == LABELS ? labels_total_ - 1 : 0);
      return true;
    }
    sort_labels();
    key_.clear();
    for (const Label& each : labels_) {
      put(each.name);
      put(each.value);
    }
    Text key{key_.data(), key_.size()};
    u64 hash = hash_of(key.p, key.n, seed_);
    u32 number = index_.find(hash, [&](u32 each) { return series_[each].text == key; });
    if (number == NOTHING) {
      if (!is_sound()) return true;
      number = (u32)series_.size();
      series_.push_back({arena_.keep(key)});
      index_.add(hash, number);
    }
    return commit(number);
  }

  void put(const Text& text) {
    u32 size = (u32)text.n;
    key_.append((const char*)&size, 4);
    key_.append(text.p, text.n);
  }

  static bool before(const Label& a, const Label& b) {
    int order = memcmp(a.name.p, b.name.p, std::min(a.name.n, b.name.n));
    return order ? order < 0 : a.name.n < b.name.n;
  }

  void sort_labels() {
    if (!std::is_sorted(labels_.begin(), labels_.end(), before))
      std::stable_sort(labels_.begin(), labels_.end(), before);
  }

  bool is_sound() {
    size_t bytes = 0;
    Text last{nullptr, 0};
    bool first = true;
    if (!metric().n) return refuse(NAME, {"", 0}, 0);
    for (const Label& each : labels_) {
      if (!each.name.n) return refuse(LABEL_NAME, {"", 0}, 0);
      if (!is_text(each.name) || !is_text(each.value)) return refuse(TEXT, each.name, 0);
      if (!first && each.name == last) return refuse(LABEL_TWICE, each.name, 0);
      last = each.name;
      first = false;
      bytes += each.name.n + each.value.n + 2;
    }
    return bytes <= KEY_BYTES || refuse(LONG_KEY, {"", 0}, bytes);
  }

  bool refuse(Fault fault, Text about, u64 number) {
    refused_samples += samples_.size();
    return tell(fault, about, number);
  }

  bool tell(Fault fault, Text about, u64 number) {
    refused_total++;
    if (refusals.size() < limits_.errors) {
      refusals.push_back(
          {place_, fault, cut(metric(), METRIC_BYTES), cut(about, METRIC_BYTES), number});
    }
    return false;
  }

  bool commit(u32 number) {
    Series& series = series_[number];
    for (const Text& each : natives_) {
      size_t start = (size_t)((const u8*)each.p - begin_);
      natives.push_back({number, start, start + each.n});
    }
    for (const Sample& each : samples_) {
      i64 time;
      if (__builtin_mul_overflow(each.time_ms, MS_NS, &time) || time > LATEST_NS ||
          time < -LATEST_NS) {
        refused_samples++;
        tell(TIME_RANGE, {"", 0}, (u64)each.time_ms);
        continue;
      }
      if (finite_ && (each.bits & EXPONENT) == EXPONENT) {
        dropped++;
        continue;
      }
      if (times_.size() >= limits_.points) return stop(End::points);
      if (series.body != body_) {
        if (touched.size() >= limits_.series) return stop(End::series);
        series.body = body_;
        series.group = (u32)touched.size();
        touched.push_back(number);
        rows.push_back(0);
      }
      rows[series.group]++;
      groups_.push_back(series.group);
      times_.push_back(time);
      values_.push_back((i64)each.bits);
    }
    return true;
  }
};

}  // namespace muster::remote
