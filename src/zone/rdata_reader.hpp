// A record's data from text to wire form: ldns, and what it lets pass.
//
// ldns knows some ninety types and their fields; but it reads 70000 into 16 bits as 4464, takes "zz" for hexadecimal
// and ignores what follows the data in the generic form (RFC 3597 §5). Those are refused here. SVCB and HTTPS have a
// reader of their own (svcb_reader.hpp); types that ldns does not know and that look like one that it does are read as
// that. ldns takes 1.7 s for a million addresses, which is why the common data is read without it (plain_reader.hpp).
//
// Each of several threads may have a reader of its own.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "dns/codes.hpp"
#include "dns/name.hpp"

struct ldns_struct_rdf;
struct ldns_struct_rr;

namespace rhumb::zone {

class RdataReader {
 public:
  RdataReader() = default;
  ~RdataReader();
  RdataReader(const RdataReader&) = delete;
  RdataReader& operator=(const RdataReader&) = delete;

  // "A", "TLSA", "TYPE65280", …: every type that ldns knows, some more, and those that nobody does. Case does not
  // matter.
  [[nodiscard]] static std::optional<dns::Type> type_from_text(std::string_view text);

  // Completes relative names from now on. To be called before the first read().
  void set_origin(const dns::Name& origin);

  // Reads `text`, tokens with one space between them, as the data of a `type`, which is written as `type_text`. Returns
  // what is wrong with it, or nothing: then rdata() has it.
  [[nodiscard]] std::optional<std::string> read(dns::Type type, std::string_view type_text, std::string_view text);

  // Uncompressed, names in the case of the text.
  [[nodiscard]] Bytes rdata() const noexcept { return rdata_; }

 private:
  [[nodiscard]] std::optional<std::string> read_with_ldns(dns::Type type, std::string_view type_text,
                                                          std::string_view text);
  [[nodiscard]] Bytes origin() const noexcept;
  void take(const ldns_struct_rr& record);
  [[nodiscard]] std::optional<std::string> mend_names(const ldns_struct_rr& record, std::string_view text);

  ldns_struct_rdf* origin_ = nullptr;
  std::string line_;
  std::vector<std::uint8_t> rdata_;
};

}  // namespace rhumb::zone
