// SPDX-License-Identifier: Apache-2.0
#include <filesystem>

#include <gmock/gmock.h>

#include "arbiter/files.hpp"
#include "arbiter/plots.hpp"
#include "support/pictures_data.hpp"
#include "support/pictures_environment.hpp"

namespace arbiter::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::ThrowsMessage;

class PlotErrors : public testing::Test {
 protected:
  void plot(const std::string& file = "a.png", const std::string& fusion = "NONE") {
    plot_heatmap(small_picture_dataset(), fusion, folder_ / file);
  }
  [[nodiscard]] bool anything_written() const { return !std::filesystem::is_empty(folder_ / ""); }

  PictureFolder folder_;
};

TEST_F(PlotErrors, UnknownFusionListsThoseThereAre) {
  Dataset dataset = small_picture_dataset();
  Measurement row = picture_row("NCCL", 1024, 1, 20.0);
  row.problem.fusion = "RESIDUAL_RMS_NORM";
  dataset.add(row);
  EXPECT_THAT([&] { plot_best_strategy(dataset, "RMS", folder_ / "a.png"); },
              ThrowsMessage<DataError>(AllOf(HasSubstr("'RMS'"), HasSubstr("NONE, RESIDUAL_RMS_NORM"))));
  EXPECT_FALSE(anything_written());
}

TEST_F(PlotErrors, SeveralTpSizesAreNamed) {
  Dataset dataset = small_picture_dataset();
  Measurement row = picture_row("NCCL", 1024, 1, 20.0);
  row.problem.tp_size = 2;
  dataset.add(row);
  EXPECT_THAT([&] { plot_heatmap(dataset, "NONE", folder_ / "a.png"); }, ThrowsMessage<DataError>(HasSubstr("2, 4")));
}

TEST_F(PlotErrors, NoMeasurements) {
  EXPECT_THROW(plot_strategy_difference(picture_dataset(), "NONE", folder_ / "a.png"), DataError);
}

TEST_F(PlotErrors, UnknownExtensionListsThoseAllowed) {
  EXPECT_THAT([&] { plot("a.jpg"); },
              ThrowsMessage<PictureError>(AllOf(HasSubstr("a.jpg"), HasSubstr(".jpg"), HasSubstr(".png, .svg, .pdf"))));
}

TEST_F(PlotErrors, MissingGnuplotIsSaidInOneLine) {
  const ScopedVariable path("PATH", (folder_ / "nowhere").string());
  EXPECT_THAT([&] { plot(); },
              ThrowsMessage<GnuplotMissing>(AllOf(HasSubstr("gnuplot is not installed"), Not(HasSubstr("\n")))));
  EXPECT_FALSE(anything_written());
}

TEST_F(PlotErrors, FailingGnuplotIsQuotedInOneLine) {
  const FakeGnuplot gnuplot("echo 'line 3: no such terminal' >&2; echo '  use another' >&2; exit 1");
  EXPECT_THAT([&] { plot(); }, ThrowsMessage<PictureError>(AllOf(HasSubstr((folder_ / "a.png").string()),
                                                                 HasSubstr("no such terminal; use another"),
                                                                 HasSubstr("exit code 1"), Not(HasSubstr("\n")))));
  EXPECT_FALSE(anything_written());
}

TEST_F(PlotErrors, KilledGnuplotIsSaid) {
  const FakeGnuplot gnuplot("kill -11 $$");
  EXPECT_THAT([&] { plot(); }, ThrowsMessage<PictureError>(HasSubstr("signal 11")));
}

TEST_F(PlotErrors, PictureCutShortIsNotKept) {
  write_file(folder_ / "a.png", "the picture before");
  const FakeGnuplot gnuplot(R"sh(printf 'half' > "$(sed -n 's/^set output "\(.*\)"$/\1/p' "$2")")sh");
  EXPECT_THAT([&] { plot(); }, ThrowsMessage<PictureError>(HasSubstr("no whole picture")));
  EXPECT_EQ(read_file(folder_ / "a.png"), "the picture before");
}

TEST_F(PlotErrors, GnuplotThatWritesNothingIsAnError) {
  const FakeGnuplot gnuplot("exit 0");
  EXPECT_THROW(plot(), PictureError);
  EXPECT_FALSE(anything_written());
}

TEST_F(PlotErrors, UnwritablePlaceIsNamed) {
  write_file(folder_ / "file", "");
  EXPECT_THAT([&] { plot("file/a.png"); }, ThrowsMessage<SystemError>(HasSubstr((folder_ / "file").string())));
  EXPECT_EQ(read_file(folder_ / "file"), "");
}

TEST_F(PlotErrors, MissingTemporaryFolderIsSaid) {
  const ScopedVariable temporary("TMPDIR", (folder_ / "nowhere").string());
  EXPECT_THAT([&] { plot(); }, ThrowsMessage<SystemError>(HasSubstr("TMPDIR")));
}

TEST_F(PlotErrors, TemporaryFilesAreGoneAfterSuccessAndFailure) {
  std::filesystem::create_directory(folder_ / "tmp");
  const ScopedVariable temporary("TMPDIR", (folder_ / "tmp").string());
  plot();
  EXPECT_TRUE(std::filesystem::is_empty(folder_ / "tmp"));
  const FakeGnuplot gnuplot("exit 1");
  EXPECT_THROW(plot(), PictureError);
  std::size_t left = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder_ / "tmp")) {
    left += entry.path().filename().string().starts_with("arbiter-picture") ? 1U : 0U;
  }
  EXPECT_EQ(left, 0U);
}

}  // namespace
}  // namespace arbiter::test
