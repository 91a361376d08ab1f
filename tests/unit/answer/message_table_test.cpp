// What comes of which message: hand-made octets in, the response's header and OPT out.
//
// docs/protocol.md has the same table for people, with what the RFCs and other servers say.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "answer/responder.hpp"
#include "dns/edns.hpp"
#include "support/small_snapshot.hpp"

namespace rhumb::answer {
namespace {

using dns::Message;
namespace type = dns::type;
namespace option = dns::option;

constexpr dns::Type kTypeNull = 10;
constexpr dns::Type kTypeTkey = 249;
constexpr dns::Type kTypeMailb = 253;
constexpr dns::Type kTypeMaila = 254;
constexpr std::uint16_t kPadding = 12;
constexpr std::uint16_t kUnknownOption = 65'001;
constexpr std::uint16_t kRa = 0x0080;  // header flags that no response of ours has
constexpr std::uint16_t kZ = 0x0040;
constexpr std::uint16_t kAd = 0x0020;

constexpr std::uint16_t kPayloadV4 = 1'432;  // two limits, to see which one counts
constexpr std::uint16_t kPayloadV6 = 1'232;

// ---- The zone

// A TXT record at sNNNN.example.com with which a response without OPT has exactly `size` octets.
std::string txt_for_size(std::size_t size) {
  constexpr std::size_t kAround = dns::kHeaderSize + 19 + 4 + dns::kStoredRecordFixedSize;  // 19: s1234.example.com
  std::string text = fmt::format("s{:04} TXT", size);
  for (std::size_t left = size - kAround; left > 0;) {
    const std::size_t string_size = std::min<std::size_t>(left, 256) - 1;
    text += " \"" + std::string(string_size, 'x') + "\"";
    left -= string_size + 1;
  }
  return text + "\n";
}

std::string long_label(char octet) {
  return std::string(63, octet);
}

// An RRset of 65,024 octets, which is almost zone::kRecordsMax, and three aliases in a row with names so long that with
// them it is too much.
std::string huge_rrset() {
  const std::string huge = long_label('h') + "." + long_label('u') + "." + long_label('g');
  const std::string middle = long_label('m') + "." + long_label('i') + "." + long_label('d');
  const std::string last = long_label('l') + "." + long_label('a') + "." + long_label('s');
  std::string text = fmt::format("huge CNAME {0}\n{0} CNAME {1}\n{1} CNAME {2}\n", middle, last, huge);
  for (int i = 0; i < 64; ++i) {
    text += huge + " TXT";
    for (int j = 0; j < 4; ++j)
      text += fmt::format(" \"{:02}{}\"", i, std::string(248, 'x'));
    text += "\n";
  }
  return text;
}

std::string zone_text() {
  std::string text = R"(
$TTL 300
@       SOA   ns1 hostmaster 1 3600 600 86400 60
        NS    ns1
ns1     A     192.0.2.1
www     A     192.0.2.2
alias   CNAME www
mx      MX    10 www
sub     NS    ns.sub
ns.sub  A     192.0.2.3
)";
  for (const std::size_t size : {dns::kUdpPayloadMin, kPayloadV4 - dns::kOptSize, kPayloadV6 - dns::kOptSize}) {
    text += txt_for_size(size);
    text += txt_for_size(size + 1);
  }
  return text + huge_rrset();
}

Settings told_settings() {
  Settings settings;
  settings.identity = "ns7.lon";
  settings.version = "Rhumb 1";
  settings.payload_v4 = kPayloadV4;
  settings.payload_v6 = kPayloadV6;
  settings.cookies.emplace(std::vector<SipKey>{SipKey{1, 2, 3}});
  settings.tcp_idle = std::chrono::seconds(7);
  return settings;
}

// ---- Messages

Message wire_name(std::string_view text) {
  const dns::Name name = *dns::Name::from_text(text);
  return {name.wire().begin(), name.wire().end()};
}

// A name of `size` octets that ends with `end`.
Message name_of_size(std::size_t size, std::string_view end = "example.com") {
  const Message last_labels = wire_name(end);
  Message name;
  for (std::size_t left = size - last_labels.size(); left > 0;) {
    // No label of one octet may be left over: it would have no room for its own text.
    const std::size_t label = std::min<std::size_t>(left, left == dns::kLabelMax + 2 ? dns::kLabelMax : 64) - 1;
    name.push_back(static_cast<std::uint8_t>(label));
    name.insert(name.end(), label, 'a');
    left -= label + 1;
  }
  name.insert(name.end(), last_labels.begin(), last_labels.end());
  return name;
}

Message question(const Message& name, dns::Type of_type = type::kA, dns::Class of_class = dns::kClassIn) {
  Message octets = name;
  dns::append_u16(octets, of_type);
  dns::append_u16(octets, of_class);
  return octets;
}

Message record(const Message& owner, dns::Type of_type, dns::Class of_class, const Message& rdata) {
  Message octets = question(owner, of_type, of_class);
  dns::append(octets, {0, 0, 0, 0});
  dns::append_u16(octets, static_cast<std::uint16_t>(rdata.size()));
  octets.insert(octets.end(), rdata.begin(), rdata.end());
  return octets;
}

const Message kAddress = record({1, 'x', 0}, type::kA, dns::kClassIn, {192, 0, 2, 9});
// The apex's, as an IXFR has it; the owner is a pointer to the question.
const Message kSoaRecord = record({0xC0, 12}, type::kSoa, dns::kClassIn, Message(22));

struct OptFields {
  std::uint16_t payload_size = kPayloadV6;
  std::uint8_t version = 0;
  std::uint16_t flags = 0;
  std::uint8_t extended_rcode = 0;
  Message owner = {0};
};

Message opt(const Message& options = {}, const OptFields& fields = {}) {
  Message octets = record(fields.owner, type::kOpt, fields.payload_size, options);
  std::uint8_t* ttl = octets.data() + fields.owner.size() + 4;
  ttl[0] = fields.extended_rcode;
  ttl[1] = fields.version;
  store_u16(ttl + 2, fields.flags);
  return octets;
}

Message opt_option(std::uint16_t code, const Message& content) {
  Message octets;
  dns::append_u16(octets, code);
  dns::append_u16(octets, static_cast<std::uint16_t>(content.size()));
  octets.insert(octets.end(), content.begin(), content.end());
  return octets;
}

Message cookie(std::size_t size, std::uint8_t octet = 'c') {
  return opt_option(option::kCookie, Message(size, octet));
}

Message subnet(const Message& content) {
  return opt_option(option::kClientSubnet, content);
}

Message joined(Message first, const Message& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

// Of a TSIG record (RFC 8945 §4.2) with a MAC of 32 octets; `mac_size` is what its field says.
Message tsig_rdata(std::uint16_t mac_size = 32) {
  Message octets = joined(wire_name("hmac-sha256"), {0, 0, 0x65, 0, 0, 0, 1, 0x2C});  // time, fudge
  dns::append_u16(octets, mac_size);
  octets.insert(octets.end(), 32, 0xAB);
  dns::append(octets, {0x12, 0x34, 0, 0, 0, 0});  // original id, error, no other data
  return octets;
}

Message tsig(const Message& rdata = tsig_rdata()) {
  return record(wire_name("key.example"), type::kTsig, dns::kClassAny, rdata);
}

// A message in the making: its sections are counted as they are added.
class Packet {
 public:
  Packet& header(std::uint16_t flags) {
    flags_ |= flags;
    return *this;
  }
  Packet& opcode(int opcode) { return header(static_cast<std::uint16_t>(opcode << 11)); }
  Packet& ask(const Message& octets) { return add(0, octets); }
  Packet& answers(const Message& octets) { return add(1, octets); }
  Packet& authority(const Message& octets) { return add(2, octets); }
  Packet& additional(const Message& octets) { return add(3, octets); }
  // Octets that no count speaks of.
  Packet& raw(const Message& octets) {
    body_ = joined(std::move(body_), octets);
    return *this;
  }
  // The counts as they are not.
  Packet& say_counts(std::array<std::uint16_t, 4> counts) {
    counts_ = counts;
    return *this;
  }
  Packet& cut(std::size_t octets) {
    cut_ = octets;
    return *this;
  }

  [[nodiscard]] Message octets() const {
    Message message{0x12, 0x34};
    dns::append_u16(message, flags_);
    for (const std::uint16_t count : counts_)
      dns::append_u16(message, count);
    message = joined(std::move(message), body_);
    message.resize(message.size() - cut_);
    return message;
  }

 private:
  Packet& add(std::size_t section, const Message& octets) {
    ++counts_[section];
    return raw(octets);
  }

  std::uint16_t flags_ = 0;
  std::array<std::uint16_t, 4> counts_{};
  Message body_;
  std::size_t cut_ = 0;
};

Packet ask(std::string_view name = "www.example.com", dns::Type of_type = type::kA,
           dns::Class of_class = dns::kClassIn) {
  return Packet().ask(question(wire_name(name), of_type, of_class));
}

// For www.example.com, with this OPT.
Packet ask_with(const Message& opt_record) {
  return ask().additional(opt_record);
}

Packet chaos(std::string_view name, dns::Type of_type = 16) {
  return ask(name, of_type, dns::kClassCh);
}

// ---- What is expected

const char* option_name(std::uint16_t code) {
  switch (code) {
    case option::kNsid:
      return "nsid";
    case option::kClientSubnet:
      return "subnet";
    case option::kCookie:
      return "cookie";
    case option::kTcpKeepalive:
      return "keepalive";
    case option::kExtendedError:
      return "ede";
    default:
      return "?";
  }
}

std::string option_text(std::uint16_t code, Bytes content) {
  std::string text = option_name(code);
  if (code == option::kNsid) return text + "=" + std::string(content.begin(), content.end());
  if (code == option::kCookie) return fmt::format("{}={}", text, content.size());
  if (code == option::kClientSubnet)
    return fmt::format("{}={}:{}/{}/{}", text, load_u16(content.data()), content.size() - 4, content[2], content[3]);
  return fmt::format("{}={}", text, load_u16(content.data()));
}

// "edns=1232 do nsid=…", in the order of the record.
std::string opt_text(Bytes record) {
  std::string text = fmt::format(" edns={}", load_u16(record.data() + 3));
  if (record[6] != 0) text += fmt::format(" version={}", record[6]);
  const std::uint16_t flags = load_u16(record.data() + 7);
  if ((flags & 0x8000) != 0) text += " do";
  if ((flags & 0x7FFF) != 0) text += " z-of-edns";
  Bytes options = record.subspan(dns::kOptSize);
  while (!options.empty()) {
    const std::size_t size = load_u16(options.data() + 2);
    text += " " + option_text(load_u16(options.data()), options.subspan(4, size));
    options = options.subspan(4 + size);
  }
  return text;
}

std::size_t record_size(Bytes message, std::size_t at) {
  std::size_t end = at + dns::compressed_size(message.data() + at);
  return end + 10 + load_u16(message.data() + end + 8) - at;
}

// Where the last record stands: the OPT, if there is one; nowhere without records.
std::optional<std::size_t> last_record(Bytes message, std::size_t records) {
  std::size_t at = dns::kHeaderSize;
  for (int i = 0; i < load_u16(message.data() + 4); ++i)
    at += dns::compressed_size(message.data() + at) + 4;
  if (records == 0) return std::nullopt;
  for (; records > 1; --records)
    at += record_size(message, at);
  return at;
}

// "op4 REFUSED aa tc rd ra z ad cd 1/0/0/1 edns=1232 do …": of the header's flags those that are set; opcode 0 is left
// out; what the last record is, if it is an OPT or a TSIG.
std::string described(Bytes message) {
  if (message.empty()) return "dropped";
  const std::uint16_t flags = load_u16(message.data() + 2);
  EXPECT_NE(flags & dns::flag::kQr, 0);
  std::array<std::uint16_t, 4> counts;
  for (std::size_t i = 0; i < counts.size(); ++i)
    counts[i] = load_u16(message.data() + 4 + 2 * i);
  unsigned rcode = flags & 0xFU;
  std::string tail;
  if (const auto at = last_record(message, counts[1] + 0U + counts[2] + counts[3])) {
    const Bytes record = message.subspan(*at, record_size(message, *at));
    EXPECT_EQ(*at + record.size(), message.size()) << "octets after the last record";
    const std::size_t owner_size = dns::compressed_size(record.data());
    const std::uint16_t of_type = load_u16(record.data() + owner_size);
    if (of_type == type::kOpt) {
      rcode |= static_cast<unsigned>(record[5]) << 4;
      tail = opt_text(record);
    } else if (of_type == type::kTsig) {
      tail = fmt::format(" tsig-error={}", load_u16(message.data() + message.size() - 4));
    }
  }
  std::string text;
  if (const int opcode = flags >> 11 & 0xF) text += fmt::format("op{} ", opcode);
  text += dns::rcode_to_text(static_cast<dns::Rcode>(rcode));
  constexpr std::array<std::pair<std::uint16_t, const char*>, 7> kFlags{{{dns::flag::kAa, " aa"},
                                                                         {dns::flag::kTc, " tc"},
                                                                         {dns::flag::kRd, " rd"},
                                                                         {kRa, " ra"},
                                                                         {kZ, " z"},
                                                                         {kAd, " ad"},
                                                                         {dns::flag::kCd, " cd"}}};
  for (const auto& [flag, name] : kFlags) {
    if ((flags & flag) != 0) text += name;
  }
  return text + fmt::format(" {}/{}/{}/{}", counts[0], counts[1], counts[2], counts[3]) + tail;
}

// How a message comes in.
enum class Way : std::uint8_t {
  udp,
  udp_v6,
  tcp,
  silent,  // over UDP, to a server that tells nothing and has no cookies
};

struct Row {
  const char* name;
  Packet packet;
  std::string expected;
  Way way = Way::udp;
};

class MessageTable : public testing::Test {
 protected:
  MessageTable() : told_{zones(), {}, {}, board(), told_settings()}, silent_{zones(), {}, {}, board(), Settings{}} {}

  void check(const std::vector<Row>& rows) {
    for (const Row& row : rows) {
      SCOPED_TRACE(row.name);
      const Message query = row.packet.octets();
      const Message response = answer_to(query, row.way);
      EXPECT_EQ(described(response), row.expected);
      EXPECT_EQ(answer_in_place(query, row.way), response) << "in a buffer of its own, and over the query";
      if (response.empty()) continue;
      EXPECT_TRUE(std::equal(query.begin(), query.begin() + 2, response.begin())) << "the id";
      if (response[5] == 0) continue;
      const std::size_t question_end = dns::kHeaderSize + dns::compressed_size(response.data() + dns::kHeaderSize) + 4;
      ASSERT_LE(question_end, query.size());
      EXPECT_TRUE(std::equal(query.begin() + dns::kHeaderSize,
                             query.begin() + static_cast<std::ptrdiff_t>(question_end),
                             response.begin() + dns::kHeaderSize))
          << "the question";
    }
  }

 private:
  static zone::Zones zones() { return {{zone()}, 42}; }
  static std::shared_ptr<const zone::Zone> zone() {
    static const auto kZone = make_zone("example.com", zone_text());
    return kZone;
  }
  static std::shared_ptr<health::Board> board() { return std::make_shared<health::Board>(0); }

  [[nodiscard]] std::size_t answer_into(MutableBytes response, Bytes query, Way way) {
    const Client client{way == Way::udp_v6 ? *IpAddress::parse("2001:db8::1") : *IpAddress::parse("198.51.100.1"),
                        way == Way::tcp ? Transport::tcp : Transport::udp, 1'700'000'000};
    return answer(way == Way::silent ? silent_ : told_, client, query, response, random_);
  }
  static std::size_t buffer_size(Way way) { return way == Way::tcp ? dns::kMessageMax : dns::kUdpPayloadMax; }

  Message answer_to(const Message& query, Way way) {
    Message response(buffer_size(way), 0xEE);
    response.resize(answer_into(response, query, way));
    return response;
  }
  Message answer_in_place(const Message& query, Way way) {
    Message buffer(buffer_size(way), 0xEE);
    std::ranges::copy(query, buffer.begin());
    buffer.resize(answer_into(buffer, Bytes(buffer).first(query.size()), way));
    return buffer;
  }

  Snapshot told_;
  Snapshot silent_;
  Random random_{1};
};

// ---- The table

const std::string kAnswer = "NOERROR aa 1/1/0/0";
const std::string kNoData = "NOERROR aa 1/0/1/0";
const std::string kFormErr = "FORMERR 0/0/0/0";       // what came is not a question
const std::string kFormErrAsked = "FORMERR 1/0/0/0";  // there was one, but something else is wrong
const std::string kAnswerEdns = "NOERROR aa 1/1/0/1 edns=1432";
const std::string kFormErrEdns = "FORMERR 1/0/0/1 edns=1432";
const std::string kBadVers = "BADVERS 1/0/0/1 edns=1432";

// RFC 1035 §4.1.1, RFC 4035 §3.
TEST_F(MessageTable, HeaderFlags) {
  check({
      {"none", ask(), kAnswer},
      {"RD is copied, RA is 0", ask().header(dns::flag::kRd), "NOERROR aa rd 1/1/0/0"},
      {"RA", ask().header(kRa), kAnswer},
      {"AA", ask().header(dns::flag::kAa), kAnswer},
      {"TC", ask().header(dns::flag::kTc), kAnswer},
      {"Z is ignored and 0", ask().header(kZ), kAnswer},
      {"AD is ignored and 0", ask().header(kAd), kAnswer},
      {"CD is cleared", ask().header(dns::flag::kCd), "NOERROR aa 1/1/0/0"},
      {"all but QR", ask().header(0x07F0), "NOERROR aa rd 1/1/0/0"},
      {"an rcode", ask().header(5), kAnswer},
      {"QR", ask().header(dns::flag::kQr), "dropped"},
      {"QR and an unknown opcode", ask().header(dns::flag::kQr).opcode(9), "dropped"},
      {"QR and no question", Packet().header(dns::flag::kQr), "dropped"},
      {"QR over TCP", ask().header(dns::flag::kQr), "dropped", Way::tcp},
      {"RD to a name of others", ask("example.org").header(dns::flag::kRd), "REFUSED rd 1/0/0/0"},
      {"RD in a format error", Packet().header(dns::flag::kRd), "FORMERR rd 0/0/0/0"},
  });
}

TEST_F(MessageTable, Opcodes) {
  check({
      {"1", ask().opcode(1), "op1 NOTIMP 1/0/0/0"},
      {"2", ask().opcode(2), "op2 NOTIMP 1/0/0/0"},
      {"3", ask().opcode(3), "op3 NOTIMP 1/0/0/0"},
      {"4, NOTIFY, not a zone", ask().opcode(4), "op4 NOTAUTH 1/0/0/0"},
      {"5, UPDATE, not a zone", ask().opcode(5), "op5 NOTAUTH 1/0/0/0"},
      {"6, DSO, with a question", ask().opcode(6), "op6 NOTIMP 1/0/0/0"},
      {"7", ask().opcode(7), "op7 NOTIMP 1/0/0/0"},
      {"8", ask().opcode(8), "op8 NOTIMP 1/0/0/0"},
      {"9", ask().opcode(9), "op9 NOTIMP 1/0/0/0"},
      {"10", ask().opcode(10), "op10 NOTIMP 1/0/0/0"},
      {"11", ask().opcode(11), "op11 NOTIMP 1/0/0/0"},
      {"12", ask().opcode(12), "op12 NOTIMP 1/0/0/0"},
      {"13", ask().opcode(13), "op13 NOTIMP 1/0/0/0"},
      {"14", ask().opcode(14), "op14 NOTIMP 1/0/0/0"},
      {"15", ask().opcode(15), "op15 NOTIMP 1/0/0/0"},
      {"NOTIFY of our zone", ask("example.com", type::kSoa).opcode(4), "op4 REFUSED 1/0/0/0"},
      {"NOTIFY with the new SOA", ask("example.com", type::kSoa).opcode(4).answers(kSoaRecord), "op4 REFUSED 1/0/0/0"},
      {"NOTIFY of a zone of others", ask("example.org", type::kSoa).opcode(4), "op4 NOTAUTH 1/0/0/0"},
      {"NOTIFY of nothing", Packet().opcode(4), "op4 FORMERR 0/0/0/0"},
      {"NOTIFY with EDNS", ask("example.com", type::kSoa).opcode(4).additional(opt()),
       "op4 REFUSED 1/0/0/1 edns=1432 ede=21"},
      {"UPDATE of our zone", ask("example.com", type::kSoa).opcode(5), "op5 REFUSED 1/0/0/0"},
      {"UPDATE with an update", ask("example.com", type::kSoa).opcode(5).authority(kAddress), "op5 REFUSED 1/0/0/0"},
      {"UPDATE of a zone of others", ask("example.org", type::kSoa).opcode(5), "op5 NOTAUTH 1/0/0/0"},
      {"UPDATE of nothing", Packet().opcode(5), "op5 FORMERR 0/0/0/0"},
      {"STATUS without a question", Packet().opcode(2), "op2 NOTIMP 0/0/0/0"},
      {"STATUS with EDNS", ask().opcode(2).additional(opt()), "op2 NOTIMP 1/0/0/1 edns=1432"},
      {"an unknown opcode with two questions", ask().opcode(9).ask(question(wire_name("a"))), "op9 NOTIMP 0/0/0/0"},
      {"an unknown opcode, cut off", ask().opcode(9).cut(1), "op9 NOTIMP 0/0/0/0"},
      {"RD with an unknown opcode", ask().opcode(9).header(dns::flag::kRd), "op9 NOTIMP rd 1/0/0/0"},
  });
}

// RFC 9619: one question. RFC 1035 §4.1: what is counted is there.
TEST_F(MessageTable, Counts) {
  check({
      {"no question", Packet(), kFormErr},
      {"a question that is not counted", ask().say_counts({0, 0, 0, 0}), kFormErr},
      {"no question, EDNS", Packet().additional(opt()), "FORMERR 0/0/0/1 edns=1432"},
      {"two questions", ask().ask(question(wire_name("a"))), kFormErr},
      {"two counted, one there", ask().say_counts({2, 0, 0, 0}), kFormErr},
      {"65,535 counted", ask().say_counts({65'535, 0, 0, 0}), kFormErr},
      {"all counts 65,535", ask().say_counts({65'535, 65'535, 65'535, 65'535}), kFormErr},
      {"an answer", ask().answers(kAddress), kFormErrAsked},
      {"an answer that is not there", ask().say_counts({1, 1, 0, 0}), kFormErrAsked},
      {"65,535 answers that are not there", ask().say_counts({1, 65'535, 0, 0}), kFormErrAsked},
      {"an authority", ask().authority(kAddress), kFormErrAsked},
      {"an authority that is not there", ask().say_counts({1, 0, 1, 0}), kFormErrAsked},
      {"an additional record", ask().additional(kAddress), kAnswer},
      {"an additional record that is not there", ask().say_counts({1, 0, 0, 1}), kFormErrAsked},
      {"one more than there are", ask().additional(opt()).say_counts({1, 0, 0, 2}), kFormErrEdns},
      {"the OPT is not counted", ask().additional(opt()).say_counts({1, 0, 0, 0}), kAnswer},
      {"OPT before another record", ask().additional(opt()).additional(kAddress), kAnswerEdns},
      {"OPT after another record", ask().additional(kAddress).additional(opt()), kAnswerEdns},
      {"an owner that is a pointer to itself", ask().additional(record({0xC0, 33}, 1, 1, {})), kAnswer},
      {"an owner with a label of 64", ask().additional(record(Message(66, 64), 1, 1, {})), kFormErrAsked},
      {"rdata that is cut off", ask().additional(kAddress).cut(1), kFormErrAsked},
      {"a record without rdata length", ask().additional(kAddress).cut(5), kFormErrAsked},
      {"trailing octets", ask().raw({'a', 'b', 'c'}), kAnswer},
      {"one trailing zero", ask().raw({0}), kAnswer},
      {"trailing octets after the OPT", ask_with(opt()).raw({'x'}), kAnswerEdns},
      {"trailing octets over TCP", ask().raw({'x'}), kAnswer, Way::tcp},
  });
}

TEST_F(MessageTable, TooShort) {
  check({
      {"nothing", Packet().cut(12), "dropped"},
      {"one octet", Packet().cut(11), "dropped"},
      {"11 octets", Packet().cut(1), "dropped"},
      {"11 octets over TCP", Packet().cut(1), "dropped", Way::tcp},
      {"12 octets that count a question", Packet().say_counts({1, 0, 0, 0}), kFormErr},
      {"a name that is cut off", ask().cut(8), kFormErr},
      {"no type", ask().cut(4), kFormErr},
      {"half a type", ask().cut(3), kFormErr},
      {"half a class", ask().cut(1), kFormErr},
  });
}

// RFC 1035 §2.3.4, §3.1, §4.1.4.
TEST_F(MessageTable, Names) {
  const auto ask_wire = [](const Message& name) { return Packet().ask(question(name)); };
  check({
      {"the root", ask(".", type::kNs), "REFUSED 1/0/0/0"},
      {"capitals", ask_wire({3, 'W', 'w', 'W', 7, 'E', 'X', 'A', 'M', 'P', 'L', 'E', 3, 'c', 'O', 'm', 0}), kAnswer},
      {"any octet may be in a label", ask_wire(joined({4, 0, '.', 0xFF, ' '}, wire_name("example.com"))),
       "NXDOMAIN aa 1/0/1/0"},
      {"a label of 63", ask(long_label('a') + ".example.com"), "NXDOMAIN aa 1/0/1/0"},
      {"a label of 64", ask_wire(joined(joined({64}, Message(64, 'a')), {0})), kFormErr},
      {"a label of type 10", ask_wire({0x80, 'a', 0}), kFormErr},
      {"a label of type 01 (RFC 2673)", ask_wire({0x41, 1, 0x80, 0}), kFormErr},
      {"a pointer to itself", ask_wire({0xC0, 12}), kFormErr},
      {"a pointer to the header", ask_wire({0xC0, 0}), kFormErr},
      {"a pointer back to its own name", ask_wire({3, 'w', 'w', 'w', 0xC0, 12}), kFormErr},
      {"a pointer forward", ask_wire({3, 'w', 'w', 'w', 0xC0, 48}), kFormErr},
      {"a pointer to a root label behind it", ask_wire({3, 'w', 'w', 'w', 0xC0, 18}).raw({0}), kFormErr},
      {"255 octets", ask_wire(name_of_size(255)), "NXDOMAIN aa 1/0/1/0"},
      {"256 octets", ask_wire(name_of_size(256)), kFormErr},
      {"255 octets of others", ask_wire(name_of_size(255, "example.org")), "REFUSED 1/0/0/0"},
      {"a name without an end", Packet().ask(Message(500, 1)), kFormErr},
  });
}

TEST_F(MessageTable, Classes) {
  const auto ask_class = [](dns::Class of_class) { return ask("www.example.com", type::kA, of_class); };
  check({
      {"0", ask_class(0), "REFUSED 1/0/0/0"},
      {"2", ask_class(2), "REFUSED 1/0/0/0"},
      {"CH", ask_class(3), "REFUSED 1/0/0/0"},
      {"HS", ask_class(4), "REFUSED 1/0/0/0"},
      {"NONE", ask_class(254), "REFUSED 1/0/0/0"},
      {"ANY", ask_class(255), "REFUSED 1/0/0/0"},
      {"4096", ask_class(4'096), "REFUSED 1/0/0/0"},
      {"65535", ask_class(65'535), "REFUSED 1/0/0/0"},
      {"4 with EDNS", ask_class(4).additional(opt()), "REFUSED 1/0/0/1 edns=1432"},
  });
}

// RFC 4892.
TEST_F(MessageTable, Chaos) {
  const std::string told = "NOERROR 1/1/0/0";
  const std::string refused = "REFUSED 1/0/0/0";
  check({
      {"version.bind", chaos("version.bind"), told},
      {"version.server", chaos("version.server"), told},
      {"hostname.bind", chaos("hostname.bind"), told},
      {"id.server", chaos("id.server"), told},
      {"id.server, ANY", chaos("id.server", type::kAny), told},
      {"id.server, A", chaos("id.server", type::kA), refused},
      {"a name below", chaos("a.id.server"), refused},
      {"authors.bind", chaos("authors.bind"), refused},
      {"a name of our zone", chaos("www.example.com"), refused},
      {"the root", chaos("."), refused},
      {"RD", chaos("id.server").header(dns::flag::kRd), "NOERROR rd 1/1/0/0"},
      {"EDNS", chaos("id.server").additional(opt()), "NOERROR 1/1/0/1 edns=1432"},
      {"EDNS 1", chaos("id.server").additional(opt({}, {.version = 1})), kBadVers},
      {"over TCP", chaos("version.server"), told, Way::tcp},
      {"version.bind in class IN", ask("version.bind", 16), refused},
      {"version.bind in class ANY", ask("version.bind", 16, dns::kClassAny), refused},
      {"version.bind, not told", chaos("version.bind"), refused, Way::silent},
      {"version.server, not told", chaos("version.server"), refused, Way::silent},
      {"hostname.bind, not told", chaos("hostname.bind"), refused, Way::silent},
      {"id.server, not told", chaos("id.server"), refused, Way::silent},
  });
}

// RFC 6895 §3.1: types that no zone can have, and those that stand for others.
TEST_F(MessageTable, Types) {
  const auto ask_type = [](dns::Type of_type) { return ask("www.example.com", of_type); };
  check({
      {"0", ask_type(0), kNoData},
      {"MD", ask_type(3), kNoData},
      {"NULL", ask_type(kTypeNull), kNoData},
      {"OPT", ask_type(type::kOpt), kNoData},
      {"OPT with an OPT", ask_type(type::kOpt).additional(opt()), "NOERROR aa 1/0/1/1 edns=1432"},
      {"RRSIG", ask_type(type::kRrsig), kNoData},
      {"NSEC", ask_type(type::kNsec), kNoData},
      {"NXNAME", ask_type(128), kNoData},
      {"TKEY", ask_type(kTypeTkey), kNoData},
      {"TSIG", ask_type(type::kTsig), kNoData},
      {"MAILB", ask_type(kTypeMailb), kNoData},
      {"MAILA", ask_type(kTypeMaila), kNoData},
      {"ANY", ask_type(type::kAny), kAnswer},
      {"256", ask_type(256), kNoData},
      {"65280", ask_type(65'280), kNoData},
      {"65535", ask_type(65'535), kNoData},
      {"ANY at the apex: one RRset, and its host's address", ask("example.com", type::kAny), "NOERROR aa 1/1/0/1"},
      {"TSIG of no name", ask("nope.example.com", type::kTsig), "NXDOMAIN aa 1/0/1/0"},
      {"MAILA of no name", ask("nope.example.com", kTypeMaila), "NXDOMAIN aa 1/0/1/0"},
      {"OPT of others", ask("example.org", type::kOpt), "REFUSED 1/0/0/0"},
      {"ANY of others", ask("example.org", type::kAny), "REFUSED 1/0/0/0"},
      {"AXFR over UDP", ask("example.com", type::kAxfr), "NOTIMP 1/0/0/0"},
      {"AXFR over UDP of others", ask("example.org", type::kAxfr), "NOTIMP 1/0/0/0"},
      {"AXFR over TCP", ask("example.com", type::kAxfr), "REFUSED 1/0/0/0", Way::tcp},
      {"AXFR over TCP with EDNS", ask("example.com", type::kAxfr).additional(opt()), "REFUSED 1/0/0/1 edns=1432 ede=21",
       Way::tcp},
      {"AXFR over TCP of others", ask("example.org", type::kAxfr), "NOTAUTH 1/0/0/0", Way::tcp},
      {"AXFR over TCP of a name inside a zone", ask("www.example.com", type::kAxfr), "NOTAUTH 1/0/0/0", Way::tcp},
      {"IXFR of others", ask("example.org", type::kIxfr), "NOTAUTH 1/0/0/0"},
      {"IXFR over UDP", ask("example.com", type::kIxfr), "REFUSED 1/0/0/0"},
      {"IXFR over TCP", ask("example.com", type::kIxfr), "REFUSED 1/0/0/0", Way::tcp},
      {"IXFR with the client's SOA", ask("example.com", type::kIxfr).authority(kSoaRecord), "REFUSED 1/0/0/0"},
      {"IXFR with a SOA that is cut off", ask("example.com", type::kIxfr).authority(kSoaRecord).cut(1), kFormErrAsked},
      {"IXFR with an answer", ask("example.com", type::kIxfr).answers(kSoaRecord), kFormErrAsked},
  });
}

TEST_F(MessageTable, Answers) {
  check({
      {"an alias", ask("alias.example.com"), "NOERROR aa 1/2/0/0"},
      {"a referral", ask("a.sub.example.com"), "NOERROR 1/0/1/1"},
      {"a mail host with its address", ask("mx.example.com", 15), "NOERROR aa 1/1/0/1"},
      {"no data", ask("www.example.com", 16), kNoData},
      {"no name", ask("nope.example.com"), "NXDOMAIN aa 1/0/1/0"},
      {"not ours", ask("example.org"), "REFUSED 1/0/0/0"},
      {"not ours, EDNS", ask("example.org").additional(opt()), "REFUSED 1/0/0/1 edns=1432 ede=20"},
  });
}

// RFC 6891.
TEST_F(MessageTable, Edns) {
  const auto fields = [](const OptFields& of) { return ask_with(opt({}, of)); };
  check({
      {"EDNS", ask_with(opt()), kAnswerEdns},
      {"over TCP", ask_with(opt()), kAnswerEdns, Way::tcp},
      {"over IPv6, with that family's payload size", ask_with(opt()), "NOERROR aa 1/1/0/1 edns=1232", Way::udp_v6},
      {"DO is copied", fields({.flags = 0x8000}), kAnswerEdns + " do"},
      {"other flags are ignored", fields({.flags = 0x7FFF}), kAnswerEdns},
      {"all flags", fields({.flags = 0xFFFF}), kAnswerEdns + " do"},
      {"an extended rcode is ignored", fields({.extended_rcode = 5}), kAnswerEdns},
      {"version 1", fields({.version = 1}), kBadVers},
      {"version 255, DO", fields({.version = 255, .flags = 0x8000}), kBadVers + " do"},
      {"version 1, options that make no sense", ask_with(opt({0, 1, 0, 0xFF}, {.version = 1})), kBadVers},
      {"version 1, cookie and subnet are not answered",
       ask_with(opt(joined(cookie(8), subnet({0, 1, 0, 0})), {.version = 1})), kBadVers},
      {"version 1, not ours", ask("example.org").additional(opt({}, {.version = 1})), kBadVers},
      {"version 1, no question", Packet().additional(opt({}, {.version = 1})), "BADVERS 0/0/0/1 edns=1432"},
      {"version 1, NOTIFY", ask().opcode(4).additional(opt({}, {.version = 1})), "op4 BADVERS 1/0/0/1 edns=1432"},
      {"version 1, unknown opcode", ask().opcode(3).additional(opt({}, {.version = 1})),
       "op3 NOTIMP 1/0/0/1 edns=1432"},
      {"an unknown option", ask_with(opt(opt_option(kUnknownOption, {1, 2, 3}))), kAnswerEdns},
      {"two OPTs", ask_with(opt()).additional(opt()), kFormErrEdns},
      {"two OPTs with a record between", ask_with(opt()).additional(kAddress).additional(opt()), kFormErrEdns},
      {"as an answer", ask().answers(opt()), kFormErrAsked},
      {"as an authority", ask().authority(opt()), kFormErrAsked},
      {"an owner that is not the root", fields({.owner = {1, 'a', 0}}), kFormErrAsked},
      {"an owner that points to a root", fields({.owner = {0xC0, 28}}), kFormErrAsked},
      {"longer than the message", ask_with(joined(opt(), {1})).cut(2), kFormErrAsked},
      {"cut off in the fixed part", ask_with(opt()).cut(3), kFormErrAsked},
      {"an option cut off in its header", ask_with(opt({0, 1, 0})), kFormErrEdns},
      {"an option longer than the OPT", ask_with(opt({0, 1, 0, 5, 'a', 'b'})), kFormErrEdns},
      {"an option of no octets at the end", ask_with(opt({0xFD, 0xE9, 0, 0})), kAnswerEdns},
  });
}

// RFC 6891 §6.2.3 to §6.2.5, RFC 1035 §4.2.1: sNNNN has NNNN octets without an OPT, 11 more with one.
TEST_F(MessageTable, PayloadSizes) {
  const auto sized = [](std::size_t size, std::uint16_t payload) {
    return ask(fmt::format("s{:04}.example.com", size), 16).additional(opt({}, {.payload_size = payload}));
  };
  const auto plain = [](std::size_t size) { return ask(fmt::format("s{:04}.example.com", size), 16); };
  const std::string truncated = "NOERROR aa tc 1/0/0/1 edns=1432";
  check({
      {"512 without EDNS", plain(512), kAnswer},
      {"513 without EDNS", plain(513), "NOERROR aa tc 1/0/0/0"},
      {"513 without EDNS over TCP", plain(513), kAnswer, Way::tcp},
      {"523, client takes 522", sized(512, 522), truncated},
      {"523, client takes 523", sized(512, 523), kAnswerEdns},
      {"523, client takes 512", sized(512, 512), truncated},
      {"523, client says 511", sized(512, 511), truncated},
      {"523, client says 0", sized(512, 0), truncated},
      {"small, client says 0", ask_with(opt({}, {.payload_size = 0})), kAnswerEdns},
      {"small, client says 65,535", ask_with(opt({}, {.payload_size = 65'535})), kAnswerEdns},
      {"1432 to IPv4", sized(1'421, 65'535), kAnswerEdns},
      {"1433 to IPv4", sized(1'422, 65'535), truncated},
      {"1433 over TCP, whatever the client takes over UDP", sized(1'422, 512), kAnswerEdns, Way::tcp},
      {"1232 to IPv6", sized(1'221, 65'535), "NOERROR aa 1/1/0/1 edns=1232", Way::udp_v6},
      {"1233 to IPv6", sized(1'222, 65'535), "NOERROR aa tc 1/0/0/1 edns=1232", Way::udp_v6},
      {"1233 to IPv4", sized(1'222, 1'233), kAnswerEdns},
      {"an RRset of 64 KB over TCP",
       ask(fmt::format("{}.{}.{}.example.com", long_label('h'), long_label('u'), long_label('g')), 16),
       "NOERROR aa 1/64/0/0", Way::tcp},
      {"over 65,535 octets over TCP", ask("huge.example.com", 16), "NOERROR aa tc 1/3/0/0", Way::tcp},
  });
}

// RFC 7873 §5.2 and §5.4. "cookie=24": the client's eight octets and our sixteen.
TEST_F(MessageTable, Cookies) {
  const auto sized = [](std::size_t size) { return ask_with(opt(cookie(size))); };
  const std::string given = kAnswerEdns + " cookie=24";
  check({
      {"of 0 octets", sized(0), kFormErrEdns},
      {"of 7", sized(7), kFormErrEdns},
      {"of 8: the client's alone", sized(8), given},
      {"of 9", sized(9), kFormErrEdns},
      {"of 15", sized(15), kFormErrEdns},
      {"of 16", sized(16), given},
      {"of 24, not ours", sized(24), given},
      {"of 40", sized(40), given},
      {"of 41", sized(41), kFormErrEdns},
      {"two: the first counts", ask_with(opt(joined(cookie(8), cookie(8, 'd')))), given},
      {"over TCP", sized(8), given, Way::tcp},
      {"of 8 without cookies here", sized(8), "NOERROR aa 1/1/0/1 edns=1232", Way::silent},
      {"of 7 without cookies here", sized(7), "FORMERR 1/0/0/1 edns=1232", Way::silent},
      {"without a question", Packet().additional(opt(cookie(8))), "NOERROR 0/0/0/1 edns=1432 cookie=24"},
      {"without a question, with a server's cookie", Packet().additional(opt(cookie(24))),
       "NOERROR 0/0/0/1 edns=1432 cookie=24"},
      {"without a question, malformed", Packet().additional(opt(cookie(7))), "FORMERR 0/0/0/1 edns=1432"},
      {"with two questions", ask().ask(question(wire_name("a"))).additional(opt(cookie(8))), kFormErr},
      {"not ours", ask("example.org").additional(opt(cookie(8))), "REFUSED 1/0/0/1 edns=1432 cookie=24 ede=20"},
  });
}

TEST_F(MessageTable, OtherOptions) {
  check({
      {"NSID (RFC 5001)", ask_with(opt(opt_option(option::kNsid, {}))), kAnswerEdns + " nsid=ns7.lon"},
      {"NSID with something in it", ask_with(opt(opt_option(option::kNsid, {1}))), kAnswerEdns + " nsid=ns7.lon"},
      {"NSID twice", ask_with(opt(joined(opt_option(option::kNsid, {}), opt_option(option::kNsid, {})))),
       kAnswerEdns + " nsid=ns7.lon"},
      {"NSID without identity", ask_with(opt(opt_option(option::kNsid, {}))), "NOERROR aa 1/1/0/1 edns=1232",
       Way::silent},
      {"NSID with a refusal", ask("example.org").additional(opt(opt_option(option::kNsid, {}))),
       "REFUSED 1/0/0/1 edns=1432 nsid=ns7.lon ede=20"},
      {"keepalive over UDP (RFC 7828)", ask_with(opt(opt_option(option::kTcpKeepalive, {}))), kAnswerEdns},
      {"keepalive over TCP", ask_with(opt(opt_option(option::kTcpKeepalive, {}))), kAnswerEdns + " keepalive=70",
       Way::tcp},
      {"no keepalive over TCP unless asked", ask_with(opt()), kAnswerEdns, Way::tcp},
      {"keepalive with a timeout over TCP", ask_with(opt(opt_option(option::kTcpKeepalive, {0, 70}))),
       kFormErrEdns + " keepalive=70", Way::tcp},
      {"padding (RFC 7830)", ask_with(opt(opt_option(kPadding, Message(20)))), kAnswerEdns},
      {"padding that is not zero", ask_with(opt(opt_option(kPadding, Message(20, 1)))), kAnswerEdns},
      {"all at once",
       ask_with(opt(joined(joined(opt_option(option::kNsid, {}), opt_option(option::kTcpKeepalive, {})),
                           joined(cookie(8), subnet({0, 1, 24, 0, 192, 0, 2}))))),
       kAnswerEdns + " subnet=1:3/24/0 cookie=24 nsid=ns7.lon keepalive=70", Way::tcp},
  });
}

// RFC 7871 §6, §7.1.2, §7.2.1. "subnet=family:address octets/source/scope".
TEST_F(MessageTable, ClientSubnets) {
  const auto with = [](const Message& content) { return ask_with(opt(subnet(content))); };
  check({
      {"IPv4", with({0, 1, 24, 0, 192, 0, 2}), kAnswerEdns + " subnet=1:3/24/0"},
      {"IPv4 /32", with({0, 1, 32, 0, 192, 0, 2, 1}), kAnswerEdns + " subnet=1:4/32/0"},
      {"IPv4 /17", with({0, 1, 17, 0, 192, 0, 0x80}), kAnswerEdns + " subnet=1:3/17/0"},
      {"IPv6", with({0, 2, 33, 0, 0x20, 1, 0xD, 0xB8, 0x80}), kAnswerEdns + " subnet=2:5/33/0"},
      {"IPv6 /128", with(joined({0, 2, 128, 0}, Message(16, 1))), kAnswerEdns + " subnet=2:16/128/0"},
      {"a scope", with({0, 1, 24, 1, 192, 0, 2}), kFormErrEdns},
      {"an octet too many", with({0, 1, 24, 0, 192, 0, 2, 0}), kFormErrEdns},
      {"an octet too few", with({0, 1, 24, 0, 192, 0}), kFormErrEdns},
      {"a whole address for a short prefix", with({0, 1, 8, 0, 10, 0, 0, 0}), kFormErrEdns},
      {"a bit after the prefix", with({0, 1, 23, 0, 192, 0, 3}), kFormErrEdns},
      {"IPv6, a bit after the prefix", with({0, 2, 33, 0, 0x20, 1, 0xD, 0xB8, 0xC0}), kFormErrEdns},
      {"IPv4 /33", with({0, 1, 33, 0, 192, 0, 2, 1, 0}), kFormErrEdns},
      {"IPv6 /129", with(joined({0, 2, 129, 0}, Message(17))), kFormErrEdns},
      {"source 0", with({0, 1, 0, 0}), kAnswerEdns + " subnet=1:0/0/0"},
      {"IPv6, source 0", with({0, 2, 0, 0}), kAnswerEdns + " subnet=2:0/0/0"},
      {"source 0 and an address", with({0, 1, 0, 0, 0}), kFormErrEdns},
      {"source 0 and a scope", with({0, 1, 0, 24}), kFormErrEdns},
      {"family 0, source 0", with({0, 0, 0, 0}), kAnswerEdns + " subnet=0:0/0/0"},
      {"family 0 and a prefix", with({0, 0, 8, 0, 10}), kFormErrEdns},
      {"family 3 is ignored", with({0, 3, 8, 0, 1}), kAnswerEdns},
      {"no octets", with({}), kFormErrEdns},
      {"three octets", with({0, 1, 0}), kFormErrEdns},
      {"two: the first counts", ask_with(opt(joined(subnet({0, 1, 24, 0, 192, 0, 2}), subnet({0, 1, 8, 0, 10})))),
       kAnswerEdns + " subnet=1:3/24/0"},
      {"with no such name", ask("nope.example.com").additional(opt(subnet({0, 1, 24, 0, 192, 0, 2}))),
       "NXDOMAIN aa 1/0/1/1 edns=1432 subnet=1:3/24/0"},
      {"with a referral", ask("a.sub.example.com").additional(opt(subnet({0, 1, 24, 0, 192, 0, 2}))),
       "NOERROR 1/0/1/2 edns=1432 subnet=1:3/24/0"},
      {"with a refusal", ask("example.org").additional(opt(subnet({0, 1, 24, 0, 192, 0, 2}))),
       "REFUSED 1/0/0/1 edns=1432 subnet=1:3/24/0 ede=20"},
  });
}

// RFC 8945 §5.1, §5.2.
TEST_F(MessageTable, Tsig) {
  const std::string bad_key = "NOTAUTH 1/0/0/1 tsig-error=17";
  check({
      {"an unknown key", ask().additional(tsig()), bad_key},
      {"an unknown key over TCP", ask().additional(tsig()), bad_key, Way::tcp},
      {"of others", ask("example.org").additional(tsig()), bad_key},
      {"NOTIFY", ask("example.com", type::kSoa).opcode(4).additional(tsig()), "op4 " + bad_key},
      {"AXFR over TCP", ask("example.com", type::kAxfr).additional(tsig()), bad_key, Way::tcp},
      {"no question", Packet().additional(tsig()), "NOTAUTH 0/0/0/1 tsig-error=17"},
      {"an unknown opcode", ask().opcode(9).additional(tsig()), "op9 NOTIMP 1/0/0/0"},
      {"before the OPT", ask().additional(tsig()).additional(opt()), kFormErrAsked},
      {"two", ask().additional(tsig()).additional(tsig()), kFormErrAsked},
      {"as an answer", ask().answers(tsig()), kFormErrAsked},
      {"empty", ask().additional(tsig({})), kFormErrAsked},
      {"an algorithm that is cut off", ask().additional(tsig({11, 'h', 'm'})), kFormErrAsked},
      {"an algorithm alone", ask().additional(tsig(wire_name("hmac-sha256"))), kFormErrAsked},
      {"a MAC longer than the record", ask().additional(tsig(tsig_rdata(33))), kFormErrAsked},
      {"a MAC of 65,535 octets", ask().additional(tsig(tsig_rdata(65'535))), kFormErrAsked},
      {"octets after the other data", ask().additional(tsig(joined(tsig_rdata(), {0}))), kFormErrAsked},
      {"an algorithm that is a pointer", ask().additional(tsig(joined({0xC0, 12}, Message(16)))), kFormErrAsked},
      {"a key that is a pointer", ask().additional(record({0xC0, 12}, type::kTsig, dns::kClassAny, tsig_rdata())),
       kFormErrAsked},
      {"a key of 256 octets", ask().additional(record(name_of_size(256), type::kTsig, dns::kClassAny, tsig_rdata())),
       kFormErrAsked},
      {"the longest key that fits 512 octets",
       ask().additional(record(name_of_size(255), type::kTsig, dns::kClassAny, tsig_rdata())), bad_key},
      {"cut off", ask().additional(tsig()).cut(1), kFormErrAsked},
  });
}

}  // namespace
}  // namespace rhumb::answer
