// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "arbiter/heuristic.hpp"

namespace arbiter {

/// A thresholds file is YAML (or JSON) with the pair of each tp size:
///     2: {NCCL_num_token_threshold: 4096, TWO_SHOT_numel_threshold: 16777216}
///     4: {NCCL_num_token_threshold: 4096, TWO_SHOT_numel_threshold: never}
/// NCCL from NCCL_num_token_threshold tokens on, else TWOSHOT from TWO_SHOT_numel_threshold elements (num_tokens x
/// hidden_size) on, else ONESHOT, whatever the fusion and the dtype; `never` takes a strategy out. NCCL for other tp
/// sizes. The selector has no table(), because the rule asks for tokens and for elements.
[[nodiscard]] bool holds_thresholds(const std::string& text);
/// `file` is for messages. Throws DataError: file:line: key: found, allowed.
[[nodiscard]] std::shared_ptr<const Selector> read_thresholds(const std::string& file, const std::string& text,
                                                              const std::string& name);

}  // namespace arbiter
