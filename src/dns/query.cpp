#include "dns/query.hpp"

namespace rhumb::dns {
namespace {

constexpr std::size_t kQuestionFixedSize = 4;  // type, class
constexpr std::size_t kRecordFixedSize = 10;   // type, class, ttl, rdlength
constexpr std::size_t kTsigFixedSize = 16;     // of its rdata: time, fudge, MAC size, original id, error, other length
constexpr std::size_t kTsigMacSizeAt = 8;      // among them

struct Counts {
  explicit Counts(const std::uint8_t* header) noexcept
      : questions(load_u16(header + 4)),
        answers(load_u16(header + 6)),
        authorities(load_u16(header + 8)),
        additionals(load_u16(header + 10)) {}

  // With whatever additional records.
  [[nodiscard]] bool is_one_question() const noexcept { return questions == 1 && (answers | authorities) == 0; }

  std::uint16_t questions;
  std::uint16_t answers;
  std::uint16_t authorities;
  std::uint16_t additionals;
};

// The octets of the possibly compressed name at the start of `bytes`, or 0 when it runs past the end. What a pointer
// points to is not looked at: no name outside the question matters here.
std::size_t skip_name(Bytes bytes) noexcept {
  std::size_t at = 0;
  while (at < bytes.size()) {
    const std::uint8_t length = bytes[at];
    if (length == 0) return at + 1;
    if ((length & 0xC0) == 0xC0) return at + 2 <= bytes.size() ? at + 2 : 0;
    if (length > kLabelMax) return 0;
    at += length + 1U;
  }
  return 0;
}

bool is_uncompressed(Bytes name) noexcept {
  return name.size() <= kNameMax && name.back() == 0 && (name.size() < 2 || (name[name.size() - 2] & 0xC0) != 0xC0);
}

// A record of the message, whole.
struct Record {
  std::size_t owner_size;
  const std::uint8_t* fixed;
  Bytes rdata;

  [[nodiscard]] Type type() const noexcept { return load_u16(fixed); }
};

// Takes the first record off `records`. Nothing when it is cut off.
std::optional<Record> take_record(Bytes& records) noexcept {
  const std::size_t owner_size = skip_name(records);
  if (owner_size == 0 || records.size() - owner_size < kRecordFixedSize) return std::nullopt;
  const std::uint8_t* fixed = records.data() + owner_size;
  const std::size_t rdata_size = load_u16(fixed + 8);
  const std::size_t size = owner_size + kRecordFixedSize + rdata_size;
  if (records.size() < size) return std::nullopt;
  records = records.subspan(size);
  return Record{owner_size, fixed, {fixed + kRecordFixedSize, rdata_size}};
}

// The records of the answer and authority sections, which matter to nobody.
bool skip_records(Bytes& records, std::size_t count) noexcept {
  for (; count > 0; --count) {
    if (!take_record(records)) return false;
  }
  return true;
}

// RFC 6891 §6.1.1: one OPT at most, and its owner is the root.
bool parse_opt(const Record& record, std::optional<Edns>& edns) noexcept {
  if (edns || record.owner_size != 1) return false;
  edns.emplace();
  edns->payload_size = load_u16(record.fixed + 2);
  edns->version = record.fixed[5];
  edns->dnssec_ok = (record.fixed[6] & 0x80) != 0;
  // RFC 6891 §6.1.3: what a later version means by its options is not known, and need not be for BADVERS.
  return edns->version > 0 || parse_options(record.rdata, *edns);
}

// RFC 8945 §4.2. An owner that is a pointer could not be copied into the response.
bool parse_tsig(const Record& record, const std::uint8_t* message, Tsig& tsig) noexcept {
  const std::uint8_t* owner = record.fixed - record.owner_size;
  const std::size_t algorithm_size = skip_name(record.rdata);
  if (algorithm_size == 0 || record.rdata.size() < algorithm_size + kTsigFixedSize) return false;
  if (!is_uncompressed({owner, record.owner_size}) || !is_uncompressed(record.rdata.first(algorithm_size)))
    return false;
  // §5.1: what the lengths of the MAC and of the other data say must be there, and nothing else.
  const Bytes fields = record.rdata.subspan(algorithm_size);
  const std::size_t mac_size = load_u16(fields.data() + kTsigMacSizeAt);
  if (fields.size() < kTsigFixedSize + mac_size) return false;
  const std::size_t other_size = load_u16(fields.data() + mac_size + kTsigFixedSize - 2);
  if (fields.size() != kTsigFixedSize + mac_size + other_size) return false;
  tsig = {static_cast<std::uint16_t>(owner - message), static_cast<std::uint16_t>(record.owner_size),
          static_cast<std::uint16_t>(algorithm_size)};
  return true;
}

// Of the additional records just OPT and TSIG are of interest. False when one is cut off, is not as its RFC has it, or
// a TSIG is not the last.
bool parse_additional(Bytes records, std::uint16_t count, const std::uint8_t* message, Query& query,
                      bool& is_signed) noexcept {
  for (; count > 0; --count) {
    const auto record = take_record(records);
    if (!record) return false;
    if (record->type() == type::kOpt && !parse_opt(*record, query.edns)) return false;
    if (record->type() != type::kTsig) continue;
    is_signed = true;
    if (count > 1 || !parse_tsig(*record, message, query.tsig)) return false;
  }
  return true;
}

bool is_known(Opcode opcode) noexcept {
  return opcode == Opcode::query || opcode == Opcode::notify || opcode == Opcode::update;
}

// Of a message whose question and records could all be read.
Verdict judge(const Query& query, const Counts& counts, bool is_signed) noexcept {
  const bool is_plain = query.opcode() == Opcode::query && counts.is_one_question() && !is_signed;
  if (is_plain && !(query.edns && query.edns->version > 0)) [[likely]]
    return Verdict::answer;
  if (!is_known(query.opcode())) return Verdict::not_imp;
  if (query.edns && query.edns->version > 0) return Verdict::bad_vers;
  if (is_signed) return Verdict::bad_key;
  if (query.opcode() != Opcode::query) return counts.questions == 1 ? Verdict::not_offered : Verdict::form_err;
  // RFC 1995 §3: an IXFR has the client's SOA with it. Other queries have neither answers nor authorities.
  const bool is_ixfr = query.question_size > 0 && query.type == type::kIxfr;
  if (counts.answers > 0 || (counts.authorities > 0 && !is_ixfr)) return Verdict::form_err;
  if (counts.questions == 1) return Verdict::answer;
  return query.edns && query.edns->cookie ? Verdict::cookie_only : Verdict::form_err;
}

}  // namespace

Query parse_query(Bytes message, const NameHashKey& hash_key) noexcept {
  Query query;
  query.question_size = 0;
  query.verdict = Verdict::drop;
  if (message.size() < kHeaderSize) return query;
  query.flags = load_u16(message.data() + 2);
  if ((query.flags & flag::kQr) != 0) return query;

  query.verdict = is_known(query.opcode()) ? Verdict::form_err : Verdict::not_imp;
  const Counts counts(message.data());
  if (counts.questions > 1) return query;
  Bytes rest = message.subspan(kHeaderSize);
  if (counts.questions == 1) {
    const std::size_t name_size = query.name.parse(rest, hash_key);
    if (name_size == 0 || rest.size() - name_size < kQuestionFixedSize) return query;
    query.type = load_u16(rest.data() + name_size);
    query.query_class = load_u16(rest.data() + name_size + 2);
    query.question_size = static_cast<std::uint16_t>(name_size + kQuestionFixedSize);
    rest = rest.subspan(query.question_size);
  }
  bool is_signed = false;
  if (!skip_records(rest, std::size_t{counts.answers} + counts.authorities)) return query;
  if (!parse_additional(rest, counts.additionals, message.data(), query, is_signed)) return query;
  query.verdict = judge(query, counts, is_signed);
  return query;
}

}  // namespace rhumb::dns
