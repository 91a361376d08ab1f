#include <vector>

#include "dns/edns.hpp"
#include "fuzz/input.hpp"
#include "fuzz/reference_query.hpp"
#include "fuzz/require.hpp"
#include "fuzz/targets.hpp"

namespace rhumb::fuzz {
namespace {

void check_same(const std::optional<dns::ClientSubnet>& subnet, const std::optional<ReferenceSubnet>& expected) {
  require(subnet.has_value() == expected.has_value(), "a Client Subnet is read where there is one");
  if (!subnet) return;
  require(subnet->family == expected->family, "the family is the option's");
  require(subnet->source_bits == expected->source_bits, "the prefix length is the option's");
  require(subnet->address_size() == expected->address.size(), "the address has as many octets as the option's");
  U128 bits = 0;
  for (const std::uint8_t octet : expected->address)
    bits = bits << 8 | octet;
  if (bits != 0) bits <<= (subnet->family == 2 ? 128 : 32) - static_cast<int>(expected->address.size()) * 8;
  require(subnet->address.bits == bits, "the address is the option's");
}

}  // namespace

void fuzz_edns(Bytes octets) {
  Input input(octets);
  dns::Edns edns;
  edns.payload_size = input.u16();
  edns.dnssec_ok = input.is_rare(128);
  const std::uint8_t scope_bits = input.u8();
  const auto rcode = static_cast<dns::Rcode>(input.u8() << 4);

  const ReferenceOptions expected = read_options(input.rest());
  require(dns::parse_options(input.rest(), edns) == expected.is_well_formed, "options are well formed or not");
  if (!expected.is_well_formed) return;
  check_same(edns.client_subnet, expected.subnet);
  require(edns.cookie.has_value() == expected.has_cookie, "a cookie is read where there is one");
  require(edns.asks_keepalive == expected.asks_keepalive, "a keepalive is read where there is one");

  dns::OptRecord record{edns.payload_size, edns.dnssec_ok};
  if (edns.client_subnet) record.client_subnet = &*edns.client_subnet;
  std::vector<std::uint8_t> opt(record.wire_size());
  const std::size_t size = dns::write_opt(opt.data(), record, rcode, scope_bits, std::nullopt);
  require(size == opt.size(), "an OPT record takes what wire_size() says");
  require(opt[0] == 0 && load_u16(opt.data() + 1) == dns::type::kOpt, "an OPT record is of the root");
  require(load_u16(opt.data() + 3) == edns.payload_size, "an OPT record has the payload size");
  require(opt[5] == static_cast<unsigned>(rcode) >> 4 && opt[6] == 0,
          "an OPT record has the upper rcode and version 0");
  require(load_u16(opt.data() + 7) == (edns.dnssec_ok ? 0x8000 : 0), "an OPT record has DO");
  require(load_u16(opt.data() + 9) == size - dns::kOptSize, "an OPT record has its length");
  if (!expected.subnet) return;

  // A response has a scope, a query must not: with 0 in its place it is read again as it was.
  require(opt.at(dns::kOptSize + 7) == scope_bits, "the scope is the one given");
  opt[dns::kOptSize + 7] = 0;
  dns::Edns again;
  const Bytes options = Bytes(opt).subspan(dns::kOptSize);
  require(dns::parse_options(options, again), "what is written can be read");
  check_same(again.client_subnet, expected.subnet);
  require(read_options(options).subnet == expected.subnet, "what is written is the option as it came");
}

}  // namespace rhumb::fuzz
