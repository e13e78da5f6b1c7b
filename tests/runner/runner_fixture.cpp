// SPDX-License-Identifier: Apache-2.0
#include "runner/runner_fixture.hpp"

namespace arbiter::testing {

namespace fs = std::filesystem;

fs::path RunnerFixture::small_sweep(const std::string& extra) const {
  return write("sweep.yaml",
               "backend: host\n"
               "problems:\n"
               "  tp_size: [2, 3]\n"
               "  dtype: bfloat16\n"
               "  fusion: [NONE, RESIDUAL_RMS_NORM]\n"
               "  hidden_size: [64, 100]\n"
               "  num_tokens: [1, 8]\n"
               "measurement: {time_target_ms: 5, min_samples: 3, min_sample_us: 20}\n"
               "output_dir: " +
                   out().string() + "\n" + extra);
}

fs::path RunnerFixture::long_sweep() const {
  return write("long.yaml",
               "backend: host\n"
               "problems:\n"
               "  tp_size: [3]\n"
               "  fusion: [NONE]\n"
               "  hidden_size: [1024]\n"
               "  num_tokens: {from: 1, to: 1000, step: 1}\n"
               "measurement: {time_target_ms: 50, precision_percent: 0.01}\n"
               "output_dir: " +
                   out().string() + "\n");
}

Finished RunnerFixture::runner(std::vector<std::string> arguments, const std::vector<std::string>& environment) {
  arguments.insert(arguments.begin(), RUNNER);
  return run(arguments, environment);
}

std::string RunnerFixture::own_shared_memory() const {
  fs::create_directories(dir_ / "shm");
  return "OMPI_MCA_btl_vader_backing_directory=" + (dir_ / "shm").string();
}

std::vector<std::string> RunnerFixture::left_in_shared_memory() const {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(dir_ / "shm")) names.push_back(entry.path().filename().string());
  for (const auto& entry : fs::directory_iterator("/dev/shm")) {
    const auto name = entry.path().filename().string();
    if (name.starts_with("arbiter-")) names.push_back(name);
  }
  return names;
}

}  // namespace arbiter::testing
