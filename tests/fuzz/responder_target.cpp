#include <array>
#include <vector>

#include "fuzz/input.hpp"
#include "fuzz/response_rules.hpp"
#include "fuzz/targets.hpp"
#include "fuzz/world.hpp"

namespace rhumb::fuzz {
namespace {

namespace mode {
constexpr std::uint8_t kTcp = 1;
constexpr std::uint8_t kIpv6 = 2;
constexpr std::uint8_t kRoot = 4;
constexpr std::uint8_t kBuilt = 8;  // the rest of the input says how to build a query; otherwise it is the query
}  // namespace mode

constexpr std::array<dns::Type, 20> kTypes = {dns::type::kA,
                                              dns::type::kAaaa,
                                              dns::type::kNs,
                                              dns::type::kCname,
                                              dns::type::kSoa,
                                              dns::type::kDname,
                                              dns::type::kDs,
                                              dns::type::kAny,
                                              dns::type::kNsec,
                                              dns::type::kRrsig,
                                              dns::type::kOpt,
                                              dns::type::kAxfr,
                                              dns::type::kIxfr,
                                              dns::type::kTsig,
                                              dns::Type{249},
                                              15,  // MX
                                              16,
                                              33,
                                              65280,
                                              0};

// A query, mostly a good one, from whatever octets: the fuzzer then need not guess names and counts.
class QueryBuilder {
 public:
  QueryBuilder(Input& input, const std::vector<dns::Name>& names) : input_(input), names_(names) {}

  std::vector<std::uint8_t> build() {
    put_u16(input_.u16());
    put_u16(flags());
    for (const unsigned count : {1U, 0U, 0U, 0U})
      put_u16(count);
    put_name();
    put_u16(input_.is_rare() ? input_.u16() : kTypes[input_.u8() % kTypes.size()]);
    put_u16(input_.is_rare() ? input_.u16() : dns::kClassIn);
    const int records = input_.u8() % 4;
    for (int i = 0; i < records; ++i)
      input_.is_rare(64) ? put_other_record() : put_opt();
    query_[11] = static_cast<std::uint8_t>(records);
    if (input_.is_rare()) query_[5 + input_.u8() % 7] = input_.u8();  // a count that is wrong
    if (input_.is_rare()) {
      for (const std::uint8_t octet : input_.rest())
        put_u8(octet);
    }
    if (input_.is_rare()) query_.erase(query_.end() - input_.u8() % 16, query_.end());  // cut off
    return std::move(query_);
  }

 private:
  void put_u8(unsigned octet) { query_.push_back(static_cast<std::uint8_t>(octet)); }
  void put_u16(unsigned value) {
    put_u8(value >> 8);
    put_u8(value);
  }
  void put_octets(Bytes octets) { query_.insert(query_.end(), octets.begin(), octets.end()); }

  std::uint16_t flags() {
    if (input_.is_rare()) return input_.u16();
    const std::uint8_t bits = input_.u8();
    return static_cast<std::uint16_t>((bits & 1 ? dns::flag::kRd : 0) | (bits & 2 ? dns::flag::kCd : 0));
  }

  // Up to three labels, then one of the names there are; in mixed case if the input says so.
  void put_name() {
    const std::size_t start = query_.size();
    const std::size_t labels = input_.u8() % 4;
    for (std::size_t i = 0; i < labels; ++i) {
      const Bytes label = input_.octets(1 + input_.u8() % dns::kLabelMax);
      put_u8(static_cast<unsigned>(label.size()));  // none left: ends the name early
      put_octets(label);
    }
    put_octets(names_[input_.u8() % names_.size()].wire());
    if (!input_.is_rare(64)) return;
    for (std::size_t at = start; at < query_.size(); at += 2) {
      if (query_[at] >= 'a' && query_[at] <= 'z') query_[at] = static_cast<std::uint8_t>(query_[at] - 'a' + 'A');
    }
  }

  void put_other_record() {
    const Bytes owner = input_.octets(input_.u8() % 16);
    put_octets(owner);
    put_u8(0);
    put_u16(kTypes[input_.u8() % kTypes.size()]);
    put_u16(dns::kClassIn);
    put_u16(0);
    put_u16(0);
    const Bytes rdata = input_.octets(input_.u8());
    put_u16(static_cast<unsigned>(rdata.size()));
    put_octets(rdata);
  }

  void put_opt() {
    put_u8(0);
    put_u16(dns::type::kOpt);
    put_u16(input_.u16());                        // payload size
    put_u8(0);                                    // extended rcode
    put_u8(input_.is_rare() ? input_.u8() : 0U);  // version
    put_u16(input_.is_rare(128) ? 0x8000U : 0U);  // DO
    const std::size_t size_at = query_.size();
    put_u16(0);
    const int options = input_.u8() % 4;
    for (int i = 0; i < options; ++i)
      input_.is_rare(64) ? put_other_option() : put_client_subnet();
    store_u16(query_.data() + size_at, static_cast<std::uint16_t>(query_.size() - size_at - 2));
  }

  void put_client_subnet() {
    const unsigned family = input_.is_rare() ? input_.u8() : 1U + input_.u8() % 2U;
    const unsigned source_bits = input_.u8() % (family == 2 ? 130U : 34U);
    const std::size_t size = (source_bits + 7) / 8 + (input_.is_rare() ? 1U : 0U);
    std::vector<std::uint8_t> address(size);
    std::ranges::copy(input_.octets(size), address.begin());
    if (source_bits % 8 != 0 && !input_.is_rare())
      address.back() &= static_cast<std::uint8_t>(0xFF00 >> source_bits % 8);
    put_u16(8);
    put_u16(static_cast<unsigned>(4 + size));
    put_u16(family);
    put_u8(source_bits);
    put_u8(input_.is_rare() ? input_.u8() : 0U);
    put_octets(address);
  }

  void put_other_option() {
    put_u16(input_.u8());
    const Bytes value = input_.octets(input_.u8());
    put_u16(static_cast<unsigned>(value.size()) + (input_.is_rare() ? input_.u8() : 0U));
    put_octets(value);
  }

  Input& input_;
  const std::vector<dns::Name>& names_;
  std::vector<std::uint8_t> query_;
};

IpAddress client_address(Input& input, bool is_ipv6) {
  IpAddress address{0, is_ipv6 ? Family::v6 : Family::v4};
  for (int i = 0; i < bits_of(address.family); i += 8)
    address.bits = address.bits << 8 | input.u8();
  return address;
}

}  // namespace

void fuzz_responder(Bytes octets) {
  static const World with_root(true);
  static const World without_root(false);
  Input input(octets);
  const std::uint8_t modes = input.u8();
  const World& world = (modes & mode::kRoot) != 0 ? with_root : without_root;
  world.set_states(input.u16());
  const answer::Client client{client_address(input, (modes & mode::kIpv6) != 0),
                              (modes & mode::kTcp) != 0 ? answer::Transport::tcp : answer::Transport::udp};
  if ((modes & mode::kBuilt) != 0) {
    const auto query = QueryBuilder(input, world.names()).build();
    ask_and_check(world.snapshot(), client, query, modes);
  } else {
    ask_and_check(world.snapshot(), client, input.rest(), modes);
  }
}

}  // namespace rhumb::fuzz
