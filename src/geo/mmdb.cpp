#include "geo/mmdb.hpp"

#include <sys/mman.h>

#include <array>
#include <cassert>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>
#include <span>
#include <string_view>
#include <utility>

#include "geo/id_table.hpp"

namespace rhumb::geo {
namespace {

// A record of the tree below the node count is a node; equal to it, nothing; from this many above it on, data.
constexpr std::uint32_t kDataSeparator = 16;

std::string reason_of(int status, const char* action) {
  if (status == MMDB_FILE_OPEN_ERROR) return std::string("cannot be opened: ") + std::strerror(errno);
  if (status == MMDB_IO_ERROR) return std::string("cannot be read: ") + std::strerror(errno);
  if (status == MMDB_INVALID_METADATA_ERROR) return "not a MaxMind DB (no metadata marker, or damaged metadata)";
  return std::string(action) + ": " + MMDB_strerror(status);
}

// The search tree, as the MaxMind DB format describes it: an array of nodes, each of two records of 24, 28 or 32 bits.
// With MMDB_read_node, which does the same with a few calls a node, a walk took half as long again.
class SearchTree {
 public:
  explicit SearchTree(const MMDB_s& mmdb)
      : nodes_(mmdb.file_content),
        node_count_(mmdb.metadata.node_count),
        record_bits_(mmdb.metadata.record_size),
        node_size_(record_bits_ / 4U) {
    if (record_bits_ != 24 && record_bits_ != 28 && record_bits_ != 32) throw Malformed("records of a size unknown");
    const auto file_size = static_cast<std::uint64_t>(mmdb.file_size);
    if (std::uint64_t{node_count_} * node_size_ + kDataSeparator > file_size) {
      throw Malformed("search tree larger than the file");
    }
  }

  [[nodiscard]] std::uint32_t node_count() const noexcept { return node_count_; }

  // The left and the right record of a node, which is below node_count().
  [[nodiscard]] std::pair<std::uint32_t, std::uint32_t> records(std::uint32_t node) const noexcept {
    assert(node < node_count_);
    const std::uint8_t* octets = nodes_ + std::size_t{node} * node_size_;
    if (record_bits_ == 24) return {number(octets), number(octets + 3)};
    if (record_bits_ == 32) return {number(octets) << 8 | octets[3], number(octets + 4) << 8 | octets[7]};
    // The octet in the middle has the highest four bits of both.
    const std::uint32_t middle = octets[3];
    return {(middle >> 4) << 24 | number(octets), (middle & 0xF) << 24 | number(octets + 4)};
  }

 private:
  // Of three octets.
  static std::uint32_t number(const std::uint8_t* octets) noexcept {
    return std::uint32_t{octets[0]} << 16 | std::uint32_t{octets[1]} << 8 | octets[2];
  }

  const std::uint8_t* nodes_;
  std::uint32_t node_count_;
  unsigned record_bits_;
  unsigned node_size_;  // in octets
};

// Where the records of a file are.
class RecordLocations {
 public:
  explicit RecordLocations(const std::function<LocationId(RecordId)>& locate) : locate_(locate) {}

  void prefetch(RecordId record) const noexcept { ids_.prefetch(record); }
  LocationId find(RecordId record) {
    if (record == kNoRecord) return kUnknownLocation;
    // The hash is the whole of what is looked for, and an IdTable has no id 0.
    const auto is_same = [](std::uint32_t) { return true; };
    return ids_.intern(record, is_same, [&] { return locate_(record) + 1; }) - 1;
  }

 private:
  const std::function<LocationId(RecordId)>& locate_;
  IdTable ids_;  // location + 1 of each record
};

// The networks that a walk finds, with the locations of their records. Those are looked for some hundreds at a time:
// one by one, the walk waited for the cache misses of each before it went on.
template <typename Key>
class LocatedNetworks {
 public:
  explicit LocatedNetworks(RecordLocations& locations) : locations_(locations) {}

  void append(Key first, RecordId record) {
    if (record == last_record_) return;
    last_record_ = record;
    if (count_ == kBatchSize) locate_batch();
    batch_[count_++] = {first, record};
    locations_.prefetch(record);
  }

  RangeList<Key, LocationId> take() {
    locate_batch();
    return std::move(result_);
  }

 private:
  struct Network {
    Key first;
    RecordId record;
  };
  static constexpr std::size_t kBatchSize = 256;

  void locate_batch() {
    for (const Network& network : std::span(batch_).first(count_))
      result_.append(network.first, locations_.find(network.record));
    count_ = 0;
  }

  RecordLocations& locations_;
  RangeList<Key, LocationId> result_;
  RecordId last_record_ = kNoRecord;
  std::array<Network, kBatchSize> batch_;
  std::size_t count_ = 0;
};

// What is read of a mapped file stays in the memory of this process for as long as it is mapped. After a walk of some
// length, let that go; what is needed again is still in the page cache.
void forget_pages(const MMDB_s& mmdb) {
  // The only call for it takes memory that could be written; it does not write here, as the mapping is of a file.
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast)
  static_cast<void>(
      madvise(const_cast<std::uint8_t*>(mmdb.file_content), static_cast<std::size_t>(mmdb.file_size), MADV_DONTNEED));
}

// Walks the subtree of one family and appends a range for every leaf.
template <typename Key>
class TreeWalk {
 public:
  // `alias` is a node to treat as empty wherever it is linked.
  TreeWalk(const MMDB_s& mmdb, std::uint32_t alias, LocatedNetworks<Key>& result)
      : mmdb_(mmdb), tree_(mmdb), data_size_(mmdb.data_section_size), alias_(alias), result_(result) {}

  // `first` is the first address under `node`, and `bits_left` how many bits of the address it and its children decide.
  void walk(std::uint32_t node, Key first, int bits_left) {
    if (bits_left == 0) throw Malformed("search tree deeper than addresses are long");
    if (++visits_ > MmdbFile::kVisitsPerNodeMax * tree_.node_count()) {
      throw Malformed("search tree with loops or shared branches");
    }
    if (visits_ % kVisitsBetweenForgetting == 0) forget_pages(mmdb_);
    const auto [left, right] = tree_.records(node);
    --bits_left;
    enter(left, first, bits_left);
    enter(right, static_cast<Key>(first | Key{1} << bits_left), bits_left);
  }

 private:
  // Of a tree in the order of its addresses, 4 MB.
  static constexpr std::uint64_t kVisitsBetweenForgetting = std::uint64_t{1} << 19;

  void enter(std::uint32_t record, Key first, int bits_left) {
    if (record < tree_.node_count()) {
      if (record == alias_) return result_.append(first, kNoRecord);
      // The root is under no node.
      if (record == 0) throw Malformed("search tree that points outside of the file");
      return walk(record, first, bits_left);
    }
    const std::uint32_t beyond = record - tree_.node_count();
    if (beyond == 0) return result_.append(first, kNoRecord);
    if (beyond < kDataSeparator || beyond - kDataSeparator >= data_size_) {
      throw Malformed("search tree that points outside of the file");
    }
    result_.append(first, beyond - kDataSeparator + 1);
  }

  const MMDB_s& mmdb_;
  const SearchTree tree_;
  std::uint32_t data_size_;
  std::uint32_t alias_;
  LocatedNetworks<Key>& result_;
  std::uint64_t visits_ = 0;
};

template <typename Key>
RangeList<Key, LocationId> walk_family(const MMDB_s& mmdb, std::uint32_t node, std::uint32_t alias,
                                       RecordLocations& locations) {
  LocatedNetworks<Key> networks(locations);
  TreeWalk<Key>(mmdb, alias, networks).walk(node, 0, static_cast<int>(sizeof(Key) * 8));
  return networks.take();
}

// Reads one record, value by value: MMDB_aget_value with an empty path decodes the one at an offset, following a
// pointer, and checks that it lies inside the data section. The library's own ways through a record are
// either recursive without a limit or copy it all.
class RecordReader {
 public:
  RecordReader(const MMDB_s& mmdb, std::uint32_t offset) : mmdb_(mmdb), offset_(offset) {}

  Location read() {
    const Value record = decode(offset_);
    expect_type(record, MMDB_DATA_TYPE_MAP, "the record", "a map");
    for_each_member(record, 0, [&](std::string_view key, const Value& value) { read_field(key, value); });
    return result();
  }

 private:
  struct Value {
    MMDB_entry_data_s data;
    std::uint32_t contents;  // map, array: the offset of the first key or element
    std::uint32_t after;     // the offset of the next value; of a map or array that no pointer led to: same as contents
    bool is_behind_pointer;

    [[nodiscard]] bool is_map() const noexcept { return data.type == MMDB_DATA_TYPE_MAP; }
    [[nodiscard]] bool is_array() const noexcept { return data.type == MMDB_DATA_TYPE_ARRAY; }
    [[nodiscard]] bool is_text() const noexcept { return data.type == MMDB_DATA_TYPE_UTF8_STRING; }
    [[nodiscard]] std::string_view text() const noexcept { return {data.utf8_string, data.data_size}; }
  };

  // The fields as the schemas name them. Top-level names of the nested and the flat schema either differ, or (city)
  // have values of different types, so that one look at each field is enough.
  void read_field(std::string_view key, const Value& value) {
    if (key == "continent") return read_texts_of(value, key, "code", location_.continent);
    if (key == "country") return read_texts_of(value, key, "iso_code", location_.country);
    if (key == "registered_country") return read_texts_of(value, key, "iso_code", registered_country_);
    if (key == "country_code") return read_text(value, key, location_.country);
    if (key == "subdivisions") return read_subdivision(value);
    if (key == "state1") return read_text(value, key, location_.subdivision);
    if (key == "city")
      return value.is_text() ? read_text(value, key, location_.city) : read_name(value, key, location_.city);
    if (key == "location") return read_coordinates(value);
    if (key == "latitude") return read_number(value, key, latitude_);
    if (key == "longitude") return read_number(value, key, longitude_);
    if (key == "autonomous_system_number") return read_asn(value);
    if (key == "traits") return read_traits(value);
  }

  void read_coordinates(const Value& location) {
    expect_type(location, MMDB_DATA_TYPE_MAP, "location", "a map");
    for_each_member(location, 1, [&](std::string_view key, const Value& value) {
      if (key == "latitude") read_number(value, key, latitude_);
      if (key == "longitude") read_number(value, key, longitude_);
    });
  }

  void read_traits(const Value& traits) {
    expect_type(traits, MMDB_DATA_TYPE_MAP, "traits", "a map");
    for_each_member(traits, 1, [&](std::string_view key, const Value& value) {
      if (key == "autonomous_system_number") read_asn(value);
    });
  }

  // The first one, which is the largest: {"iso_code": "ENG", "names": {"en": "England"}}.
  void read_subdivision(const Value& subdivisions) {
    expect_type(subdivisions, MMDB_DATA_TYPE_ARRAY, "subdivisions", "an array");
    if (subdivisions.data.data_size == 0) return;
    const Value first = decode(subdivisions.contents);
    read_texts_of(first, "subdivisions", "iso_code", location_.subdivision);
    if (location_.subdivision.empty()) read_name(first, "subdivisions", location_.subdivision);
  }

  // {"names": {"en": TEXT}}
  void read_name(const Value& place, std::string_view name, std::string_view& text) {
    expect_type(place, MMDB_DATA_TYPE_MAP, name, "a map");
    for_each_member(place, 2, [&](std::string_view key, const Value& value) {
      if (key == "names") read_texts_of(value, key, "en", text);
    });
  }

  // {WANTED: TEXT}
  void read_texts_of(const Value& map, std::string_view name, std::string_view wanted, std::string_view& text) {
    expect_type(map, MMDB_DATA_TYPE_MAP, name, "a map");
    for_each_member(map, 3, [&](std::string_view key, const Value& value) {
      if (key == wanted) read_text(value, key, text);
    });
  }

  void read_text(const Value& value, std::string_view name, std::string_view& text) {
    expect_type(value, MMDB_DATA_TYPE_UTF8_STRING, name, "a text");
    text = value.text();
  }

  // An empty text is a number that is not known.
  void read_number(const Value& value, std::string_view name, double& number) {
    switch (value.data.type) {
      case MMDB_DATA_TYPE_DOUBLE:
        number = value.data.double_value;
        return;
      case MMDB_DATA_TYPE_FLOAT:
        number = static_cast<double>(value.data.float_value);
        return;
      case MMDB_DATA_TYPE_UTF8_STRING:
        if (!value.text().empty()) number = parse<double>(value.text(), name);
        return;
      default:
        fail(std::string(name) + " is not a number");
    }
  }

  void read_asn(const Value& value) {
    switch (value.data.type) {
      case MMDB_DATA_TYPE_UINT32:
        location_.asn = value.data.uint32;
        return;
      case MMDB_DATA_TYPE_UINT16:
        location_.asn = value.data.uint16;
        return;
      case MMDB_DATA_TYPE_UTF8_STRING:
        if (!value.text().empty()) location_.asn = parse<std::uint32_t>(value.text(), "autonomous_system_number");
        return;
      default:
        fail("autonomous_system_number is not a number");
    }
  }

  template <typename Number>
  Number parse(std::string_view text, std::string_view name) const {
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size()) fail(std::string(name) + " is not a number");
    return number;
  }

  Location result() {
    // Where the block was registered is a guess, but a better one than nothing.
    if (!is_code(location_.country)) location_.country = registered_country_;
    if (!is_code(location_.country)) location_.country = {};
    if (!is_code(location_.continent)) location_.continent = {};
    // Latitude 0, longitude 0 is in the sea; databases write it for "not known".
    const bool is_given = !std::isnan(latitude_) && !std::isnan(longitude_) && (latitude_ != 0 || longitude_ != 0);
    if (is_given) {
      if (std::abs(latitude_) > 90 || std::abs(longitude_) > 180) fail("coordinates that are not on Earth");
      location_.has_coordinates = true;
      location_.latitude = static_cast<float>(latitude_);
      location_.longitude = static_cast<float>(longitude_);
    }
    return location_;
  }

  // Two letters; not "", "-" and "ZZ", which stand for "not known".
  static bool is_code(std::string_view text) noexcept {
    const auto is_letter = [](char c) { return c >= 'A' && c <= 'Z'; };
    return text.size() == 2 && is_letter(text[0]) && is_letter(text[1]) && text != "ZZ";
  }

  template <typename F>
  std::uint32_t for_each_member(const Value& map, int depth, F f) {
    std::uint32_t at = map.contents;
    for (std::uint32_t i = 0; i < map.data.data_size; ++i) {
      const Value key = decode(at);
      expect_type(key, MMDB_DATA_TYPE_UTF8_STRING, "a key", "a text");
      const Value value = decode(key.after);
      f(key.text(), value);
      at = skip(value, depth + 1);
    }
    return at;
  }

  // The offset after `value`.
  std::uint32_t skip(const Value& value, int depth) {
    if (value.is_behind_pointer || !(value.is_map() || value.is_array())) return value.after;
    if (depth > MmdbFile::kRecordDepthMax) fail("values nested too deep");
    std::uint32_t at = value.contents;
    const std::uint64_t count = std::uint64_t{value.data.data_size} * (value.is_map() ? 2 : 1);
    for (std::uint64_t i = 0; i < count; ++i)
      at = skip(decode(at), depth + 1);
    return at;
  }

  Value decode(std::uint32_t offset) {
    if (++values_ > MmdbFile::kRecordValuesMax) fail("too many values");
    const MMDB_entry_data_s data = get(offset);
    if (data.offset == offset) return {data, data.offset_to_next, data.offset_to_next, false};
    // Behind a pointer, offset_to_next is sometimes after the pointer and sometimes after what it leads to. Only the
    // contents of maps and arrays are of interest.
    const bool has_contents = data.type == MMDB_DATA_TYPE_MAP || data.type == MMDB_DATA_TYPE_ARRAY;
    const std::uint32_t contents = has_contents ? get(data.offset).offset_to_next : 0;
    return {data, contents, offset + pointer_size(mmdb_.data_section[offset]), true};
  }

  // In octets. The control octet of a pointer has the size of the rest, less one, in bits 3 and 4.
  static std::uint32_t pointer_size(std::uint8_t control) noexcept { return 2U + (control >> 3 & 3U); }

  MMDB_entry_data_s get(std::uint32_t offset) const {
    static constexpr const char* kHere[] = {nullptr};
    MMDB_entry_s entry{&mmdb_, offset};
    MMDB_entry_data_s data;
    const int status = MMDB_aget_value(&entry, &data, kHere);
    if (status != MMDB_SUCCESS) fail(MMDB_strerror(status));
    return data;
  }

  void expect_type(const Value& value, std::uint32_t type, std::string_view name, const char* type_name) const {
    if (value.data.type != type) fail(std::string(name) + " is not " + type_name);
  }

  [[noreturn]] void fail(const std::string& what) const {
    throw Malformed("record at offset " + std::to_string(offset_) + " of the data: " + what);
  }

  const MMDB_s& mmdb_;
  std::uint32_t offset_;
  int values_ = 0;
  Location location_;
  std::string_view registered_country_;
  double latitude_ = std::nan("");
  double longitude_ = std::nan("");
};

}  // namespace

MmdbFile::MmdbFile(const std::string& path) {
  const int status = MMDB_open(path.c_str(), MMDB_MODE_MMAP, &mmdb_);
  if (status != MMDB_SUCCESS) throw Malformed(reason_of(status, "cannot be read"));
  if (mmdb_.metadata.ip_version != 4 && mmdb_.metadata.ip_version != 6) {
    MMDB_close(&mmdb_);
    throw Malformed("damaged metadata (ip_version is not 4 or 6)");
  }
}

std::string MmdbFile::type() const {
  return mmdb_.metadata.database_type == nullptr ? "" : mmdb_.metadata.database_type;
}

std::int64_t MmdbFile::built_at_s() const noexcept {
  return static_cast<std::int64_t>(mmdb_.metadata.build_epoch);
}

AddressMap<LocationId> MmdbFile::walk(const std::function<LocationId(RecordId)>& locate) const {
  constexpr std::uint32_t kNoAlias = ~std::uint32_t{0};
  const std::uint32_t node_count = mmdb_.metadata.node_count;
  RecordLocations locations(locate);
  AddressMap<LocationId> map;
  if (mmdb_.metadata.ip_version == 4) {
    map.v4() = walk_family<std::uint32_t>(mmdb_, 0, kNoAlias, locations);
  } else {
    // Where ::/96 leads: a node, nothing, or a record for more than all of IPv4.
    const std::uint32_t v4_start = mmdb_.ipv4_start_node.node_value;
    if (v4_start < node_count) {
      map.v4() = walk_family<std::uint32_t>(mmdb_, v4_start, kNoAlias, locations);
    } else if (v4_start >= node_count + kDataSeparator) {
      map.v4().append(0, locations.find(v4_start - node_count - kDataSeparator + 1));
    }
    map.v6() = walk_family<U128>(mmdb_, 0, v4_start < node_count ? v4_start : kNoAlias, locations);
  }
  return map;
}

Location MmdbFile::read(RecordId record) const {
  assert(record != kNoRecord);
  return RecordReader(mmdb_, record - 1).read();
}

}  // namespace rhumb::geo
