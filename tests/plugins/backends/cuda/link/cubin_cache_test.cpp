// SPDX-License-Identifier: Apache-2.0
#include "link/cubin_cache.hpp"

#include <fstream>

#include <gmock/gmock.h>

#include "arbiter/error.hpp"
#include "arbiter/files.hpp"
#include "device_code/incomplete.hpp"
#include "sample_parts.hpp"
#include "support/temp_dir.hpp"

namespace arbiter::cuda {
namespace {

namespace fs = std::filesystem;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class CubinCacheTest : public ::testing::Test {
 protected:
  /// What one more process would get; counts what it did.
  LinkedCode link(const std::string& entry = "sample_2", int sm_version = 90, const std::string& suffix = "") {
    CubinCache cache(folder(), [this](const std::string& message) { warnings_.push_back(message); });
    LinkedCode code = cache.link(sample_parts(), entry, sm_version, suffix);
    linked_ += cache.linked();
    found_ += cache.found();
    return code;
  }
  [[nodiscard]] fs::path folder() const { return dir_.path() / "made" / "here"; }
  [[nodiscard]] fs::path only_file() const {
    const auto files = files_of(folder());
    EXPECT_THAT(files, SizeIs(1));
    return files.at(0);
  }

  test::TempDir dir_;
  std::vector<std::string> warnings_;
  int linked_ = 0;
  int found_ = 0;
};

TEST_F(CubinCacheTest, GivesTheSameWithoutLinkingAgain) {
  const LinkedCode made = link();
  EXPECT_EQ(linked_, 1);
  const LinkedCode found = link();
  EXPECT_EQ(linked_, 1);
  EXPECT_EQ(found_, 1);
  EXPECT_EQ(made.cubin, found.cubin);
  EXPECT_EQ(made.log, found.log);
  ASSERT_NE(found.kernel("sample_2"), nullptr);
  EXPECT_EQ(made.kernel("sample_2")->registers, found.kernel("sample_2")->registers);
  EXPECT_THAT(warnings_, IsEmpty());
}

TEST_F(CubinCacheTest, TellsApartWhateverDecidesTheResult) {
  static_cast<void>(link("sample_2", 90));
  static_cast<void>(link("sample_8", 90));
  static_cast<void>(link("sample_2", 80));
  static_cast<void>(link("sample_2", 90, "a"));
  CubinCache cache(folder());
  const std::array other = {strategy_code(DType::float16), epilogue_code(DType::float16)};
  static_cast<void>(cache.link(other, "sample_2", 90));
  EXPECT_EQ(linked_ + cache.linked(), 5);
  EXPECT_EQ(found_ + cache.found(), 0);
  EXPECT_THAT(files_of(folder()), SizeIs(5));
}

TEST_F(CubinCacheTest, KeepsNothingOfALinkThatFails) {
  CubinCache cache(folder());
  const std::array parts = {strategy_code(DType::bfloat16), incomplete_code(DType::bfloat16)};
  EXPECT_THROW(static_cast<void>(cache.link(parts, "sample_2", 90)), Error);
  EXPECT_THAT(files_of(folder()), IsEmpty());
}

TEST_F(CubinCacheTest, RebuildsAnEntryWithAnyByteChanged) {
  const LinkedCode made = link();
  const fs::path file = only_file();
  const std::string whole = read_file(file);
  const std::size_t places[] = {0, 8, 16, 24, 32, 40, 60, whole.size() / 2, whole.size() - 1};
  int rebuilt = 0;
  for (const std::size_t place : places) {
    std::string damaged = whole;
    damaged[place] = static_cast<char>(damaged[place] ^ 1);
    std::ofstream(file, std::ios::binary) << damaged;
    EXPECT_EQ(link().cubin, made.cubin) << "byte " << place;
    EXPECT_EQ(linked_, 1 + ++rebuilt) << "byte " << place;
    static_cast<void>(link());
    EXPECT_EQ(found_, rebuilt) << "byte " << place;
  }
}

TEST_F(CubinCacheTest, RebuildsAnEntryThatIsCutOffOrTooLong) {
  const LinkedCode made = link();
  const fs::path file = only_file();
  const std::string whole = read_file(file);
  int rebuilt = 0;
  for (const std::size_t size : {std::size_t{0}, std::size_t{7}, std::size_t{47}, std::size_t{48}, whole.size() - 1}) {
    std::ofstream(file, std::ios::binary) << whole.substr(0, size);
    EXPECT_EQ(link().cubin, made.cubin) << size << " bytes";
    EXPECT_EQ(linked_, 1 + ++rebuilt) << size << " bytes";
  }
  std::ofstream(file, std::ios::binary) << whole << '\0';
  EXPECT_EQ(link().cubin, made.cubin);
  EXPECT_EQ(linked_, 2 + rebuilt);
}

TEST_F(CubinCacheTest, RebuildsAnEntryThatBelongsToAnotherKey) {
  const LinkedCode made = link("sample_2");
  const fs::path file = only_file();
  fs::rename(file, dir_.path() / "kept");
  static_cast<void>(link("sample_8"));
  fs::rename(only_file(), file);
  EXPECT_EQ(link("sample_2").cubin, made.cubin);
  EXPECT_EQ(linked_, 3);
}

TEST_F(CubinCacheTest, WithoutAFolderLinksEveryTime) {
  CubinCache cache(fs::path{});
  EXPECT_EQ(cache.link(sample_parts(), "sample_2", 90).cubin, cache.link(sample_parts(), "sample_2", 90).cubin);
  EXPECT_EQ(cache.linked(), 2);
}

}  // namespace
}  // namespace arbiter::cuda
