// SPDX-License-Identifier: Apache-2.0
#include "rank_main.hpp"

#include <cstdio>
#include <iostream>

#include "arbiter/error.hpp"
#include "as_rank.hpp"
#include "comm/rank_environment.hpp"
#include "options.hpp"

int arbiter_rank_main(int argc, char** argv) {
  const int code = arbiter::exit_code_of([&] {
    if (!arbiter::started_as_rank()) {
      throw arbiter::ConfigError("arbiter.rank is started by the runner; start that, as in runner --config sweep.yaml");
    }
    return arbiter::run_as_rank(arbiter::parse_options(argc, argv));
  });
  // The interpreter ends without the C library's own exit.
  std::cout.flush();
  std::cerr.flush();
  std::fflush(nullptr);
  return code;
}
