#include "measure/in_parallel.hpp"

#include <algorithm>
#include <exception>
#include <thread>
#include <vector>

#include "comm/rank_environment.hpp"

namespace arbiter {

void in_parallel(std::int64_t count, std::int64_t least, int ranks_on_host,
                 const std::function<void(std::int64_t, std::int64_t)>& work) {
  constexpr int most_threads = 32;
  const int share = std::clamp(usable_cores() / std::max(1, ranks_on_host), 1, most_threads);
  const auto parts = std::clamp<std::int64_t>(count / std::max<std::int64_t>(1, least), 1, share);
  if (parts == 1) return work(0, count);
  std::vector<std::exception_ptr> failures(static_cast<std::size_t>(parts));
  std::vector<std::thread> threads;
  const auto run = [&](std::int64_t part) {
    try {
      work(count * part / parts, count * (part + 1) / parts);
    } catch (...) {
      failures[static_cast<std::size_t>(part)] = std::current_exception();
    }
  };
  for (std::int64_t part = 1; part < parts; ++part) threads.emplace_back(run, part);
  run(0);
  for (auto& thread : threads) thread.join();
  for (const auto& failure : failures) {
    if (failure) std::rethrow_exception(failure);
  }
}

}  // namespace arbiter
