#include "lp/block_regions.hpp"

#include <utility>

#include <fmt/format.h>

namespace arbiter {

namespace {

constexpr double price_of_falling = 0.005;

}  // namespace

BlockRegions block_regions(const CellBlock& block, const std::vector<std::string>& order, const MonotoneRule& rule) {
  const auto labels = [&](double price) { return region_labels(block, order, MonotoneIn::tokens_and_hidden, price); };
  if (rule.monotone == Monotone::never) return {labels(price_of_falling), false, "as told"};
  BlockRegions regions{labels(std::numeric_limits<double>::infinity()), true, {}};
  if (rule.monotone == Monotone::always) return regions;
  const bool too_slow = regions.labels.worst_beyond_noise > rule.limit;
  if (!too_slow && regions.labels.exceptions == 0) return regions;
  RegionLabels free = labels(price_of_falling);
  // What is slow under a fixed order of strategies may be slow without one, too.
  const bool better =
      free.exceptions < regions.labels.exceptions || free.worst_beyond_noise < regions.labels.worst_beyond_noise;
  if (!better) return regions;
  std::string why_not =
      too_slow
          ? fmt::format("monotone ones have mean {:.2f} %, worst {:.2f} %; the worst is over {:.1f} % beyond noise",
                        100.0 * regions.labels.excess.mean(), 100.0 * regions.labels.excess.worst(), 100.0 * rule.limit)
          : fmt::format("monotone ones have no time in {} cells", regions.labels.exceptions);
  return {std::move(free), false, std::move(why_not)};
}

}  // namespace arbiter
