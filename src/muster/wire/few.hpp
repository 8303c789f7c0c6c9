// Lists that are mostly short, and lists that only grow: a million series have some of each.
#pragma once
#include <memory>

#include "tables.hpp"

namespace muster::lines {

using namespace muster::tables;

// A list whose first eight bytes need no place of their own.
template <class T>
class Few {
 public:
  Few() {}
  Few(const Few& other) { *this = other; }
  Few(Few&& other) noexcept : many_(other.many_), size_(other.size_), room_(other.room_) {
    other.size_ = 0;
    other.room_ = ROOM;
  }
  ~Few() { release(); }
  Few& operator=(const Few& other) {
    if (this != &other) assign(other.data(), other.size_);
    return *this;
  }
  Few& operator=(Few&& other) noexcept {
    std::swap(many_, other.many_);
    std::swap(size_, other.size_);
    std::swap(room_, other.room_);
    return *this;
  }
  Few& operator=(const std::vector<T>& other) {
    assign(other.data(), other.size());
    return *this;
  }
  bool operator==(const std::vector<T>& other) const {
    return size_ == other.size() && std::equal(data(), data() + size_, other.data());
  }

  size_t size() const { return size_; }
  T* data() { return room_ > ROOM ? many_ : few_; }
  const T* data() const { return room_ > ROOM ? many_ : few_; }
  T& operator[](size_t at) { return data()[at]; }
  const T& operator[](size_t at) const { return data()[at]; }
  void push_back(T value) {
    if (size_ == room_) make_room(2 * (size_t)room_);
    data()[size_++] = value;
  }
  void assign(size_t count, T value) {
    if (count > room_) make_room(count);
    std::fill(data(), data() + count, value);
    size_ = (u32)count;
  }

 private:
  static constexpr u32 ROOM = 8 / sizeof(T);
  union {
    T few_[ROOM];
    T* many_ = nullptr;
  };
  u32 size_ = 0, room_ = ROOM;

  void assign(const T* from, size_t count) {
    if (count > room_) make_room(count);
    std::copy(from, from + count, data());
    size_ = (u32)count;
  }
  void make_room(size_t room) {
    T* many = new T[room];
    std::copy(data(), data() + size_, many);
    release();
    many_ = many;
    room_ = (u32)room;
  }
  void release() {
    if (room_ > ROOM) delete[] many_;
    room_ = ROOM;
  }
};

// A list that grows by pieces, so that what is there stays where it is.
template <class T>
class Chunks {
 public:
  size_t size() const { return size_; }
  T& operator[](size_t at) { return pieces_[at >> BITS][at & MASK]; }
  const T& operator[](size_t at) const { return pieces_[at >> BITS][at & MASK]; }
  T& back() { return (*this)[size_ - 1]; }
  void push_back(T&& value) {
    if (size_ >> BITS == pieces_.size()) pieces_.emplace_back(new T[MASK + 1]);
    (*this)[size_++] = std::move(value);
  }
  void clear() {
    pieces_.clear();
    size_ = 0;
  }

 private:
  static constexpr size_t BITS = 10, MASK = (1 << BITS) - 1;
  std::vector<std::unique_ptr<T[]>> pieces_;
  size_t size_ = 0;
};

}  // namespace muster::lines
