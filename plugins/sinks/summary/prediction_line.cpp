#include "summary/prediction_line.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "summary/text_wrap.hpp"

namespace arbiter {

namespace {

/// |predicted / measured - 1| of every usable row, ascending.
std::vector<double> errors_of(const Selector& selector, const Dataset& holdout) {
  std::vector<double> errors;
  for (const Measurement& row : holdout.rows()) {
    if (!row.usable()) continue;
    const double predicted = selector.predict(row.problem, row.strategy);
    if (!std::isnan(predicted)) errors.push_back(std::abs(predicted / row.time_us - 1.0));
  }
  std::ranges::sort(errors);
  return errors;
}

}  // namespace

std::vector<std::string> prediction_lines(const Report& report) {
  std::vector<std::string> lines;
  for (const auto& selector : report.selectors) {
    const auto errors = errors_of(*selector, report.holdout);
    if (errors.empty()) continue;
    const auto at = [&](double share) {
      const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(errors.size())));
      return 100.0 * errors[std::max<std::size_t>(rank, 1) - 1];
    };
    if (lines.empty()) lines.emplace_back();
    for (auto& piece :
         wrapped(fmt::format("{} predicted {} times of the holdout; half of them are off by at most {:.1f} "
                             "%, 95 in 100 by at most {:.1f} %, the worst by {:.1f} %.",
                             selector->name(), errors.size(), at(0.5), at(0.95), at(1.0)),
                 4)) {
      lines.push_back(std::move(piece));
    }
  }
  return lines;
}

}  // namespace arbiter
