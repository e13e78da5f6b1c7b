// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "arbiter/dataset.hpp"
#include "arbiter/export.hpp"

namespace arbiter {

/// The machine probe measures what bounds every AllReduce on a machine, whatever its implementation. A kind is one
/// quantity of it.
enum class ProbeKind : std::uint8_t {
  launch,   ///< an operation that does nothing, microseconds
  one_way,  ///< eight bytes from a rank to another, microseconds: half a round trip
  push,     ///< a rank's processor writes into the memory of others, GB/s out of the rank
  pull,     ///< a rank's processor reads the memory of others, GB/s into the rank
  copy,     ///< a copy engine writes into the memory of others, GB/s out of the rank
};

/// "launch", "one_way", "push", "pull", "copy".
[[nodiscard]] ARBITER_EXPORT std::string_view name_of(ProbeKind kind);

/// One measurement of the probe. Data move from rank `from` to rank `to`: with push and copy `from` moves them, with
/// pull `to` does.
struct ARBITER_EXPORT ProbeCase {
  static constexpr int all = -1;

  ProbeKind kind = ProbeKind::launch;
  int from = all;  ///< `all` in both: every rank with every other rank, at the same time
  int to = all;
  std::size_t bytes = 0;         ///< between each two ranks; 0 for launch and one_way
  std::int64_t round_trips = 1;  ///< in one operation; one_way only

  /// The ranks that `rank` moves data to or from, in the order to do it: the next rank first, so that not all ranks
  /// meet at the same one. Empty if it moves none.
  [[nodiscard]] std::vector<int> peers_of(int rank, int ranks) const;
  /// The ranks whose data arrive at `rank`.
  [[nodiscard]] std::vector<int> senders_to(int rank, int ranks) const;

  friend auto operator<=>(const ProbeCase&, const ProbeCase&) = default;
};

/// A case and its result.
struct ProbeRow {
  ProbeCase what;
  double value = Measurement::none;  ///< microseconds or GB/s (1e9 bytes); NaN if the case failed
  std::string reason;                ///< why it failed
};

/// The probe of one group of ranks, and the lower bounds that follow from it. A value; not synchronised.
class ARBITER_EXPORT MachineProbe {
 public:
  explicit MachineProbe(int tp_size = 0) : tp_size_(tp_size) {}

  void add(ProbeRow row) { rows_.push_back(std::move(row)); }
  [[nodiscard]] int tp_size() const { return tp_size_; }
  [[nodiscard]] const std::vector<ProbeRow>& rows() const { return rows_; }

  /// NaN if not measured.
  [[nodiscard]] double launch_us() const;
  /// The median over pairs; NaN if not measured.
  [[nodiscard]] double one_way_us() const;
  /// Between all ranks at once: the best of push, pull and copy at any size; NaN if not measured.
  [[nodiscard]] double gigabytes_per_second() const;

  /// The least time that an AllReduce of the problem can take in the context, in microseconds. With S bytes in the
  /// message, N ranks and f = (N - 1) / N, on its own it is the smaller of
  ///   one shot: launch + one_way + (N - 1) S / rate
  ///   two shots whose halves overlap: launch + max(2 f S / rate, f S / rate + one_way) + one_way
  /// Back to back the latencies of neighbouring operations can overlap, so it is max(launch, 2 f S / rate).
  /// Traffic of a rank with its own memory is not counted. For one rank it is launch. NaN if one of the three was not
  /// measured, or if the problem has another tp size.
  [[nodiscard]] double lower_bound_us(const Problem& problem, Context context) const;

 private:
  int tp_size_ = 0;
  std::vector<ProbeRow> rows_;
};

/// For sinks. "machine_probe.tp4.sm90.csv": the file name of the probe of one tp size.
[[nodiscard]] ARBITER_EXPORT std::string probe_file_name(int tp_size, std::string_view platform);

/// For sinks. Writes a CSV with the columns kind, from, to, bytes, value, unit, run_id, schema; "all" stands for all
/// ranks at once, and failed cases have no value. An older file with other contents is renamed to <file>.1 (or the next
/// free number). Throws SystemError.
ARBITER_EXPORT void write_probe(const std::filesystem::path& file, const MachineProbe& probe,
                                std::string_view run_id = {});

/// For backends. The cases of a prober: launch; one_way for every pair; and for each kind of `rates` every ordered pair
/// at the last of `sizes` (in bytes, ascending), then all ranks at once at every size.
[[nodiscard]] ARBITER_EXPORT std::vector<ProbeCase> usual_probe_cases(int ranks, std::span<const ProbeKind> rates,
                                                                      std::span<const std::size_t> sizes,
                                                                      std::int64_t round_trips);

/// For backends. The word at `index` of the data that rank `rank` sends, by which a receiver knows that it arrived.
[[nodiscard]] constexpr std::uint64_t probe_pattern(int rank, std::size_t index) {
  return (static_cast<std::uint64_t>(rank) + 1) * 0x9E3779B97F4A7C15U + index;
}

/// For backends. Describes the first of `words` that is not the pattern of rank `from`; empty if all are.
[[nodiscard]] ARBITER_EXPORT std::string missing_from(std::span<const std::uint64_t> words, int from);

}  // namespace arbiter
