// An instance under load sheds clients: above `low` its share shrinks, evenly, to nothing at `high`.
//
// A share that only followed the load would swing: clients that leave bring the load down, which brings them back. So a
// share falls at once, and grows only when the load is a good part below what it was shed for, by a step a report, and
// not beyond where it would come to rest if all of the load came from clients. So it comes to rest, however much more
// than it can bear an instance is asked to: a step alone would swing once it is more load than the band.
#pragma once

#include <optional>

namespace rhumb::health {

// 1 is an instance's own limit.
struct LoadSettings {
  double low = 0;
  double high = 0;  // 0: load does not matter. Otherwise more than `low`

  friend bool operator==(const LoadSettings&, const LoadSettings&) = default;
};

class LoadShedding {
 public:
  // A share grows while the load is this part of the way from `low` to `high` below the load that it answers.
  static constexpr double kBand = 0.1;
  // By so much a report at most; from nothing, where it cannot be known what a client costs, by as little as this.
  static constexpr double kStep = 0.1;
  static constexpr double kFirstStep = 0.01;

  // A report of the instance; nothing when it tells none: then there is no reason to shed.
  void report(std::optional<double> load, const LoadSettings& settings);

  // Of the clients that it would have otherwise: 0 to 1.
  [[nodiscard]] double share() const noexcept { return share_; }
  void restore(double share) noexcept { share_ = share; }

 private:
  [[nodiscard]] double grown(double load, const LoadSettings& settings) const;

  double share_ = 1;
};

}  // namespace rhumb::health
