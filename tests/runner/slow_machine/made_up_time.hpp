// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace arbiter::testing {

/// What an operation seems to take on the slow machine: the backend asks each operation for it.
class MadeUpTime {
 public:
  virtual ~MadeUpTime() = default;
  [[nodiscard]] virtual double us() const = 0;
};

}  // namespace arbiter::testing
