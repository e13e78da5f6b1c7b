// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "arbiter/csv.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"

namespace arbiter::testing {

/// A separate folder for each test, and the real runner.
class RunnerFixture : public ::testing::Test {
 private:
  test::TempDir folder_;

 protected:
  /// Writes a file into the test's folder.
  std::filesystem::path write(const std::string& name, const std::string& contents) const {
    return folder_.write(name, contents);
  }
  /// A sweep that takes a moment, with `extra` appended; its results go to out().
  [[nodiscard]] std::filesystem::path small_sweep(const std::string& extra = "") const;
  /// A sweep that takes minutes.
  [[nodiscard]] std::filesystem::path long_sweep() const;
  [[nodiscard]] std::filesystem::path out() const { return dir_ / "out"; }
  [[nodiscard]] static Finished runner(std::vector<std::string> arguments,
                                       const std::vector<std::string>& environment = {});
  /// Makes Open MPI keep its shared memory in the test's folder: other runs on the machine use /dev/shm.
  [[nodiscard]] std::string own_shared_memory() const;
  /// The shared memory that a run with own_shared_memory() did not remove.
  [[nodiscard]] std::vector<std::string> left_in_shared_memory() const;

  const std::filesystem::path dir_ = folder_.path();
};

}  // namespace arbiter::testing
