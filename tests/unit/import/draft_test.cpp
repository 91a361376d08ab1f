#include "import/draft.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "import/geo_rule.hpp"
#include "import_run.hpp"

namespace rhumb::importing {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

DraftService service_with(std::vector<DraftInstance> instances) {
  DraftService service;
  service.name = "www.example.com";
  service.place = "source:1";
  for (const DraftInstance& instance : instances)
    service.preference.regions.push_back(instance.region);
  service.instances = std::move(instances);
  return service;
}

class DraftTest : public testing::Test {
 protected:
  [[nodiscard]] std::vector<std::string> missing() const { return notes_of(report_, Note::Kind::missing); }
  [[nodiscard]] std::vector<std::string> instances() const { return instances_of(draft_, "www.example.com"); }

  Draft draft_;
  Report report_;
};

TEST_F(DraftTest, ARegionOfAnotherPlaceGetsAnotherName) {
  const geo::Coordinates dublin{53.35, -6.26};
  const geo::Coordinates paris{48.86, 2.35};
  EXPECT_EQ(draft_.add_region("eu", std::nullopt), "eu");
  EXPECT_EQ(draft_.add_region("eu", dublin), "eu");
  EXPECT_EQ(draft_.add_region("eu", std::nullopt), "eu");
  EXPECT_EQ(draft_.add_region("eu", paris), "eu-2");
  EXPECT_EQ(draft_.add_region("eu", paris), "eu-2");
}

TEST_F(DraftTest, NamesGiveWayToAddresses) {
  add_service(draft_, service_with({{"eu", "192.0.2.1"}, {.region = "us", .target = "lb.example.net."}}), report_);
  EXPECT_THAT(instances(), ElementsAre("eu 192.0.2.1"));
  EXPECT_THAT(missing(), ElementsAre(HasSubstr("the CNAME to lb.example.net. is left out")));
  EXPECT_EQ(service_of(draft_, "www.example.com")["steering"]["regions"], Json({"eu"}));
}

TEST_F(DraftTest, AnAddressStaysInItsFirstRegion) {
  add_service(draft_, service_with({{"eu", "192.0.2.1"}, {"eu", "192.0.2.1"}, {"us", "192.0.2.1"}}), report_);
  EXPECT_THAT(instances(), ElementsAre("eu 192.0.2.1"));
  EXPECT_THAT(missing(), ElementsAre(HasSubstr("192.0.2.1 is in eu and not in us too")));
}

TEST_F(DraftTest, WeightsAreScaledAndNoneIsLost) {
  DraftService service = service_with({{"eu", "192.0.2.1"}, {"eu", "192.0.2.2"}, {"eu", "192.0.2.3"}});
  service.instances[0].weight = 1'048'575;
  service.instances[1].weight = 1;
  service.instances[2].weight = 0;
  add_service(draft_, std::move(service), report_);
  EXPECT_THAT(instances(), ElementsAre("eu 192.0.2.1 65535", "eu 192.0.2.2", "eu 192.0.2.3 0"));
}

TEST_F(DraftTest, ARuleWithoutARegionThatIsThereGivesNoData) {
  DraftService service = service_with({{"eu", "192.0.2.1"}});
  service.rules = {{.name = "x", .countries = {"US"}, .preference = DraftPreference{.regions = {"us"}}}};
  add_service(draft_, std::move(service), report_);
  EXPECT_EQ(service_of(draft_, "www.example.com")["steering"]["rules"][0]["action"], "nodata");
}

TEST_F(DraftTest, AServiceWithoutInstancesIsToldAndLeftOut) {
  add_service(draft_, service_with({}), report_);
  EXPECT_THAT(draft_.services, IsEmpty());
  EXPECT_THAT(missing(), ElementsAre(HasSubstr("www.example.com: has no address")));
}

TEST_F(DraftTest, RulesThatSeveralServicesHaveStandOnce) {
  for (const char* name : {"a.example.com", "b.example.com"}) {
    DraftService service = service_with({{"eu", "192.0.2.1"}});
    service.name = name;
    service.rules_name = "world";
    service.rules = {{.name = "x", .countries = {"US"}}};
    add_service(draft_, std::move(service), report_);
  }
  const Json json = Json::parse(to_files(draft_, "test").at("rhumb.json"), nullptr, true, true);
  EXPECT_EQ(json["rule_sets"]["world"][0]["countries"][0], "US");
  EXPECT_EQ(json["services"]["b.example.com"]["steering"]["rules"], Json::parse(R"([{"rule_set": "world"}])"));
}

TEST(GeoRule, TheSmallestPlaceComesFirstAndLeadsToTheLargerOnesAroundIt) {
  using Kind = GeoTarget::Kind;
  const auto rules = to_rules({{Kind::everybody, "", "default"},
                               {Kind::continent, "EU", "eu"},
                               {Kind::continent, "NA", "na"},
                               {Kind::country, "FR", "fr"},
                               {Kind::group, "us-west", "west"},
                               {Kind::subdivision, "US-CA", "california"},
                               {Kind::network, "192.0.2.0/24", "net"}});
  std::vector<std::vector<std::string>> regions;
  for (const DraftRule& rule : rules)
    regions.push_back(rule.preference->regions);
  EXPECT_THAT(regions, ElementsAre(ElementsAre("net", "default"), ElementsAre("california", "west", "na", "default"),
                                   ElementsAre("west", "na", "default"), ElementsAre("fr", "eu", "default"),
                                   ElementsAre("eu", "default"), ElementsAre("na", "default")));
  EXPECT_THAT(rules[2].subdivisions, testing::Contains("US-CA"));
}

TEST(Report, KeepsWhatIsSaidTwiceOnce) {
  Report report;
  report.missing("config:1", "x");
  report.missing("config:1", "x");
  report.missing("config:2", "x");
  EXPECT_EQ(report.count(Note::Kind::missing), 2U);
}

TEST(ReadableText, PutsIntoALineWhatFits) {
  EXPECT_EQ(to_readable_text(Json::parse(R"({"a": [1, "two"], "b": {}})")),
            "{\n  \"a\": [1, \"two\"],\n  \"b\": {}\n}\n");
  const std::string text = to_readable_text(Json{{"a", std::vector<std::string>(20, "192.0.2.1")}});
  EXPECT_THAT(text, HasSubstr("\n    \"192.0.2.1\", \"192.0.2.1\", "));
  EXPECT_EQ(Json::parse(text)["a"].size(), 20U);
}

}  // namespace
}  // namespace rhumb::importing
