// SPDX-License-Identifier: Apache-2.0
#include "plugin/plugin_host.hpp"

#include <filesystem>
#include <fstream>
#include <string>

#include <gmock/gmock.h>

#include "arbiter/error.hpp"
#include "arbiter/sink.hpp"

namespace arbiter {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

fs::path sample(const std::string& name) { return fs::path(SAMPLES) / (name + ".so"); }

/// The reason why a file is refused.
std::string refusal_of(const fs::path& file) {
  PluginHost host;
  host.load_file(file);
  return host.entries().front().refused;
}

class PluginHostFiles : public ::testing::Test {
 protected:
  void SetUp() override { fs::create_directories(dir_); }
  void TearDown() override { fs::remove_all(dir_); }

  fs::path write(const std::string& name, const std::string& contents) {
    std::ofstream(dir_ / name, std::ios::binary) << contents;
    return dir_ / name;
  }

  fs::path dir_ = fs::temp_directory_path() / ("arbiter_plugin_host_" + std::to_string(::getpid()));
};

TEST(PluginHost, DescribesAPluginWithItsParameters) {
  PluginHost host;
  host.load_file(sample("good"));
  const auto* entry = host.find(PluginKind::sink, "sample");
  ASSERT_NE(entry, nullptr);
  EXPECT_THAT(entry->refused, IsEmpty());
  EXPECT_EQ(entry->version, "1.2");
  EXPECT_EQ(entry->summary, "Writes nothing");
  ASSERT_EQ(entry->parameters.size(), 1U);
  EXPECT_STREQ(entry->parameters[0].name, "columns");
  EXPECT_NE(host.create_as<Sink>(*entry, Parameters(entry->parameters)), nullptr);
}

TEST(PluginHost, ObjectsOutliveTheHost) {
  std::shared_ptr<Plugin> sink;
  {
    PluginHost host;
    host.load_file(sample("good"));
    const auto* entry = host.find(PluginKind::sink, "sample");
    ASSERT_NE(entry, nullptr);
    sink = host.create(*entry, Parameters(entry->parameters));
  }
  sink.reset();  // runs the destructor in the library, which must still be there
}

TEST(PluginHost, RefusesAForeignAbiBeforeAnythingElse) {
  EXPECT_THAT(refusal_of(sample("wrong_abi")), HasSubstr("was built for plugin ABI 4711, this Arbiter has ABI"));
}

TEST(PluginHost, RefusesAPluginThatWasBuiltDifferentlyAndSaysHow) {
  EXPECT_THAT(refusal_of(sample("wrong_build")), HasSubstr("_GLIBCXX_USE_CXX11_ABI is 0, this Arbiter's is 1"));
}

TEST(PluginHost, NamesTheSymbolThatIsMissing) {
  EXPECT_THAT(refusal_of(sample("no_factory")), HasSubstr("no symbol arbiter_plugin_create"));
}

TEST(PluginHost, RefusesADefaultThatDoesNotParse) { EXPECT_THAT(refusal_of(sample("bad_default")), HasSubstr("many")); }

TEST(PluginHost, RefusesACountOfParametersWithoutThem) {
  EXPECT_THAT(refusal_of(sample("no_parameter_list")),
              HasSubstr("has 3 parameters in its descriptor and no list; allowed: up to 1000"));
}

TEST(PluginHost, KeepsTheFirstOfTwoPluginsOfOneName) {
  PluginHost host;
  host.load_file(sample("good"));
  host.load_file(sample("duplicate"));
  EXPECT_EQ(host.find(PluginKind::sink, "sample")->version, "1.2");
  EXPECT_THAT(host.entries().back().refused,
              HasSubstr("the sink sample is already provided by " + sample("good").string()));
}

TEST(PluginHost, LoadsAFileOnce) {
  PluginHost host;
  host.load_file(sample("good"));
  host.load_file(sample("good").parent_path() / "." / "good.so");
  EXPECT_EQ(host.entries().size(), 1U);
}

TEST(PluginHost, ReportsWhatAFactoryThrewAndFromWhichFile) {
  PluginHost host;
  host.load_file(sample("throwing_factory"));
  const auto& entry = host.entries().front();
  ASSERT_THAT(entry.refused, IsEmpty());
  try {
    static_cast<void>(host.create(entry, Parameters()));
    FAIL() << "nothing was thrown";
  } catch (const PluginError& error) {
    EXPECT_THAT(error.what(), HasSubstr(sample("throwing_factory").string()));
    EXPECT_THAT(error.what(), HasSubstr("no licence found"));
  }
}

TEST(PluginHost, ReportsThatAFactoryMadeNothing) {
  PluginHost host;
  host.load_file(sample("empty_factory"));
  EXPECT_THROW(static_cast<void>(host.create(host.entries().front(), Parameters())), PluginError);
}

TEST_F(PluginHostFiles, RefusesATextFile) {
  EXPECT_THAT(refusal_of(write("text.so", "not a library\n")), HasSubstr("no complete shared object"));
}

TEST_F(PluginHostFiles, RefusesAnEmptyFile) {
  EXPECT_THAT(refusal_of(write("empty.so", "")), HasSubstr("no complete shared object"));
}

TEST_F(PluginHostFiles, RefusesATruncatedLibrary) {
  std::ifstream whole(sample("good"), std::ios::binary);
  const std::string contents((std::istreambuf_iterator<char>(whole)), {});
  for (const auto share : {4U, 2U}) {
    const auto file = write("truncated" + std::to_string(share) + ".so", contents.substr(0, contents.size() / share));
    EXPECT_THAT(refusal_of(file), HasSubstr("no complete shared object")) << "1/" << share;
  }
}

TEST_F(PluginHostFiles, RefusesALibraryWhoseSegmentsAreBehindItsEnd) {
  std::ifstream whole(sample("good"), std::ios::binary);
  std::string contents((std::istreambuf_iterator<char>(whole)), {});
  constexpr std::size_t first_segment_at = 64;
  constexpr std::size_t bytes_in_file_at = 32;  // of the segment
  contents[first_segment_at + bytes_in_file_at + 7] = 1;
  EXPECT_THAT(refusal_of(write("segments.so", contents)), HasSubstr("no complete shared object"));
}

TEST_F(PluginHostFiles, RefusesALibraryForAnotherProcessor) {
  std::ifstream whole(sample("good"), std::ios::binary);
  const std::string contents((std::istreambuf_iterator<char>(whole)), {});
  constexpr std::size_t class_at = 4;     // 1: 32 bits
  constexpr std::size_t machine_at = 18;  // 3: x86, 183: AArch64
  auto of_32_bits = contents;
  of_32_bits[class_at] = 1;
  of_32_bits[machine_at] = 3;
  EXPECT_THAT(refusal_of(write("32_bits.so", of_32_bits)), Not(IsEmpty()));
  auto foreign = contents;
  foreign[machine_at] = static_cast<char>(contents[machine_at] == 62 ? 183 : 62);
  EXPECT_THAT(refusal_of(write("foreign.so", foreign)), HasSubstr("cannot be loaded"));
}

TEST_F(PluginHostFiles, ContinuesAfterAFileThatIsNoPlugin) {
  write("a_text.so", "not a library\n");
  fs::copy_file(sample("good"), dir_ / "b_good.so");
  PluginHost host;
  host.load_dir(dir_);
  ASSERT_EQ(host.entries().size(), 2U);
  EXPECT_THAT(host.names(PluginKind::sink), ::testing::ElementsAre("sample"));
}

TEST_F(PluginHostFiles, NamesAFolderThatIsNotThere) {
  PluginHost host;
  try {
    host.load_dir(dir_ / "absent");
    FAIL() << "nothing was thrown";
  } catch (const PluginError& error) {
    EXPECT_THAT(error.what(), HasSubstr((dir_ / "absent").string()));
  }
}

TEST(PluginHost, LoadsEveryBuiltInPlugin) {
  PluginHost host;
  host.load_dir(BUILT_PLUGINS);
  for (const auto& entry : host.entries()) EXPECT_THAT(entry.refused, IsEmpty()) << entry.file;
  EXPECT_NE(host.find(PluginKind::strategy, "ONESHOT", "host"), nullptr);
  EXPECT_NE(host.find(PluginKind::fusion, "RESIDUAL_RMS_NORM"), nullptr);
  EXPECT_NE(host.find(PluginKind::heuristic, "lut"), nullptr);
  EXPECT_NE(host.find(PluginKind::sink, "csv"), nullptr);
}

TEST_F(PluginHostFiles, AreLoadedInTheOrderOfTheirNames) {
  for (const char* name : {"f.so", "a.so", "d.so", "h.so", "b.so", "g.so", "c.so", "e.so"}) write(name, "no library");
  PluginHost host;
  host.load_dir(dir_);
  std::string order;
  for (const auto& entry : host.entries()) order += entry.file.stem().string();
  EXPECT_EQ(order, "abcdefgh");
}

}  // namespace
}  // namespace arbiter
