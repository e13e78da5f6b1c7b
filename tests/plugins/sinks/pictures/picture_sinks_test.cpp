// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <ostream>
#include <regex>
#include <set>

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "arbiter/files.hpp"
#include "arbiter/plots.hpp"
#include "arbiter/sink.hpp"
#include "plugin/plugin_host.hpp"
#include "support/pictures_data.hpp"
#include "support/pictures_environment.hpp"

namespace arbiter::test {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

struct SinkCase {
  std::string name;
  std::string suffix;
};

void PrintTo(const SinkCase& sink, std::ostream* out) { *out << sink.name; }

/// Both tp sizes in the fusion NONE, and tp 2 in one more.
Dataset two_tp_sizes_and_fusions() {
  Dataset dataset = picture_dataset("cpu");
  for (const auto& [tp_size, fusion] :
       {std::pair{2, "NONE"}, std::pair{2, "RESIDUAL_RMS_NORM"}, std::pair{4, "NONE"}}) {
    Measurement row = picture_row("MPI", 1024, 1, 20.0, 15.0);
    row.problem.tp_size = tp_size;
    row.problem.fusion = fusion;
    dataset.add(row);
  }
  return dataset;
}

class PictureSinks : public testing::TestWithParam<SinkCase> {
 protected:
  PictureSinks() {
    host_.load_file(fs::path(BUILT_PLUGINS) / ("sink_" + GetParam().name + ".so"));
    entry_ = host_.find(PluginKind::sink, GetParam().name);
  }

  void SetUp() override { ASSERT_NE(entry_, nullptr) << host_.entries().at(0).refused; }

  void write(const Dataset& dataset, const std::string& formats = "") {
    Parameters parameters(entry_->parameters);
    if (!formats.empty()) parameters.set_from_text(entry_->parameters.at(0), formats);
    const auto sink = host_.create_as<Sink>(*entry_, parameters);
    const RunInfo run{.output_dir = out_ / "", .machine = dataset.machine(), .data_dir = {}};
    sink->begin(run);
    sink->write(Report{.run = run,
                       .dataset = dataset,
                       .holdout = Dataset{},
                       .selectors = {},
                       .compared = {},
                       .table_id = {},
                       .say = [this](const std::string& line) { said_.push_back(line); }});
  }

  [[nodiscard]] std::vector<std::string> files() const {
    std::vector<std::string> found;
    for (const auto& entry : fs::recursive_directory_iterator(out_ / "")) {
      if (entry.is_regular_file()) found.push_back(fs::relative(entry.path(), out_ / "").string());
    }
    std::ranges::sort(found);
    return found;
  }

  [[nodiscard]] std::string picture(const std::string& stem, const std::string& format = "png") const {
    return stem + "_" + GetParam().suffix + "." + format;
  }

  PluginHost host_;
  const PluginEntry* entry_ = nullptr;
  PictureFolder out_;
  std::vector<std::string> said_;
};

/// Two names that have one colour where each is alone, each at one tp size.
Dataset rivals(bool together) {
  Dataset dataset = picture_dataset("cpu");
  for (const auto& [tp_size, name] : {std::pair{2, "RING"}, std::pair{4, "THEIRS_20"}}) {
    Measurement row = picture_row(name, 1024, 1, 20.0, 15.0);
    row.problem.tp_size = together ? tp_size : 2;
    if (together || tp_size == 4) dataset.add(row);
  }
  return dataset;
}

TEST_P(PictureSinks, ColourTheStrategiesOfAWholeRun) {
  const auto colors_of = [&](int tp_size) {
    const std::string svg = read_file(out_ / picture(fmt::format("viz/NONE/benchmark.tp{}.cpu", tp_size), "svg"));
    std::set<std::string> colors;
    static const std::regex color(R"(rgb\( *[0-9]+, *[0-9]+, *[0-9]+\)|#[0-9a-fA-F]{6})");
    for (std::sregex_iterator at(svg.begin(), svg.end(), color); at != std::sregex_iterator(); ++at)
      colors.insert(at->str());
    return colors;
  };
  write(rivals(false), "[svg]");
  const auto alone = colors_of(2);
  write(rivals(true), "[svg]");
  EXPECT_EQ(colors_of(2), alone) << "RING, where THEIRS_20 was";
  const bool has_colors_of_strategies = GetParam().name == "best_strategy" || GetParam().name == "lines";
  EXPECT_EQ(colors_of(4) != alone, has_colors_of_strategies);
}

TEST_P(PictureSinks, WriteAPictureForEveryTpSizeAndFusionUnderTheFieldsNames) {
  write(two_tp_sizes_and_fusions());
  EXPECT_THAT(files(), ElementsAre(picture("viz/NONE/benchmark.tp2.cpu"), picture("viz/NONE/benchmark.tp4.cpu"),
                                   picture("viz/RESIDUAL_RMS_NORM/benchmark.tp2.cpu")));
  EXPECT_THAT(read_file(out_ / files()[0]), testing::StartsWith("\x89PNG"));
  EXPECT_THAT(said_, ElementsAre(AllOf(HasSubstr("3 pictures"), HasSubstr((out_ / "viz").string()))));
}

TEST_P(PictureSinks, WriteTheFormatsAskedFor) {
  Dataset dataset = picture_dataset();
  dataset.add(picture_row("NCCL", 1024, 1, 20.0, 15.0));
  write(dataset, "[svg, pdf]");
  EXPECT_THAT(files(), ElementsAre(picture("viz/NONE/benchmark.tp4.sm90", "pdf"),
                                   picture("viz/NONE/benchmark.tp4.sm90", "svg")));
}

TEST_P(PictureSinks, RefuseOtherFormats) { EXPECT_THROW(write(two_tp_sizes_and_fusions(), "[jpg]"), ConfigError); }

TEST_P(PictureSinks, NameFurtherDtypesInTheFile) {
  Dataset dataset = picture_dataset();
  dataset.add(picture_row("NCCL", 1024, 1, 20.0, 15.0));
  Measurement row = picture_row("NCCL", 1024, 1, 30.0, 15.0);
  row.problem.dtype = DType::float32;
  dataset.add(row);
  write(dataset);
  EXPECT_THAT(files(),
              ElementsAre(picture("viz/NONE/benchmark.tp4.sm90.float32"), picture("viz/NONE/benchmark.tp4.sm90")));
}

TEST_P(PictureSinks, SayOnceThatThereIsNoGnuplotAndGoOn) {
  const ScopedVariable path("PATH", (out_ / "nowhere").string());
  EXPECT_NO_THROW(write(two_tp_sizes_and_fusions()));
  EXPECT_THAT(said_, ElementsAre(AllOf(HasSubstr("pictures are skipped"), HasSubstr("gnuplot is not installed"))));
  EXPECT_THAT(files(), testing::IsEmpty());
}

TEST(PictureSinksTogether, SayOncePerRunThatThereIsNoGnuplot) {
  const PictureFolder out;
  const ScopedVariable path("PATH", (out / "nowhere").string());
  const Dataset dataset = two_tp_sizes_and_fusions();
  const RunInfo run{.output_dir = out / "", .machine = dataset.machine(), .data_dir = {}};
  PluginHost host;
  std::vector<std::shared_ptr<Sink>> sinks;
  for (const std::string name : {"heatmap", "best_strategy", "strategy_difference"}) {
    host.load_file(fs::path(BUILT_PLUGINS) / ("sink_" + name + ".so"));
    const auto* entry = host.find(PluginKind::sink, name);
    ASSERT_NE(entry, nullptr) << name;
    sinks.push_back(host.create_as<Sink>(*entry, Parameters(entry->parameters)));
  }
  int said = 0;
  for (const int runs : {1, 2}) {
    for (const auto& sink : sinks) sink->begin(run);
    for (const auto& sink : sinks) {
      sink->write({.run = run,
                   .dataset = dataset,
                   .holdout = Dataset{},
                   .selectors = {},
                   .compared = {},
                   .table_id = {},
                   .say = [&](const std::string&) { ++said; }});
    }
    EXPECT_EQ(said, runs);
  }
}

TEST_P(PictureSinks, DrawTheOthersWhenOneFails) {
  write_file(out_ / "viz/NONE", "a file where a folder should be");
  EXPECT_THAT([&] { write(two_tp_sizes_and_fusions()); },
              testing::ThrowsMessage<PictureError>(AllOf(HasSubstr("viz/NONE"), HasSubstr("1 more"))));
  EXPECT_THAT(said_, ElementsAre(HasSubstr("1 picture in")));
  EXPECT_THAT(files(), testing::Contains(picture("viz/RESIDUAL_RMS_NORM/benchmark.tp2.cpu")));
}

TEST_P(PictureSinks, KeepFusionsFromLeavingTheFolder) {
  Dataset dataset = picture_dataset();
  Measurement row = picture_row("NCCL", 1024, 1, 20.0, 15.0);
  row.problem.fusion = "../../outside";
  dataset.add(row);
  write(dataset);
  EXPECT_THAT(files(), ElementsAre(picture("viz/%2E.%2F..%2Foutside/benchmark.tp4.sm90")));
}

TEST_P(PictureSinks, HaveNothingToSayOfAnEmptyDataset) {
  write(picture_dataset());
  EXPECT_THAT(said_, ElementsAre(HasSubstr("0 pictures")));
}

class FloorDistanceSink : public PictureSinks {};

TEST_P(FloorDistanceSink, SaysHowToGetFloorsIfThereAreNone) {
  Dataset dataset = picture_dataset();
  dataset.add(picture_row("NCCL", 1024, 1, 20.0));
  write(dataset);
  EXPECT_THAT(said_, ElementsAre(HasSubstr("runner --probe")));
  EXPECT_THAT(files(), testing::IsEmpty());
}

TEST_P(FloorDistanceSink, DrawsOnlyWhatHasFloors) {
  Dataset dataset = two_tp_sizes_and_fusions();
  Dataset with_and_without(dataset.machine());
  for (Measurement row : dataset.rows()) {
    if (row.problem.tp_size == 4) row.lower_bound_us = 0.0;
    with_and_without.add(row);
  }
  write(with_and_without);
  EXPECT_THAT(files(),
              ElementsAre(picture("viz/NONE/benchmark.tp2.cpu"), picture("viz/RESIDUAL_RMS_NORM/benchmark.tp2.cpu")));
}

INSTANTIATE_TEST_SUITE_P(Sinks, FloorDistanceSink,
                         testing::Values(SinkCase{"lower_bound_distance", "lower_bound_distance_heatmap"}),
                         [](const auto& sink) { return sink.param.name; });

INSTANTIATE_TEST_SUITE_P(Sinks, PictureSinks,
                         testing::Values(SinkCase{"heatmap", "heatmap"}, SinkCase{"best_strategy", "best_strategy"},
                                         SinkCase{"strategy_difference", "strategy_difference_heatmap"},
                                         SinkCase{"lower_bound_distance", "lower_bound_distance_heatmap"},
                                         SinkCase{"lines", "lines"}),
                         [](const auto& sink) { return sink.param.name; });

}  // namespace
}  // namespace arbiter::test
