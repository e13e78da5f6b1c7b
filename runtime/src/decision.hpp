// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "arbiter/decision_table.hpp"
#include "arbiter/runtime.h"
#include "cuda_common/tile_plan.hpp"

namespace arbiter::runtime {

/// A strategy with its parameters.
struct Variant {
  arbiter_path path = ARBITER_PATH_NCCL;
  cuda::TileParameters parameters{};
  std::string name = "NCCL";  ///< in the decision
  std::string unknown = {};   ///< why the runtime does not have it, and takes NCCL; empty if it does
};

/// What a decision was made on, and what is here. An empty text is unknown, and is not compared.
struct MachineKey {
  std::string platform;  ///< "sm90"
  std::string gpu;       ///< "NVIDIA H200"
  std::string links;     ///< "peer access between all, with native atomics (NVLink)"
  std::string multicast;
  std::string nccl;  ///< "2.28.9"; compared up to the second dot
};

/// The decision for one number of ranks, made ready for look-ups: sorted arrays, no text.
class Decision {
 public:
  using Index = std::uint16_t;  ///< of a Variant; 0 is NCCL

  /// Everything goes to NCCL; `why` is description().
  explicit Decision(std::string why);
  /// Reads the text of a decision.json. `file` is the name in messages, `selector` as in read_decision_json(). Throws
  /// CallError (DECISION_REFUSED) with what differs.
  Decision(const std::string& file, const std::string& text, const std::string& selector, int ranks,
           const MachineKey& here);

  [[nodiscard]] Index find(arbiter_dtype dtype, arbiter_fusion fusion, std::int64_t num_tokens,
                           std::int64_t hidden_size) const;
  [[nodiscard]] const Variant& variant(Index index) const { return variants_[index]; }
  [[nodiscard]] const std::vector<Variant>& variants() const { return variants_; }
  [[nodiscard]] const std::string& description() const { return description_; }
  /// Whether it names a variant other than NCCL for any shape of that dtype and fusion.
  [[nodiscard]] bool uses(arbiter_dtype dtype, arbiter_fusion fusion, Index variant) const;
  /// Equal decisions have equal numbers.
  [[nodiscard]] std::uint64_t fingerprint() const;

 private:
  /// Answers for values up to each `last`, ascending; larger values than the last one were never measured.
  struct Ranges {
    std::vector<std::int64_t> last;
    std::vector<Index> answer;
    void add(std::int64_t up_to, Index index);
    [[nodiscard]] Index find(std::int64_t value) const;
  };
  /// Of one dtype and fusion.
  struct Part {
    Ranges rows;                 ///< by hidden_size: the number of the row plus 1; 0 for those that were never measured
    std::vector<Ranges> of_row;  ///< by num_tokens, or by elements
    bool by_elements = false;
    Ranges flat;   ///< by bytes, for messages without rows
    Ranges steps;  ///< by bytes; instead of all else if there are any
  };

  void read(const DecisionTable& table, int ranks);
  void read(const DecisionGrid& grid, LookUp look_up, Part& part);
  void share_sums();
  void read_strategies(const nlohmann::json& strategies);
  [[nodiscard]] Index index_of(const std::string& name);

  static constexpr std::size_t fusions = 4;
  static constexpr std::size_t dtypes = 3;

  std::string description_;
  std::vector<Variant> defined_;  ///< by the file, in addition to what names mean by themselves
  std::vector<Variant> variants_{Variant{}};
  std::array<std::array<Part, fusions>, dtypes> parts_;
};

[[nodiscard]] std::int64_t bytes_of(arbiter_dtype dtype);
[[nodiscard]] const char* name_of(arbiter_dtype dtype);
/// The fusion's name in a sweep.
[[nodiscard]] const char* name_of(arbiter_fusion fusion);

}  // namespace arbiter::runtime
