// SPDX-License-Identifier: Apache-2.0
#include "arbiter/host/host_memory.hpp"

#include <filesystem>
#include <string>

#include <gtest/gtest.h>
#include <unistd.h>

#include "arbiter/files.hpp"

namespace {

using arbiter::free_host_memory;

/// A root folder with the files of /proc and /sys that matter.
class HostMemory : public ::testing::Test {
 protected:
  HostMemory() : root_(std::filesystem::temp_directory_path() / ("arbiter_host_memory_" + std::to_string(getpid()))) {
    std::filesystem::remove_all(root_);
    put("proc/meminfo", "MemTotal:  2000 kB\nMemFree:  10 kB\nMemAvailable:  1000 kB\n");
  }
  ~HostMemory() override { std::filesystem::remove_all(root_); }

  void put(const std::string& file, const std::string& text) { arbiter::write_file(root_ / file, text); }

  std::filesystem::path root_;
};

TEST_F(HostMemory, IsWhatTheKernelCallsAvailableWhereNoGroupIsTighter) {
  EXPECT_EQ(free_host_memory(root_), 1000 * 1024);
  put("proc/self/cgroup", "0::/a\n");
  put("sys/fs/cgroup/a/memory.max", "max\n");
  put("sys/fs/cgroup/a/memory.current", "5\n");
  EXPECT_EQ(free_host_memory(root_), 1000 * 1024);
}

TEST_F(HostMemory, CountsTheGroupOfVersion2AndItsFileCache) {
  put("proc/self/cgroup", "0::/a/b\n");
  put("sys/fs/cgroup/a/b/memory.max", "100000\n");
  put("sys/fs/cgroup/a/b/memory.current", "60000\n");
  put("sys/fs/cgroup/a/b/memory.stat", "anon 1\nfile 30000\ninactive_file 20000\nactive_file 5\n");
  EXPECT_EQ(free_host_memory(root_), 60000);
}

TEST_F(HostMemory, CountsTheGroupsAround) {
  put("proc/self/cgroup", "0::/a/b\n");
  put("sys/fs/cgroup/a/b/memory.max", "100000\n");
  put("sys/fs/cgroup/a/b/memory.current", "0\n");
  put("sys/fs/cgroup/a/memory.max", "70000\n");
  put("sys/fs/cgroup/a/memory.current", "65000\n");
  EXPECT_EQ(free_host_memory(root_), 5000);
}

TEST_F(HostMemory, CountsTheMountItselfWhereTheGroupsPathIsTheHosts) {
  put("proc/self/cgroup", "0::/of/the/host\n");
  put("sys/fs/cgroup/memory.max", "3000\n");
  put("sys/fs/cgroup/memory.current", "1000\n");
  EXPECT_EQ(free_host_memory(root_), 2000);
}

TEST_F(HostMemory, CountsTheGroupOfVersion1) {
  put("proc/self/cgroup", "5:cpu,cpuacct:/x\n4:memory:/x\n0::/\n");
  put("sys/fs/cgroup/memory/x/memory.limit_in_bytes", "9000\n");
  put("sys/fs/cgroup/memory/x/memory.usage_in_bytes", "5000\n");
  put("sys/fs/cgroup/memory/x/memory.stat", "inactive_file 7\ntotal_inactive_file 1000\n");
  EXPECT_EQ(free_host_memory(root_), 5000);
}

TEST_F(HostMemory, IsNothingAndNotLessWhereAGroupIsOverItsLimit) {
  put("proc/self/cgroup", "0::/\n");
  put("sys/fs/cgroup/memory.max", "3000\n");
  put("sys/fs/cgroup/memory.current", "4000\n");
  EXPECT_EQ(free_host_memory(root_), 0);
}

}  // namespace
