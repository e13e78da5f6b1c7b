#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace arbiter {

/// "{2: 64, 4: (0, 8)}": a Python dict by tp size; the values are Python texts.
[[nodiscard]] std::string python_dict(const std::map<int, std::string>& entries);

/// `bytes` in MiB, exactly: "64", "0.5". Python reads the same number back.
[[nodiscard]] std::string mib_text(std::int64_t bytes);

}  // namespace arbiter
