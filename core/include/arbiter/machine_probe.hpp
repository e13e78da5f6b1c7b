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

/// What bounds every AllReduce of a machine, whatever implements it.
enum class ProbeKind : std::uint8_t {
  launch,   ///< an operation that does nothing, microseconds
  one_way,  ///< a word from a rank to another, microseconds: half of there and back
  push,     ///< a rank's processor writes into the memory of others, GB/s out of it
  pull,     ///< a rank's processor reads the memory of others, GB/s into it
  copy,     ///< a copy engine writes into the memory of others, GB/s out of its rank
};

/// "launch", "one_way", "push", "pull", "copy".
[[nodiscard]] ARBITER_EXPORT std::string_view name_of(ProbeKind kind);

/// One thing to measure. Data go from rank `from` to rank `to`: it pushes and copies, the other one pulls.
struct ARBITER_EXPORT ProbeCase {
  static constexpr int all = -1;

  ProbeKind kind = ProbeKind::launch;
  int from = all;  ///< `all` and `all`: every rank with every other, at the same time
  int to = all;
  std::size_t bytes = 0;         ///< between two ranks; 0 for launch and one_way
  std::int64_t round_trips = 1;  ///< in one operation; one_way only

  /// The ranks with which `rank` moves data in it, the next one first, so that not all meet at the same.
  [[nodiscard]] std::vector<int> peers_of(int rank, int ranks) const;
  /// The ranks whose data arrive at `rank`.
  [[nodiscard]] std::vector<int> senders_to(int rank, int ranks) const;

  friend auto operator<=>(const ProbeCase&, const ProbeCase&) = default;
};

/// launch, one_way for every pair, and for each of `rates` every pair at the largest of `sizes` (in bytes, ascending)
/// and all ranks at once at every size.
[[nodiscard]] ARBITER_EXPORT std::vector<ProbeCase> usual_probe_cases(int ranks, std::span<const ProbeKind> rates,
                                                                      std::span<const std::size_t> sizes,
                                                                      std::int64_t round_trips);

/// A case and its outcome.
struct ProbeRow {
  ProbeCase what;
  double value = Measurement::none;  ///< microseconds or GB/s (1e9 bytes); NaN if it failed
  std::string reason;                ///< why it failed
};

/// What was measured of one group of ranks.
class ARBITER_EXPORT MachineProbe {
 public:
  explicit MachineProbe(int tp_size = 0) : tp_size_(tp_size) {}

  void add(ProbeRow row) { rows_.push_back(std::move(row)); }
  [[nodiscard]] int tp_size() const { return tp_size_; }
  [[nodiscard]] const std::vector<ProbeRow>& rows() const { return rows_; }

  /// NaN where none was measured.
  [[nodiscard]] double launch_us() const;
  /// The median over pairs.
  [[nodiscard]] double one_way_us() const;
  /// Between all ranks at once: the best of push, pull and copy, at any size.
  [[nodiscard]] double gigabytes_per_second() const;

  /// The least time that an AllReduce of the problem can take, in microseconds: the better of
  ///   one shot: launch + one_way + (N - 1) S / rate
  ///   two shots whose halves overlap: launch + max(2 f S / rate, f S / rate + one_way) + one_way
  /// with S bytes in the message, N ranks and f = (N - 1) / N. What a rank does to its own memory is not in it. NaN if
  /// one of the three probe was not measured or the problem has another tp size; launch alone for one rank.
  [[nodiscard]] double lower_bound_us(const Problem& problem) const;

 private:
  int tp_size_ = 0;
  std::vector<ProbeRow> rows_;
};

/// "machine_probe.tp4.sm90.csv": how the file of one tp size is called.
[[nodiscard]] ARBITER_EXPORT std::string probe_file_name(int tp_size, std::string_view platform);

/// Columns kind, from, to, bytes, value, unit; "all" for all ranks at once. Cases that failed have no value. An older
/// file is set aside unless it says the same. Throws SystemError.
ARBITER_EXPORT void write_probe(const std::filesystem::path& file, const MachineProbe& probe);

/// The word at `index` of what rank `rank` sends while probe are measured, so that it can be told whether it arrived.
[[nodiscard]] constexpr std::uint64_t probe_pattern(int rank, std::size_t index) {
  return (static_cast<std::uint64_t>(rank) + 1) * 0x9E3779B97F4A7C15U + index;
}

/// Where `words` differ from the pattern of rank `from`, for a person; empty if they do not.
[[nodiscard]] ARBITER_EXPORT std::string missing_from(std::span<const std::uint64_t> words, int from);

}  // namespace arbiter
