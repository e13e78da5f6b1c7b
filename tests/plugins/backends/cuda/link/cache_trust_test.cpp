// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arbiter/files.hpp"
#include "link/cubin_cache.hpp"
#include "sample_parts.hpp"
#include "support/temp_dir.hpp"

namespace arbiter::cuda {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class CacheTrustTest : public ::testing::Test {
 protected:
  /// Links twice with one cache, as a run does.
  void link_twice(const fs::path& folder) {
    CubinCache cache(folder, [this](const std::string& message) { warnings_.push_back(message); });
    EXPECT_EQ(cache.link(sample_parts(), "sample_2", 90).cubin, cache.link(sample_parts(), "sample_2", 90).cubin);
    linked_ = cache.linked();
  }

  test::TempDir dir_;
  std::vector<std::string> warnings_;
  int linked_ = 0;
};

TEST_F(CacheTrustTest, AFolderThatItMakesIsItsUsersAlone) {
  const ::mode_t before = ::umask(0);
  link_twice(dir_.path() / "a" / "b");
  ::umask(before);
  EXPECT_EQ(linked_, 1);
  EXPECT_EQ(fs::status(dir_.path() / "a").permissions(), fs::perms::owner_all);
  EXPECT_EQ(fs::status(dir_.path() / "a" / "b").permissions(), fs::perms::owner_all);
  EXPECT_EQ(fs::status(files_of(dir_.path() / "a" / "b").at(0)).permissions(),
            fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(CacheTrustTest, AFolderThatOthersMayWriteToIsNotUsed) {
  for (const ::mode_t mode : {0777U, 0770U, 01777U}) {
    warnings_.clear();
    ASSERT_EQ(::chmod(dir_.path().c_str(), mode), 0);
    link_twice(dir_.path());
    EXPECT_EQ(linked_, 2);
    EXPECT_THAT(warnings_, ElementsAre(HasSubstr("writable by that user only")));
    EXPECT_THAT(files_of(dir_.path()), IsEmpty());
  }
}

TEST_F(CacheTrustTest, AFileThatOthersMayWriteToIsReplaced) {
  link_twice(dir_.path());
  ASSERT_EQ(linked_, 1);
  const fs::path file = files_of(dir_.path()).at(0);
  ASSERT_EQ(::chmod(file.c_str(), 0666), 0);
  link_twice(dir_.path());
  EXPECT_EQ(linked_, 1);
  EXPECT_EQ(fs::status(file).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  link_twice(dir_.path());
  EXPECT_EQ(linked_, 0);
}

TEST_F(CacheTrustTest, ALinkOrAPipeInPlaceOfAFileIsReplaced) {
  link_twice(dir_.path());
  const fs::path file = files_of(dir_.path()).at(0);
  fs::create_directory(dir_.path() / "elsewhere");
  fs::rename(file, dir_.path() / "elsewhere" / "entry");
  fs::create_symlink(dir_.path() / "elsewhere" / "entry", file);
  link_twice(dir_.path());
  EXPECT_EQ(linked_, 1);
  EXPECT_FALSE(fs::is_symlink(file));
  fs::remove(file);
  ASSERT_EQ(::mkfifo(file.c_str(), 0600), 0);
  link_twice(dir_.path());
  EXPECT_EQ(linked_, 1);
  EXPECT_TRUE(fs::is_regular_file(file));
  EXPECT_THAT(warnings_, IsEmpty());
}

TEST_F(CacheTrustTest, AnEntryThatCannotBeReplacedCostsOneWarning) {
  link_twice(dir_.path());
  const fs::path file = files_of(dir_.path()).at(0);
  fs::remove(file);
  fs::create_directories(file / "full");
  link_twice(dir_.path());
  EXPECT_EQ(linked_, 2);
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr(file.filename().string())));
  EXPECT_THAT(files_of(dir_.path()), SizeIs(1)) << "nothing is left beside it";
}

TEST_F(CacheTrustTest, AFolderThatCannotBeMadeCostsOneWarning) {
  const fs::path file = dir_.write("file", "");
  link_twice(file / "below");
  EXPECT_EQ(linked_, 2);
  EXPECT_THAT(warnings_, SizeIs(1));
  link_twice(file);
  EXPECT_EQ(linked_, 2);
  EXPECT_THAT(warnings_, SizeIs(2));
}

TEST_F(CacheTrustTest, AFolderThatCannotBeWrittenToCostsOneWarning) {
  if (::geteuid() == 0) {
    // Nothing refuses root but file systems of the kernel's own.
    link_twice("/proc/self");
  } else {
    ASSERT_EQ(::chmod(dir_.path().c_str(), 0500), 0);
    link_twice(dir_.path());
  }
  EXPECT_EQ(linked_, 2);
  EXPECT_THAT(warnings_, SizeIs(1));
}

class CacheFolderName : public ::testing::Test {
 protected:
  CacheFolderName() {
    for (const char* name : {"ARBITER_CACHE_DIR", "XDG_CACHE_HOME", "HOME"}) ::unsetenv(name);
  }
};

TEST_F(CacheFolderName, IsTheFirstThatTheEnvironmentNames) {
  EXPECT_EQ(default_cache_folder(), "");
  ::setenv("HOME", "/home/someone", 1);
  EXPECT_EQ(default_cache_folder(), "/home/someone/.cache/arbiter");
  ::setenv("XDG_CACHE_HOME", "relative", 1);
  EXPECT_EQ(default_cache_folder(), "/home/someone/.cache/arbiter");
  ::setenv("XDG_CACHE_HOME", "/xdg", 1);
  EXPECT_EQ(default_cache_folder(), "/xdg/arbiter");
  ::setenv("ARBITER_CACHE_DIR", "", 1);
  EXPECT_EQ(default_cache_folder(), "/xdg/arbiter");
  ::setenv("ARBITER_CACHE_DIR", "/own", 1);
  EXPECT_EQ(default_cache_folder(), "/own");
}

}  // namespace
}  // namespace arbiter::cuda
