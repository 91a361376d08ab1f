#include "judge.hpp"

#include <algorithm>
#include <iterator>
#include <set>
#include <span>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace rhumb::differential {
namespace {

using Records = std::vector<ResponseRecord>;
using Triple = std::array<Response, kServers>;

// ------------------------------------------------------------------------------------- what is not compared

void keep_rrsets_whole(Response& response);
void drop_repetitions(Response& response);
void forget_order(Response& response);
void keep_mandatory_glue(Response& response);
void forget_sections_if_truncated(Response& response);

struct Habit {
  std::string_view reason;
  void (*remove)(Response&);
};

// What servers may do as they like, taken out of every response before it is compared.
constexpr Habit kHabits[]{
    {"the records of an RRset come in any order (RFC 2181 §5); the owners of a chain do not", keep_rrsets_whole},
    {"no message has a record twice (RFC 2181 §5); NSD and Knot go once more through a loop that begins at a wildcard. "
     "Rhumb must not: see judge()",
     drop_repetitions},
    {"what order the authority and additional sections have means nothing", forget_order},
    {"of the additional section only glue is needed to go on: the addresses of name servers at or below the cut "
     "(RFC 9471 §2); NSD runs with minimal-responses, Knot adds more",
     keep_mandatory_glue},
    {"a truncated response is thrown away and asked for again over TCP (RFC 2181 §9), so how much of it is sent is "
     "a matter of taste",
     forget_sections_if_truncated},
};

// Records of one owner together, where the first of them stood.
void keep_rrsets_whole(Response& response) {
  Records& answer = response.answer;
  std::vector<std::string> owners;
  for (const ResponseRecord& record : answer) {
    if (std::ranges::find(owners, record.owner) == owners.end()) owners.push_back(record.owner);
  }
  const auto rank = [&](const ResponseRecord& record) {
    return std::ranges::find(owners, record.owner) - owners.begin();
  };
  std::ranges::sort(answer, [&](const ResponseRecord& a, const ResponseRecord& b) {
    return rank(a) != rank(b) ? rank(a) < rank(b) : a < b;
  });
}

// Of one owner they stand together.
void drop_repetitions(Response& response) {
  const auto repeated = std::unique(response.answer.begin(), response.answer.end());  // clang 14 lacks that of ranges
  response.answer.erase(repeated, response.answer.end());
}

void forget_order(Response& response) {
  std::ranges::sort(response.authority);
  std::ranges::sort(response.additional);
}

bool is_address(const ResponseRecord& record) {
  return record.type == dns::type::kA || record.type == dns::type::kAaaa;
}

void keep_mandatory_glue(Response& response) {
  std::erase_if(response.additional, [&](const ResponseRecord& address) {
    return !is_address(address) || std::ranges::none_of(response.authority, [&](const ResponseRecord& ns) {
      return ns.type == dns::type::kNs && ns.data == address.owner && is_below_wire(address.owner, ns.owner);
    });
  });
}

void forget_sections_if_truncated(Response& response) {
  if (!response.is_truncated()) return;
  response.answer.clear();
  response.authority.clear();
  response.additional.clear();
}

// --------------------------------------------------------------------------------- what the responses are about

// "answer, authority": in what two responses differ; empty if in nothing.
std::string differences(const Response& a, const Response& b) {
  std::string text;
  const auto add = [&](bool is_different, std::string_view what) {
    if (is_different) text += text.empty() ? std::string(what) : fmt::format(", {}", what);
  };
  add(a.rcode != b.rcode, "rcode");
  add(a.flags != b.flags, "flags");
  add(a.has_edns != b.has_edns || a.is_dnssec_ok != b.is_dnssec_ok, "edns");
  add(a.answer != b.answer, "answer");
  add(a.authority != b.authority, "authority");
  add(a.additional != b.additional, "glue");
  return text;
}

bool is_equal(const Response& a, const Response& b) {
  return differences(a, b).empty();
}

bool has_type(const Records& records, dns::Type type) {
  return std::ranges::any_of(records, [&](const ResponseRecord& record) { return record.type == type; });
}

bool has_repetition(const Records& records) {
  return std::set<ResponseRecord>(records.begin(), records.end()).size() < records.size();
}

bool is_endless(const Triple& responses) {
  constexpr auto kManyAliases = 5;  // Knot's limit, and more than a zone of these tests has in a row
  return std::ranges::any_of(responses, [](const Response& response) {
    return std::ranges::count(response.answer, dns::type::kCname, &ResponseRecord::type) >= kManyAliases;
  });
}

// What NSD, Knot and Rhumb answer to one question.
struct Disagreement {
  const Question& question;
  const ServedZones& zones;
  std::string name;  // the question's, in wire form and lower case
  const Triple& responses;
  // An alias led to a longer name each time, through one DNAME again and again. Known before anything was left out.
  bool is_endless;

  [[nodiscard]] const Response& nsd() const { return responses[kNsd]; }
  [[nodiscard]] const Response& knot() const { return responses[kKnot]; }
  [[nodiscard]] const Response& rhumb() const { return responses[kRhumb]; }

  // Whether the condition holds for the question's name or a name that an alias in any answer leads to.
  template <typename Condition>
  [[nodiscard]] bool any_name(Condition condition) const {
    if (condition(std::string_view(name))) return true;
    return std::ranges::any_of(responses, [&](const Response& response) {
      return std::ranges::any_of(response.answer, [&](const ResponseRecord& record) {
        return record.type == dns::type::kCname && condition(std::string_view(record.data));
      });
    });
  }

  [[nodiscard]] bool crosses_zones() const {
    const std::string_view home = zones.apex_above(name, question.type);
    return any_name([&](std::string_view other) {
      const std::string_view apex = zones.apex_above(other, question.type);
      return !apex.empty() && apex != home;
    });
  }

  [[nodiscard]] bool any_response(bool (*condition)(const Response&)) const {
    return std::ranges::any_of(responses, condition);
  }
};

// --------------------------------------------------------------------------- where NSD and Knot go separate ways

bool begins_like(const Records& longer, const Records& shorter) {
  return shorter.size() <= longer.size() && std::equal(shorter.begin(), shorter.end(), longer.begin());
}

bool is_same_chain(const Records& a, const Records& b) {
  return begins_like(a, b) || begins_like(b, a);
}

// The answer stops where an alias leads to another zone that is served here.
bool stops_at_the_border(const Disagreement& about) {
  const Response& rhumb = about.rhumb();
  if (rhumb.rcode != 0 || rhumb.answer.empty() || !rhumb.authority.empty()) return false;
  return begins_like(about.nsd().answer, rhumb.answer) || begins_like(about.knot().answer, rhumb.answer);
}

// What only the first has.
Records difference(const Records& a, const Records& b) {
  Records only_in_a;
  std::ranges::copy_if(a, std::back_inserter(only_in_a),
                       [&](const ResponseRecord& record) { return std::ranges::find(b, record) == b.end(); });
  return only_in_a;
}

bool has_part_of(const Records& records, const ResponseRecord& rrset) {
  return std::ranges::any_of(
      records, [&](const ResponseRecord& record) { return record.owner == rrset.owner && record.type == rrset.type; });
}

// Two choices from the same name: but for whole RRsets of one owner they are equal.
bool is_any_choice(const Response& a, const Response& b) {
  if (a.rcode != b.rcode) return false;
  if (a.is_truncated() || b.is_truncated()) return true;
  if (a.flags != b.flags || a.authority != b.authority) return false;
  const Records only_in_a = difference(a.answer, b.answer);
  const Records only_in_b = difference(b.answer, a.answer);
  if (only_in_a.empty() && only_in_b.empty()) return false;
  const std::string& owner = (only_in_a.empty() ? only_in_b : only_in_a).front().owner;
  return std::ranges::all_of(
             only_in_a, [&](const auto& record) { return record.owner == owner && !has_part_of(b.answer, record); }) &&
         std::ranges::all_of(
             only_in_b, [&](const auto& record) { return record.owner == owner && !has_part_of(a.answer, record); });
}

// The same records, each counted once.
bool has_same_records(const Records& a, const Records& b) {
  return std::set<ResponseRecord>(a.begin(), a.end()) == std::set<ResponseRecord>(b.begin(), b.end());
}

bool has_wildcard_owner(const Records& records, dns::Type type) {
  return std::ranges::any_of(
      records, [&](const ResponseRecord& record) { return record.type == type && record.owner.starts_with("\1*"); });
}

// A kind of question on which NSD and Knot differ. The first that applies counts, save that one after it may be why
// Rhumb is right with an answer of its own.
struct Category {
  std::string_view name;
  std::string_view reason;
  bool (*applies)(const Disagreement&);
  // Whether Rhumb may answer like neither of them; null: it may not.
  bool (*is_own_way_right)(const Disagreement&);
};

constexpr Category kCategories[]{
    {"ANY: which RRset", "RFC 8482 §4.1: one RRset, of the server's choice",
     [](const Disagreement& about) {
       return about.question.type == dns::type::kAny && is_any_choice(about.nsd(), about.knot());
     },
     [](const Disagreement& about) { return is_any_choice(about.rhumb(), about.nsd()); }},
    {"a loop of aliases: where it is cut",
     "RFC 1034 §3.6.2 calls it an error and does not say how often it is to be walked through",
     [](const Disagreement& about) {
       return has_same_records(about.nsd().answer, about.knot().answer) &&
              about.any_response([](const Response& response) { return has_repetition(response.answer); });
     },
     [](const Disagreement& about) {
       return !has_repetition(about.rhumb().answer) && has_same_records(about.rhumb().answer, about.knot().answer);
     }},
    {"a chain of aliases without end: where it is cut",
     "no RFC has a limit; NSD does not pass through one DNAME twice in a row, Knot stops after 5 aliases, Rhumb after "
     "16 or when the message is full",
     [](const Disagreement& about) {
       return about.is_endless && is_same_chain(about.nsd().answer, about.knot().answer);
     },
     [](const Disagreement& about) {
       return about.rhumb().is_truncated() ||
              (!has_repetition(about.rhumb().answer) && is_same_chain(about.rhumb().answer, about.knot().answer));
     }},
    {"NS at a wildcard",
     "RFC 4592 §4.2 leaves the semantics undefined; NSD answers with the NS records like any others, Knot refers to "
     "them",
     [](const Disagreement& about) {
       return about.any_response([](const Response& response) {
         return has_wildcard_owner(response.authority, dns::type::kNs) && !has_type(response.answer, dns::type::kNs);
       });
     },
     [](const Disagreement& about) {
       return about.question.type == dns::type::kAny && is_any_choice(about.rhumb(), about.nsd());
     }},
    {"DNAME at a wildcard",
     "RFC 6672 §3.3 discourages it. Below the name \"*\" itself the DNAME is like any other and keeps its owner "
     "(RFC 4592 §2.1.3: an asterisk label in the question is nothing special); Knot writes the question's name",
     [](const Disagreement& about) {
       return about.any_response(
           [](const Response& response) { return has_wildcard_owner(response.answer, dns::type::kDname); });
     },
     [](const Disagreement& about) {
       if (about.question.type == dns::type::kAny && is_any_choice(about.rhumb(), about.nsd())) return true;
       const Records& answer = about.rhumb().answer;
       if (has_same_records(answer, about.nsd().answer)) return true;  // a loop, or asked for the DNAME: written twice
       if (!about.is_endless) return false;
       return about.rhumb().is_truncated() || (!has_repetition(answer) && is_same_chain(answer, about.nsd().answer));
     }},
    {"an alias leads into another zone served here",
     "RFC 1034 §4.3.2 has the search start anew in that zone, and NSD does; Knot follows in its own zone's data, cuts "
     "or none; no resolver believes what is beyond the zone it asked (RFC 2181 §5.4.1), so Rhumb stops there",
     [](const Disagreement& about) { return about.crosses_zones(); }, stops_at_the_border},
    {"another zone has names here",
     "NSD keeps the names of all zones in one tree and lets those of one count in another, as existing and as closest "
     "encloser; zones do not share data (RFC 1034 §4.2)",
     [](const Disagreement& about) {
       return about.any_name(
           [&](std::string_view name) { return about.zones.is_overlapped(name, about.question.type); });
     },
     // Knot alone is left to compare with, and it may have walked through a loop once more.
     [](const Disagreement& about) {
       return about.rhumb().rcode == about.knot().rcode && !has_repetition(about.rhumb().answer) &&
              has_repetition(about.knot().answer) && has_same_records(about.rhumb().answer, about.knot().answer);
     }},
};

// "DS, CNAME, referral": what is special about the question, and what the responses have in them.
std::string shape(const Disagreement& about) {
  const dns::Type type = about.question.type;
  std::string text = type == dns::type::kDs || type == dns::type::kAny ? dns::type_to_text(type) : "any type";
  const auto add = [&](std::string_view what, bool (*condition)(const Response&)) {
    if (about.any_response(condition)) text += fmt::format(", {}", what);
  };
  add("DNAME", [](const Response& response) { return has_type(response.answer, dns::type::kDname); });
  add("CNAME", [](const Response& response) { return has_type(response.answer, dns::type::kCname); });
  add("a record twice", [](const Response& response) { return has_repetition(response.answer); });
  add("referral", [](const Response& response) { return has_type(response.authority, dns::type::kNs); });
  return text;
}

std::string name_of(const Category* category, const Disagreement& about) {
  if (category != nullptr) return std::string(category->name);
  return fmt::format("unexplained: {} ({})", differences(about.nsd(), about.knot()), shape(about));
}

Verdict judge_without_agreement(const Disagreement& about) {
  const bool is_nsd = is_equal(about.rhumb(), about.nsd());
  const bool is_knot = is_equal(about.rhumb(), about.knot());
  const Category* first = nullptr;
  const Category* explanation = nullptr;
  for (const Category& category : kCategories) {
    if (!category.applies(about)) continue;
    if (first == nullptr) first = &category;
    const bool is_right = category.is_own_way_right != nullptr && category.is_own_way_right(about);
    if (explanation == nullptr && is_right) explanation = &category;
  }
  if (is_nsd || is_knot) {
    return {Outcome::opinion, fmt::format("{}; Rhumb as {}", name_of(first, about), is_nsd ? "NSD" : "Knot")};
  }
  if (explanation != nullptr) {
    return {Outcome::opinion, fmt::format("{}; Rhumb in its own way", explanation->name)};
  }
  return {Outcome::failure, fmt::format("{}; Rhumb like neither", name_of(first, about))};
}

}  // namespace

Verdict judge(const Question& question, Triple responses, const ServedZones& zones) {
  const bool has_no_end = is_endless(responses);
  if (has_repetition(responses[kRhumb].answer)) return {Outcome::failure, "Rhumb has a record twice"};
  for (Response& response : responses) {
    for (const Habit& habit : kHabits)
      habit.remove(response);
  }
  const bool is_agreed = is_equal(responses[kNsd], responses[kKnot]);
  if (is_agreed && is_equal(responses[kRhumb], responses[kNsd])) return {Outcome::equal, {}};
  const Disagreement about{question, zones, name_from_text(question.name), responses, has_no_end};
  if (!is_agreed) return judge_without_agreement(about);
  return {Outcome::failure, fmt::format("NSD and Knot agree, Rhumb differs: {} ({})",
                                        differences(about.rhumb(), about.nsd()), shape(about))};
}

std::string_view reason_of(std::string_view category) {
  for (const Category& candidate : kCategories) {
    if (category.starts_with(candidate.name)) return candidate.reason;
  }
  return {};
}

}  // namespace rhumb::differential
