// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "arbiter/byte_curve.hpp"
#include "arbiter/dataset.hpp"

namespace arbiter {

/// What identifies a time. Two times are compared only where all of it agrees.
struct PointKey {
  Setting setting{};
  Problem problem{};  ///< of a point on a curve over message sizes, hidden_size and num_tokens are 0
  std::string strategy{};
  std::int64_t bytes = 0;  ///< of the message
  friend auto operator<=>(const PointKey&, const PointKey&) = default;
};

/// "NCCL, tp 2, bfloat16, NONE, 64 tokens x 4096, context engine": for people.
[[nodiscard]] std::string to_string(const PointKey& key);

/// What one side says of a point. Times are microseconds.
struct Reading {
  bool failed = false;   ///< or without a time
  bool suspect = false;  ///< faster than the lower bound allows
  double time_us = Measurement::none;
  double ci_low_us = Measurement::none;  ///< NaN where the file has no interval
  double ci_high_us = Measurement::none;

  [[nodiscard]] bool usable() const { return !failed && !suspect; }
  [[nodiscard]] bool has_interval() const { return ci_low_us <= ci_high_us; }
};

using Readings = std::map<PointKey, Reading>;

/// A reading for each strategy on each problem in each setting: the fastest usable row, as everywhere; else a suspect
/// one, else a failed one.
[[nodiscard]] Readings readings_of(const Dataset& rows);
/// A reading for each point of the curves; the faster one where two curves have the same. Curves of dtypes that are no
/// message dtype have none.
[[nodiscard]] Readings readings_of(const std::vector<ByteCurve>& curves);

/// What became of a point.
enum class Change : std::uint8_t {
  none,          ///< the intervals overlap, or the change is within the threshold
  slower,        ///< by more than the threshold, and the intervals do not overlap
  faster,        ///< likewise
  now_fails,     ///< only after
  now_suspect,   ///< likewise
  now_usable,    ///< was failed or suspect before
  never_usable,  ///< failed or suspect on both sides
};

/// "", "slower", "faster", "now fails", "now suspect", "now usable", "never usable".
[[nodiscard]] std::string_view name_of(Change change);

/// after / before - 1, as a share; NaN unless both are usable.
[[nodiscard]] double change_of(const Reading& before, const Reading& after);

/// `threshold` is a share: 0.05 is 5 %. A reading without an interval is a point: then the threshold alone decides, or
/// with it the interval of the other side.
[[nodiscard]] Change judge(const Reading& before, const Reading& after, double threshold);

struct PointChange {
  PointKey key;
  Reading before;
  Reading after;
  Change change = Change::none;
  double share = Measurement::none;  ///< change_of()

  /// Slower, or newly failed.
  [[nodiscard]] bool is_worse() const { return change == Change::slower || change == Change::now_fails; }
  [[nodiscard]] bool lacks_interval() const { return !before.has_interval() || !after.has_interval(); }
};

/// What differs between the times of two datasets. A value.
struct Comparison {
  double threshold = 0.0;
  std::vector<PointChange> points;    ///< that both sides have, by key
  std::vector<PointKey> only_before;  ///< by key
  std::vector<PointKey> only_after;   ///< likewise
};

[[nodiscard]] Comparison compare(const Readings& before, const Readings& after, double threshold);
/// The same points, judged by another threshold.
[[nodiscard]] Comparison judged_by(Comparison comparison, double threshold);

/// The point that became slower by the largest share; one that newly fails comes first. Null if nothing is worse.
[[nodiscard]] const PointChange* worst_of(const Comparison& comparison);

}  // namespace arbiter
