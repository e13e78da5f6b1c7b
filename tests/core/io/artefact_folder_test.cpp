// SPDX-License-Identifier: Apache-2.0
#include "io/artefact_folder.hpp"

#include <algorithm>

#include <gmock/gmock.h>

#include "support/decisions_data.hpp"
#include "support/temp_dir.hpp"

namespace arbiter::test {

namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const ArtefactOrigin first_data{{"one"}, "d1", "c1"};
const ArtefactOrigin second_data{{"two"}, "d2", "c1"};

class ArtefactFolders : public ::testing::Test {
 protected:
  /// One run: writes files with a text.
  void write(const ArtefactOrigin& origin, const std::vector<std::string>& files, const std::string& text) {
    ArtefactFolder folder(dir_.path(), origin);
    for (const auto& file : files) write_file(dir_.path() / file, text);
    folder.close();
    remark_ = folder.remark();
  }
  [[nodiscard]] std::vector<fs::path> folders_aside() const {
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator(dir_.path())) {
      if (entry.path().filename().string().starts_with("before.")) found.push_back(entry.path());
    }
    std::ranges::sort(found);
    return found;
  }
  [[nodiscard]] std::string text(const std::string& file) const { return read_file(dir_.path() / file); }

  TempDir dir_;
  std::string remark_;  // of the last run
};

}  // namespace

TEST_F(ArtefactFolders, ArtefactsOfTheSameOriginAreReplaced) {
  write(first_data, {"summary.txt", "viz/NONE/a.png"}, "old");
  write(first_data, {"summary.txt"}, "new");
  EXPECT_EQ(remark_, "");
  EXPECT_EQ(text("summary.txt"), "new");
  EXPECT_EQ(text("viz/NONE/a.png"), "old");
  EXPECT_THAT(folders_aside(), IsEmpty());
}

TEST_F(ArtefactFolders, AllArtefactsOfOtherDataAreSetAsideTogetherWithTheirManifest) {
  write(first_data, {"summary.txt"}, "old");
  write(first_data, {"engines/vllm/vllm.py"}, "old");  // the list grows over writes of one origin
  write(second_data, {"summary.txt"}, "new");
  ASSERT_EQ(folders_aside().size(), 1U);
  const fs::path aside = folders_aside().front();
  EXPECT_THAT(remark_, HasSubstr("2 artefacts of other data or of another configuration are now in " +
                                 aside.filename().string()));
  EXPECT_EQ(read_file(aside / "summary.txt"), "old");
  EXPECT_EQ(read_file(aside / "engines/vllm/vllm.py"), "old");
  EXPECT_THAT(read_file(aside / "artefacts.json"), HasSubstr("\"one\""));
  EXPECT_EQ(text("summary.txt"), "new");
  EXPECT_FALSE(fs::exists(dir_.path() / "engines/vllm/vllm.py"));
  EXPECT_THAT(text("artefacts.json"), HasSubstr("\"two\""));
}

TEST_F(ArtefactFolders, AnotherConfigurationIsAnotherOrigin) {
  write(first_data, {"summary.txt"}, "old");
  write({first_data.runs, first_data.data, "c2"}, {"summary.txt"}, "new");
  ASSERT_EQ(folders_aside().size(), 1U);
  EXPECT_EQ(read_file(folders_aside().front() / "summary.txt"), "old");
}

TEST_F(ArtefactFolders, EachTimeHasAFolderOfItsOwn) {
  write(first_data, {"a"}, "1");
  write(second_data, {"a"}, "2");
  write(first_data, {"a"}, "3");
  ASSERT_EQ(folders_aside().size(), 2U);
  std::vector<std::string> texts;
  for (const auto& folder : folders_aside()) texts.push_back(read_file(folder / "a"));
  EXPECT_THAT(texts, ::testing::UnorderedElementsAre("1", "2"));
}

TEST_F(ArtefactFolders, AFileOfNoKnownOriginIsNeverReplacedByOtherContents) {
  dir_.write("summary.txt", "of an Arbiter without manifests");
  dir_.write("regret.csv", "the same");
  dir_.write("notes.txt", "mine");
  write(first_data, {"summary.txt", "regret.csv"}, "the same");
  EXPECT_THAT(remark_, HasSubstr("1 artefact of "));
  ASSERT_EQ(folders_aside().size(), 1U);
  EXPECT_EQ(read_file(folders_aside().front() / "summary.txt"), "of an Arbiter without manifests");
  EXPECT_FALSE(fs::exists(folders_aside().front() / "regret.csv"));
  EXPECT_EQ(text("notes.txt"), "mine");
}

TEST_F(ArtefactFolders, AFileThatARunWritesTwiceIsSetAsideOnce) {
  dir_.write("summary.txt", "before");
  ArtefactFolder folder(dir_.path(), first_data);
  write_file(dir_.path() / "summary.txt", "first");
  write_file(dir_.path() / "summary.txt", "second");
  ASSERT_EQ(folders_aside().size(), 1U);
  EXPECT_EQ(read_file(folders_aside().front() / "summary.txt"), "before");
}

TEST_F(ArtefactFolders, MeasurementsAreNoArtefacts) {
  const std::vector<std::string> measurements = {"benchmark.tp2.sm90.csv", "machine_probe.tp2.sm90.csv",
                                                 "run.one.json"};
  write(first_data, measurements, "rows");
  EXPECT_FALSE(fs::exists(dir_.path() / "artefacts.json"));
  write(first_data, {"viz/NONE/benchmark.tp2.sm90_heatmap.png"}, "picture");
  write(second_data, measurements, "other rows");
  EXPECT_EQ(text("run.one.json"), "other rows");
  ASSERT_EQ(folders_aside().size(), 1U);
  EXPECT_TRUE(fs::exists(folders_aside().front() / "viz/NONE/benchmark.tp2.sm90_heatmap.png"));
  EXPECT_FALSE(fs::exists(folders_aside().front() / "run.one.json"));
}

TEST_F(ArtefactFolders, FilesElsewhereAreNotTouched) {
  const TempDir elsewhere;
  elsewhere.write("summary.txt", "theirs");
  ArtefactFolder folder(dir_.path(), first_data);
  write_file(elsewhere.path() / "summary.txt", "new");
  folder.close();
  EXPECT_EQ(read_file(elsewhere.path() / "summary.txt"), "new");
  EXPECT_THAT(folders_aside(), IsEmpty());
}

TEST_F(ArtefactFolders, AManifestLeadsNowhereElseAndABrokenOneListsNothing) {
  const TempDir outside;
  const auto theirs = outside.write("theirs", "precious");
  const auto escape = theirs.lexically_relative(dir_.path()).string();
  dir_.write("artefacts.json", R"({"format": "arbiter-artefacts", "schema": 1, "origin": {}, "files": [")" + escape +
                                   R"(", ")" + theirs.string() + R"(", 7, "absent"]})");
  write(first_data, {"a"}, "1");
  EXPECT_EQ(remark_, "");
  EXPECT_EQ(read_file(theirs), "precious");
  dir_.write("artefacts.json", "{");
  write(first_data, {"a"}, "2");
  EXPECT_EQ(text("a"), "2");
  const auto aside = folders_aside();
  EXPECT_TRUE(std::ranges::any_of(aside, [](const auto& folder) {
    return fs::exists(folder / "a") && read_file(folder / "a") == "1" && read_file(folder / "artefacts.json") == "{";
  }));
}

TEST_F(ArtefactFolders, OtherManifestsInTheFolderAreIndependent) {
  write(first_data, {"summary.txt"}, "sweep");
  ArtefactFolder folder(dir_.path(), second_data, "diff.artefacts.json");
  write_file(dir_.path() / "diff.txt", "diff");
  folder.close();
  EXPECT_EQ(text("summary.txt"), "sweep");
  EXPECT_THAT(folders_aside(), IsEmpty());
}

TEST(RowsHash, DependsOnTheRowsAndNotOnTheirOrder) {
  const auto dataset_of = [](const std::vector<Measurement>& rows) {
    Dataset dataset;
    for (const auto& row : rows) dataset.add(row);
    return dataset;
  };
  Measurement first = decision_row(cell_of(128, 1), "A", 5.0);
  Measurement second = decision_row(cell_of(128, 2), "A", 5.0);
  first.run_id = "b";
  second.run_id = "a";
  const auto hash = rows_hash(dataset_of({first, second}));
  EXPECT_EQ(rows_hash(dataset_of({second, first})), hash);
  EXPECT_THAT(run_ids(dataset_of({first, second, first})), ElementsAre("a", "b"));
  Measurement slower = second;
  slower.time_us = 5.001;
  EXPECT_NE(rows_hash(dataset_of({first, slower})), hash);
  Measurement other_run = second;
  other_run.run_id = "c";
  EXPECT_NE(rows_hash(dataset_of({first, other_run})), hash);
}

}  // namespace arbiter::test
