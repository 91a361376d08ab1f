// Arrays that may be large: vectors whose elements are not cleared before they are written, on huge pages when they
// fill some.
//
// A zone of a million names lies in 80 MB that are read at random: 20,000 page faults while it is loaded, and a miss of
// the TLB for each array a query touches, if the pages are small. Where the system has no huge pages to give, nothing
// is lost.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdlib>
#include <new>
#include <type_traits>
#include <utility>
#include <vector>

namespace rhumb::zone {

template <typename T>
class ArrayAllocator {
 public:
  static_assert(std::is_trivially_copyable_v<T>, "an array may be read from a file");
  using value_type = T;

  ArrayAllocator() = default;
  template <typename U>
  explicit(false) ArrayAllocator(const ArrayAllocator<U>&) noexcept {}

  [[nodiscard]] T* allocate(std::size_t count) {
    const std::size_t size = count * sizeof(T);
    if (size < kHugeMin) return static_cast<T*>(::operator new(size));
    void* place = std::aligned_alloc(kHugePage, (size + kHugePage - 1) / kHugePage * kHugePage);
    if (place == nullptr) throw std::bad_alloc();
    static_cast<void>(madvise(place, size, MADV_HUGEPAGE));  // a wish
    return static_cast<T*>(place);
  }
  void deallocate(T* place, std::size_t count) noexcept {
    if (count * sizeof(T) < kHugeMin) return ::operator delete(place);
    std::free(place);
  }

  // Not T(), which would clear it.
  template <typename U>
  void construct(U* place) noexcept {
    ::new (static_cast<void*>(place)) U;
  }
  template <typename U, typename... Arguments>
  void construct(U* place, Arguments&&... arguments) {
    ::new (static_cast<void*>(place)) U(std::forward<Arguments>(arguments)...);
  }

  template <typename U>
  friend bool operator==(const ArrayAllocator&, const ArrayAllocator<U>&) noexcept {
    return true;
  }

 private:
  static constexpr std::size_t kHugePage = 2 << 20;
  static constexpr std::size_t kHugeMin = 2 * kHugePage;  // of which at least half is filled
};

template <typename T>
using Array = std::vector<T, ArrayAllocator<T>>;

}  // namespace rhumb::zone
