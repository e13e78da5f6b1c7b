#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "arbiter/csv.hpp"
#include "support/process.hpp"

namespace arbiter::testing {

/// A folder of its own for each test, and the real runner.
class RunnerFixture : public ::testing::Test {
 protected:
  RunnerFixture();
  ~RunnerFixture() override;

  /// Writes a file into the test's folder.
  std::filesystem::path write(const std::string& name, const std::string& contents) const;
  /// A sweep that is over in a moment, with `extra` appended; its results go to out().
  [[nodiscard]] std::filesystem::path small_sweep(const std::string& extra = "") const;
  /// A sweep that takes minutes.
  [[nodiscard]] std::filesystem::path long_sweep() const;
  [[nodiscard]] std::filesystem::path out() const { return dir_ / "out"; }
  [[nodiscard]] static Finished runner(std::vector<std::string> arguments,
                                       const std::vector<std::string>& environment = {});
  /// Has Open MPI keep its shared memory in a folder of the test's own: other runs on the machine have theirs in
  /// /dev/shm.
  [[nodiscard]] std::string own_shared_memory() const;
  /// What a run with own_shared_memory() left behind.
  [[nodiscard]] std::vector<std::string> left_in_shared_memory() const;

  std::filesystem::path dir_;
};

}  // namespace arbiter::testing
