#pragma once

namespace arbiter {

/// configs/seed.yaml at build time.
extern const char* const builtin_text;

}  // namespace arbiter
