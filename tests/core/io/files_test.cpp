// SPDX-License-Identifier: Apache-2.0
#include "arbiter/files.hpp"

#include <cerrno>
#include <csignal>
#include <stdexcept>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <sys/resource.h>

#include "arbiter/error.hpp"
#include "io/set_aside.hpp"
#include "support/temp_dir.hpp"

namespace arbiter::test {

namespace {

/// No file of this process can grow beyond `bytes` while it lives: writes become short, then fail.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : old_handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &old_);
    const rlimit limit{bytes, old_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &old_);
    static_cast<void>(std::signal(SIGXFSZ, old_handler_));
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit old_{};
  void (*old_handler_)(int);
};

}  // namespace

TEST(LineFile, CutsBackToWholeLinesWhenALineDoesNotFit) {
  const TempDir dir;
  LineFile file(dir.path() / "lines");
  file.append("whole");
  {
    const FileSizeLimit limit(10);
    EXPECT_THROW(file.append("too long for it"), SystemError);
    EXPECT_EQ(read_file(file.file()), "whole\n");
    EXPECT_THROW(file.append("still too long"), SystemError);
    file.append("fit");
  }
  file.append("and on");
  EXPECT_EQ(read_file(file.file()), "whole\nfit\nand on\n");
}

TEST(LineFile, NamesTheFileWhenTheDiskIsFull) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
  LineFile file("/dev/full");
  try {
    file.append("line");
    FAIL() << "written";
  } catch (const SystemError& error) {
    EXPECT_STREQ(error.what(), "cannot write /dev/full: No space left on device");
  }
  EXPECT_TRUE(std::filesystem::exists("/dev/full"));
}

TEST(LineFile, ContinuesAFileFromTheFirstLineThatItHasNot) {
  const TempDir dir;
  const auto path = dir.path() / "lines";
  const auto write = [&](LineFile::Earlier earlier, const std::vector<std::string>& lines) {
    LineFile file(path, earlier);
    for (const auto& line : lines) file.append(line);
    return read_file(path);
  };
  using enum LineFile::Earlier;
  EXPECT_EQ(write(continues, {"a", "b"}), "a\nb\n");
  EXPECT_EQ(write(continues, {"a", "b", "c"}), "a\nb\nc\n");
  EXPECT_EQ(write(continues, {"a", "other", "b"}), "a\nother\nb\n") << "what differs is written anew";
  EXPECT_FALSE(std::filesystem::exists(path.string() + ".1"));
  write_file(path, "a\nhal");
  EXPECT_EQ(write(continues, {"a", "half"}), "a\nhalf\n");
  EXPECT_EQ(write(is_set_aside, {"a"}), "a\n");
  EXPECT_TRUE(std::filesystem::exists(path.string() + ".1"));
}

TEST(LineFile, RefusesAFolderAndAnUnusableParent) {
  const TempDir dir;
  EXPECT_THROW(LineFile(dir.path()), SystemError);
  const auto plain = dir.write("plain", "");
  EXPECT_THROW(LineFile(plain / "below"), SystemError);
}

TEST(FileWatcher, IsToldBeforeAFileIsWrittenAndCanPreventIt) {
  struct Watcher : FileWatcher {
    void before_write(const std::filesystem::path& file, const std::function<bool()>& is_same) override {
      seen.push_back(file.filename().string() + (std::filesystem::exists(file) ? " again" : "") +
                     (is_same() ? ", the same" : ""));
      if (file.filename() == "forbidden") throw SystemError("write it", EACCES);
    }
    std::vector<std::string> seen;
  };
  const TempDir dir;
  const auto in_parts = [](const WritePart& write) {
    write("2");
    write("3");
  };
  {
    Watcher watcher;
    EXPECT_THROW(Watcher(), std::logic_error) << "one at a time";
    write_file(dir.path() / "a", "1");
    write_file(dir.path() / "a", "22");
    write_file(dir.path() / "a", in_parts);
    write_file(dir.path() / "a", in_parts);
    write_file(dir.path() / "a", "23");
    EXPECT_THROW(write_file(dir.path() / "forbidden", "1"), SystemError);
    EXPECT_THROW(write_file(dir.path() / "forbidden", in_parts), SystemError);
    EXPECT_THAT(watcher.seen, ::testing::ElementsAre("a", "a again", "a again", "a again, the same",
                                                     "a again, the same", "forbidden", "forbidden"));
  }
  EXPECT_EQ(read_file(dir.path() / "a"), "23");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(dir.path()), {}), 1)
      << "what is forbidden leaves nothing";
  write_file(dir.path() / "forbidden", "1");
  EXPECT_TRUE(std::filesystem::exists(dir.path() / "forbidden"));
}

TEST(WriteFile, InPartsThatBreaksOffLeavesTheEarlierFile) {
  const TempDir dir;
  write_file(dir.path() / "a", "whole");
  EXPECT_THROW(write_file(dir.path() / "a",
                          [](const WritePart& write) {
                            write("half");
                            throw SystemError("make the rest", EIO);
                          }),
               SystemError);
  EXPECT_EQ(read_file(dir.path() / "a"), "whole");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(dir.path()), {}), 1);
}

TEST(SetAside, ReturnsTheNewNameOrNothing) {
  const TempDir dir;
  EXPECT_EQ(set_aside(dir.path() / "none"), std::filesystem::path());
  const auto file = dir.write("file", "text");
  EXPECT_EQ(set_aside(file), dir.path() / "file.1");
  EXPECT_FALSE(std::filesystem::exists(file));
}

TEST(LineFile, ThatIsContinuedWithItsOwnLinesStaysAsItIs) {
  const TempDir dir;
  const auto file = dir.write("a.csv", "head\none\ntwo\n");
  {
    LineFile lines(file, LineFile::Earlier::continues);
    for (const char* line : {"head", "one", "two"}) {
      lines.append(line);
      EXPECT_EQ(read_file(file), "head\none\ntwo\n") << line;
    }
    lines.append("three");
    lines.append("one");
  }
  EXPECT_EQ(read_file(file), "head\none\ntwo\nthree\none\n");
}

}  // namespace arbiter::test
