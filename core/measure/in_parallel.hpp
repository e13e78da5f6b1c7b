#pragma once

#include <cstdint>
#include <functional>

namespace arbiter {

/// Calls `work(begin, end)` for parts that together are [0, count), on as many threads as this rank may use: its cores,
/// shared with `ranks_on_host` that do the same. Parts are not smaller than `least`; a single part runs here. What a
/// part throws is thrown again when all have ended.
void in_parallel(std::int64_t count, std::int64_t least, int ranks_on_host,
                 const std::function<void(std::int64_t begin, std::int64_t end)>& work);

}  // namespace arbiter
