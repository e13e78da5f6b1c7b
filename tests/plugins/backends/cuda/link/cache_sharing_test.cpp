// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "link/cubin_cache.hpp"
#include "sample_parts.hpp"
#include "support/temp_dir.hpp"

namespace arbiter::cuda {
namespace {

using ::testing::SizeIs;

/// Runs `work` in that many processes at once; how many of them returned true.
template <class Work>
int in_processes(int count, Work work) {
  std::vector<::pid_t> children;
  for (int i = 0; i < count; ++i) {
    const ::pid_t child = ::fork();
    if (child == 0) ::_exit(work(i) ? 0 : 1);
    children.push_back(child);
  }
  int good = 0;
  for (const ::pid_t child : children) {
    int status = -1;
    if (::waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0) ++good;
  }
  return good;
}

TEST(CacheSharing, ProcessesThatLinkAtOnceLeaveOneWholeEntry) {
  const test::TempDir dir;
  const int good = in_processes(4, [&](int) {
    CubinCache cache(dir.path() / "cache");
    return !cache.link(sample_parts(), "sample_2", 90).cubin.empty();
  });
  EXPECT_EQ(good, 4);
  EXPECT_THAT(files_of(dir.path() / "cache"), SizeIs(1));
  CubinCache cache(dir.path() / "cache");
  EXPECT_NE(cache.link(sample_parts(), "sample_2", 90).kernel("sample_2"), nullptr);
  EXPECT_EQ(cache.found(), 1);
}

TEST(CacheSharing, AReaderSeesAWholeFileOrNoneWhileOthersReplaceIt) {
  const test::TempDir dir;
  constexpr std::size_t size = 200'000;
  constexpr int writers = 3;
  const int good = in_processes(writers + 2, [&](int process) {
    const CacheFolder folder(dir.path());
    const std::vector<std::byte> mine(size, static_cast<std::byte>(process));
    for (int i = 0; i < 200; ++i) {
      if (process < writers) {
        folder.write("entry", mine);
      } else if (const auto seen = folder.read("entry")) {
        if (seen->size() != size || *seen != std::vector<std::byte>(size, seen->front())) return false;
      }
    }
    return true;
  });
  EXPECT_EQ(good, writers + 2);
  EXPECT_THAT(files_of(dir.path()), SizeIs(1));
}

TEST(CacheSharing, AFullDiskCostsOneWarningAndLeavesNothing) {
  const test::TempDir dir;
  const int good = in_processes(1, [&](int) {
    // A file that may not grow fails as a full disk does, once the signal is out of the way.
    ::signal(SIGXFSZ, SIG_IGN);
    const ::rlimit limit{4096, 4096};
    if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return false;
    int warnings = 0;
    CubinCache cache(dir.path(), [&](const std::string&) { ++warnings; });
    const bool same =
        cache.link(sample_parts(), "sample_2", 90).cubin == cache.link(sample_parts(), "sample_2", 90).cubin;
    return same && warnings == 1 && cache.linked() == 2;
  });
  EXPECT_EQ(good, 1);
  EXPECT_THAT(files_of(dir.path()), SizeIs(0));
}

}  // namespace
}  // namespace arbiter::cuda
