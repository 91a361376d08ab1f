// A snapshot for tests: one zone from text, services and states as the test wants them.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "answer/responder.hpp"
#include "support/message_bytes.hpp"
#include "support/response.hpp"
#include "support/temporary_directory.hpp"
#include "zone/zone_file.hpp"

namespace rhumb::answer {

inline std::shared_ptr<const zone::Zone> make_zone(std::string_view apex, std::string_view text,
                                                   const std::vector<zone::OverlayName>& overlays = {}) {
  const test::TemporaryDirectory directory;
  Problems problems;
  auto zone = zone::load_zone_file(directory.write("zone", text), *dns::Name::from_text(apex), overlays, problems);
  for (const Problem& problem : problems.all()) {
    if (problem.severity == Severity::error) ADD_FAILURE() << problem.to_string();
  }
  return zone;
}

// Asks the responder as a transport would, and has ldns read the response.
class Asker {
 public:
  explicit Asker(const Snapshot& snapshot) : snapshot_(snapshot) {}

  // The response's octets; empty when there was none.
  std::vector<std::uint8_t> ask_raw(const dns::Message& query, Client client = {}) {
    std::vector<std::uint8_t> response(client.transport == Transport::tcp ? dns::kMessageMax : dns::kUdpPayloadMax);
    decision_ = {};
    response.resize(answer(snapshot_, client, query, response, random_, &decision_));
    return response;
  }
  test::Response ask(const dns::Message& query, Client client = {}) {
    return test::parse_response(ask_raw(query, client));
  }
  test::Response ask(std::string_view name, dns::Type type, Client client = {}) {
    return ask(dns::query_message(name, type), client);
  }

  // Of the last question.
  [[nodiscard]] const Decision& decision() const { return decision_; }

 private:
  const Snapshot& snapshot_;
  Random random_{1};
  Decision decision_;
};

}  // namespace rhumb::answer
