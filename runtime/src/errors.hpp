// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

#include "arbiter/runtime.h"

namespace arbiter::runtime {

/// A call of the C API that fails: its status, and in words what was found and what is allowed.
class CallError : public std::runtime_error {
 public:
  CallError(arbiter_status status, const std::string& text) : std::runtime_error(text), status_(status) {}
  [[nodiscard]] arbiter_status status() const noexcept { return status_; }

 private:
  arbiter_status status_;
};

}  // namespace arbiter::runtime
