#include "geo/geofeed.hpp"

#include <algorithm>
#include <functional>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "base/csv_file.hpp"
#include "base/network.hpp"
#include "geo/country_centroids.hpp"
#include "geo/numbered_networks.hpp"

namespace rhumb::geo {
namespace {

constexpr std::size_t kFieldsMax = 5;
constexpr std::size_t kSubdivisionMax = 3;  // after the hyphen (ISO 3166-2)

// RFC 8805 §2.1.1: codes count in either case.
std::string to_upper(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return result;
}

bool is_subdivision(std::string_view code) {
  const auto is_sign = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); };
  if (code.size() < 4 || code.size() > 3 + kSubdivisionMax || code[2] != '-') return false;
  return std::ranges::all_of(code.substr(0, 2), is_sign) && std::ranges::all_of(code.substr(3), is_sign);
}

class Reader {
 public:
  explicit Reader(Problems& problems) : problems_(problems) {}

  Geofeeds read(std::span<const std::string> paths) {
    for (const std::string& path : paths) {
      feeds_.paths.push_back(path);
      CsvFile file(path, {}, kGeofeedLinesMax, problems_);
      by_text_.clear();
      while (file.next())
        read_line(file);
    }
    const auto lines = networks_.map([&](std::size_t line, std::size_t later) { refuse_repeated(line, later); });
    feeds_.map = lines.transform([&](std::uint32_t line) { return line == 0 ? 0 : lines_[line - 1].place + 1; });
    return std::move(feeds_);
  }

 private:
  void read_line(CsvFile& file) {
    const auto fields = file.fields();
    const auto network = Network::parse(fields.front());
    if (const auto wrong = refuse_network(fields.front(), network)) return file.error(*wrong);
    if (fields.size() > kFieldsMax) return file.error("more than five fields; a city's name cannot have a comma");
    const auto place = find_place(fields.subspan(1, std::min<std::size_t>(3, fields.size() - 1)), file);
    if (!place) return;
    networks_.add(*network);
    lines_.push_back({static_cast<std::uint32_t>(file.line_number()), *place});
  }

  // The index of what the fields say: country, region and city, as far as there are such. Looked up by the text of the
  // line as it is, so that it is read only where it is new.
  std::optional<std::uint32_t> find_place(std::span<const std::string_view> fields, CsvFile& file) {
    std::string_view text;
    if (!fields.empty()) {
      const char* const begin = fields.front().data();
      text = {begin, static_cast<std::size_t>(fields.back().data() + fields.back().size() - begin)};
    }
    if (const auto known = by_text_.find(text); known != by_text_.end()) return known->second;
    const auto field = [&](std::size_t number) { return number < fields.size() ? fields[number] : std::string_view(); };
    auto place = read_place(field(0), field(1), field(2), file);
    if (!place) return std::nullopt;
    const auto index = add(std::move(*place));
    by_text_.emplace(text, index);
    return index;
  }

  std::optional<Geofeeds::Place> read_place(std::string_view country, std::string_view region, std::string_view city,
                                            CsvFile& file) const {
    Geofeeds::Place place{static_cast<std::uint8_t>(feeds_.paths.size() - 1), to_upper(country), {}, std::string(city)};
    if (const auto wrong = refuse(place.country, to_upper(region), city)) {
      file.error(*wrong);
      return std::nullopt;
    }
    if (!region.empty()) place.subdivision = to_upper(region.substr(3));
    return place;
  }

  static std::optional<std::string> refuse(std::string_view country, std::string_view region, std::string_view city) {
    if (country.empty() && !(region.empty() && city.empty())) {
      return "has a region or a city, but no country; a network that is not to be located has none of them";
    }
    if (!country.empty() && find_country_centroid(country) == nullptr) {
      return fmt::format("\"{}\" is not a country's ISO 3166-1 code such as \"FR\"", country);
    }
    if (!region.empty() && !is_subdivision(region)) {
      return fmt::format("\"{}\" is not an ISO 3166-2 code such as \"US-CA\"", region);
    }
    if (!region.empty() && !region.starts_with(country)) return fmt::format("{} is not in {}", region, country);
    if (city.find('"') != std::string_view::npos) return "a city's name is written without quotes";
    return std::nullopt;
  }

  // Other lines may say the same in another way: in another case, with other spaces.
  std::uint32_t add(Geofeeds::Place place) {
    const auto key = fmt::format("{},{},{},{}", place.feed, place.country, place.subdivision, place.city);
    const auto [known, is_new] = by_place_.try_emplace(key, static_cast<std::uint32_t>(feeds_.places.size()));
    if (is_new) feeds_.places.push_back(std::move(place));
    return known->second;
  }

  // RFC 8805 §2.1.1.1: one entry a prefix. Where feeds differ the earlier one counts.
  void refuse_repeated(std::size_t line, std::size_t later) {
    const std::size_t feed = feeds_.places[lines_[later].place].feed;
    if (feeds_.places[lines_[line].place].feed != feed) return;
    problems_.error(fmt::format("{}:{}", feeds_.paths[feed], lines_[later].number),
                    fmt::format("{} stands in line {} too", networks_[later].to_string(), lines_[line].number));
  }

  struct Line {
    std::uint32_t number;
    std::uint32_t place;
  };
  struct TextHash : std::hash<std::string_view> {
    using is_transparent = void;
  };

  Problems& problems_;
  Geofeeds feeds_;
  std::unordered_map<std::string, std::uint32_t, TextHash, std::equal_to<>> by_text_;  // of this feed
  std::unordered_map<std::string, std::uint32_t> by_place_;
  NumberedNetworks networks_;
  std::vector<Line> lines_;  // of each network
};

}  // namespace

Geofeeds read_geofeeds(std::span<const std::string> paths, Problems& problems) {
  if (paths.size() > kGeofeedsMax) {
    problems.error(paths[kGeofeedsMax], fmt::format("more than {} geofeeds", kGeofeedsMax));
    return {};
  }
  return Reader(problems).read(paths);
}

}  // namespace rhumb::geo
