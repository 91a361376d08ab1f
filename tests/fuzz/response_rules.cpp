#include "fuzz/response_rules.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <vector>

#include "dns/edns.hpp"
#include "fuzz/reference_query.hpp"
#include "fuzz/require.hpp"
#include "fuzz/strict_message.hpp"

namespace rhumb::fuzz {
namespace {

using answer::Transport;
using dns::Rcode;
using dns::Section;

constexpr std::uint16_t kOpcodeBits = 0x7800;
constexpr std::uint16_t kKept = kOpcodeBits | dns::flag::kRd;
constexpr std::uint16_t kRcodeBits = 0xF;

std::size_t room_for(Transport transport) {
  return transport == Transport::tcp ? dns::kMessageMax : dns::kUdpPayloadMax;
}

// Asks with all else equal. Aside, the responder writes to blocks that end where its room ends, so that the address
// sanitizer sees a step beyond; they are kept, as to make 64 KiB for each answer took half of the time.
class Ask {
 public:
  Ask(const answer::Snapshot& snapshot, const answer::Client& client, std::uint64_t seed)
      : snapshot_(snapshot), client_(client), seed_(seed) {}

  std::vector<std::uint8_t> aside(Bytes query, answer::Decision* trace = nullptr) const {
    static std::vector<std::uint8_t> udp(room_for(Transport::udp));
    static std::vector<std::uint8_t> tcp(room_for(Transport::tcp));
    return answer_into(client_.transport == Transport::tcp ? tcp : udp, query, trace);
  }
  std::vector<std::uint8_t> in_place(Bytes query) const {
    static std::vector<std::uint8_t> buffer;
    const std::size_t room = room_for(client_.transport);
    buffer.resize(std::max(room, query.size()));
    std::ranges::copy(query, buffer.begin());
    return answer_into(MutableBytes(buffer).first(room), Bytes(buffer).first(query.size()), nullptr);
  }

 private:
  std::vector<std::uint8_t> answer_into(MutableBytes room, Bytes query, answer::Decision* trace) const {
    Random random(seed_);
    const std::size_t size = answer::answer(snapshot_, client_, query, room, random, trace);
    require(size <= room.size(), "a response keeps to its room");
    return {room.begin(), room.begin() + static_cast<std::ptrdiff_t>(size)};
  }

  const answer::Snapshot& snapshot_;
  const answer::Client& client_;
  std::uint64_t seed_;
};

std::size_t size_limit(Transport transport, const ReferenceQuery& query) {
  if (transport == Transport::tcp) return dns::kMessageMax;
  if (!query.opt) return dns::kUdpPayloadMin;
  return std::clamp<std::size_t>(query.opt->payload_size, dns::kUdpPayloadMin, dns::kUdpPayloadDefault);
}

void check_header(std::uint16_t query_flags, const StrictMessage& response) {
  require((response.flags & dns::flag::kQr) != 0, "a response has QR");
  require((response.flags & kKept) == (query_flags & kKept), "opcode and RD are those of the query");
  constexpr std::uint16_t kKnown = dns::flag::kQr | dns::flag::kAa | dns::flag::kTc | kKept | kRcodeBits;
  require((response.flags & ~kKnown) == 0, "RA, Z, AD and CD are not set");
}

void check_question(const ReferenceQuery& query, const StrictMessage& response) {
  require(query.question.has_value() == response.question.has_value(), "a question that can be read is repeated");
  if (!query.question) return;
  require(std::ranges::equal(query.question->octets, response.question->octets), "the question is the query's");
}

Rcode rcode_of(const StrictMessage& response) {
  const unsigned upper = response.opt ? response.opt->extended_rcode : 0U;
  return static_cast<Rcode>(upper << 4 | (response.flags & kRcodeBits));
}

// What the server is asked to do with a zone, and it does not: no zone here, or none that it would.
const std::vector<Rcode> kNotOffered{Rcode::refused, Rcode::not_auth};

// The rcodes that such a query can get before its name is looked at; none when its name decides.
std::vector<Rcode> early_rcodes(std::uint16_t flags, const answer::Client& client, const ReferenceQuery& query) {
  const auto opcode = static_cast<dns::Opcode>(flags >> 11 & 0xF);
  const bool is_update = opcode == dns::Opcode::notify || opcode == dns::Opcode::update;
  if (opcode != dns::Opcode::query && !is_update) return {Rcode::not_imp};
  if (!query.is_well_formed) return {Rcode::form_err};
  const bool is_later_version = query.opt && query.opt->version > 0;
  // Whether a TSIG is as it should be is not worth a second reader.
  if (query.has_tsig) return {Rcode::form_err, is_later_version ? Rcode::bad_vers : Rcode::not_auth};
  if (is_later_version) return {Rcode::bad_vers};
  if (is_update) return query.questions == 1 ? kNotOffered : std::vector{Rcode::form_err};
  const bool is_ixfr = query.question && query.question->type == dns::type::kIxfr;
  if (query.answers > 0 || (query.authorities > 0 && !is_ixfr)) return {Rcode::form_err};
  if (query.questions == 0) return {query.has_cookie ? Rcode::no_error : Rcode::form_err};
  if (query.question->query_class != dns::kClassIn) return {Rcode::refused};
  if (is_ixfr) return kNotOffered;
  if (query.question->type != dns::type::kAxfr) return {};
  return client.transport == Transport::udp ? std::vector{Rcode::not_imp} : kNotOffered;
}

void check_rcode(std::uint16_t flags, const answer::Client& client, const ReferenceQuery& query,
                 const StrictMessage& response) {
  const Rcode rcode = rcode_of(response);
  const auto early = early_rcodes(flags, client, query);
  if (!early.empty()) {
    require(std::ranges::find(early, rcode) != early.end(), "the rcode is one that this query gets");
    require(!response.has_tsig || (query.has_tsig && rcode == Rcode::not_auth),
            "a TSIG says that the key is not known");
  }
  if (!early.empty() || rcode == Rcode::refused) {
    require(response.records.empty(), "where no name was looked up there are no records");
    require((response.flags & (dns::flag::kAa | dns::flag::kTc)) == 0, "where no name was looked up there is no AA");
    return;
  }
  constexpr std::array kKnown = {Rcode::no_error, Rcode::nx_domain, Rcode::yx_domain};
  require(std::ranges::find(kKnown, rcode) != kKnown.end(), "a look-up ends in one of four rcodes");
}

// Takes the options off that the server may add of its own: keepalive over TCP, and an extended error.
Bytes without_additions(Bytes options, const ReferenceQuery& query, Transport transport) {
  const auto ends_with = [&](std::uint32_t code) {
    return options.size() >= 6 && load_u32(options.data() + options.size() - 6) == (code << 16 | 2);
  };
  const std::size_t subnet_size = query.subnet ? 8 + query.subnet->address.size() : 0;
  if (options.size() > subnet_size && ends_with(15)) options = options.first(options.size() - 6);
  const bool has_keepalive = query.asks_keepalive && transport == Transport::tcp;
  require(!has_keepalive || ends_with(11), "the keepalive is answered");
  return has_keepalive ? options.first(options.size() - 6) : options;
}

void check_edns(const answer::Client& client, const ReferenceQuery& query, const StrictMessage& response) {
  if (query.is_well_formed && !query.has_tsig) {
    require(query.opt.has_value() == response.opt.has_value(), "there is an OPT if the query had one");
  }
  if (!response.opt) return;
  require(response.opt->payload_size == dns::kUdpPayloadDefault, "the OPT has our payload size");
  require(response.opt->version == 0, "the OPT is of version 0");
  require((response.opt->flags & 0x7FFF) == 0, "of the OPT's flags only DO is set");
  if (!query.is_well_formed) return;
  require((response.opt->flags >> 15) == (query.opt->flags >> 15), "DO is the query's");

  // The scope makes it a malformed subnet of a query.
  const Bytes kept = without_additions(response.opt->options, query, client.transport);
  std::vector<std::uint8_t> options(kept.begin(), kept.end());
  if (!query.subnet) return require(options.empty(), "no option comes back that was not sent");
  require(options.size() >= 8, "the Client Subnet comes back");
  const unsigned scope_bits = options[7];
  options[7] = 0;
  const ReferenceOptions read = read_options(options);
  require(read.is_well_formed && read.subnet == query.subnet, "the Client Subnet comes back as it was sent");
  require(scope_bits <= (query.subnet->family == 2 ? 128U : 32U), "a scope has no more bits than an address");
  require(query.subnet->source_bits > 0 || scope_bits == 0, "the scope of a withheld subnet is 0");
}

// RFC 1034 §4.3.2: every record of the answer stands under the name that the one before led to. That name at the end.
WireName check_chain(const StrictQuestion& question, const StrictMessage& response) {
  WireName name = question.name;
  for (const StrictRecord& record : response.records) {
    if (record.section != Section::answer) continue;
    const bool is_asked = question.type == record.type || question.type == dns::type::kAny;
    if (record.type == dns::type::kDname) {
      const bool is_above = is_below(name, record.owner) || (is_asked && record.owner == name);
      require(is_above, "a DNAME in the answer is above the name");
      continue;
    }
    require(record.owner == name, "a record in the answer has the name that was asked or led to");
    require(is_asked || record.type == dns::type::kCname, "a record in the answer is of the type that was asked");
    if (record.type == dns::type::kCname) name = record.target;
  }
  return name;
}

void check_records(const ReferenceQuery& query, const StrictMessage& response) {
  if (response.records.empty()) return;
  const WireName name = check_chain(*query.question, response);
  std::set<WireName> hosts;
  bool has_answer = false;
  bool has_authority = false;
  for (const StrictRecord& record : response.records) {
    if (record.section == Section::answer) {
      has_answer = true;
      hosts.insert(record.target);
    }
    if (record.section == Section::authority) {
      has_authority = true;
      require(record.type == dns::type::kNs || record.type == dns::type::kSoa, "the authority is NS or SOA");
      require(record.owner == name || is_below(name, record.owner), "the authority is at or above the name");
      if (record.type == dns::type::kNs) hosts.insert(record.target);
    }
    if (record.section == Section::additional) {
      require(record.type == dns::type::kA || record.type == dns::type::kAaaa, "what is added is addresses");
      require(hosts.contains(record.owner), "what is added is addresses of the hosts that are named");
    }
  }
  require(has_answer || has_authority, "an answer is never empty by accident");
}

}  // namespace

void ask_and_check(const answer::Snapshot& snapshot, const answer::Client& client, Bytes query_bytes,
                   std::uint64_t seed) {
  const Ask ask(snapshot, client, seed);
  const auto response_bytes = ask.aside(query_bytes);
  require(ask.in_place(query_bytes) == response_bytes, "over the query the response is the same");
  answer::Decision decision;
  require(ask.aside(query_bytes, &decision) == response_bytes, "with a trace the response is the same");

  const bool is_query = query_bytes.size() >= dns::kHeaderSize && (query_bytes[2] & 0x80) == 0;
  require(is_query == !response_bytes.empty(), "queries are answered, and nothing else");
  if (!is_query) return;

  const ReferenceQuery query = read_query(query_bytes);
  require(response_bytes.size() <= size_limit(client.transport, query), "a response keeps to its size limit");
  const StrictMessage response = parse_strictly(response_bytes);
  require(response.id == load_u16(query_bytes.data()), "the id is the query's");
  const std::uint16_t flags = load_u16(query_bytes.data() + 2);
  check_header(flags, response);
  check_question(query, response);
  check_rcode(flags, client, query, response);
  check_edns(client, query, response);
  check_records(query, response);
  const bool is_no_error = rcode_of(response) == Rcode::no_error && (response.flags & dns::flag::kTc) == 0;
  require(!is_no_error || query.questions == 0 || !response.records.empty(), "an answer is never empty by accident");
}

}  // namespace rhumb::fuzz
