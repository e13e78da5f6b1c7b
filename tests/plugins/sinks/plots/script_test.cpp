// SPDX-License-Identifier: Apache-2.0
// The whole script of one small picture: every place, size, colour and word that gnuplot is told.
#include "script.hpp"

#include <regex>
#include <string>

#include <gmock/gmock.h>

#include "arbiter/files.hpp"
#include "picture.hpp"
#include "support/pictures_environment.hpp"

namespace arbiter::plots {
namespace {

using test::PictureFolder;
using ::testing::HasSubstr;

Figure small_figure() {
  Figure figure;
  figure.title = "NONE: it's 100 %";
  figure.captions = {"tp 4, sm90", "a second line"};
  figure.columns = {1, 16384};
  figure.rows = {8192, 128};
  figure.panels = {{"ONESHOT",
                    {{CellState::filled, 12.5, "12"},
                     {CellState::filled, 80.0, "80"},
                     {CellState::empty, 0.0, ""},
                     {CellState::failed, 0.0, ""}}},
                   {"TWOSHOT",
                    {{CellState::filled, 100.0, "100"},
                     {CellState::filled, 10.0, ""},
                     {CellState::filled, 20.0, "20"},
                     {CellState::filled, 40.0, "40"}}}};
  figure.scale.title = "latency, us";
  figure.scale.low = 10.0;
  figure.scale.high = 100.0;
  figure.scale.logarithmic = true;
  figure.scale.gradient = {0x000080, 0xffff00};
  figure.scale.ticks = {{10.0, "10"}, {100.0, "100 %"}};
  return figure;
}

/// What gnuplot would have read; places of files are named by what they are.
std::string script_of(const Figure& figure, const char* extension) {
  const PictureFolder folder;
  const test::FakeGnuplot gnuplot(R"(for file in "$@"; do last=$file; done; cp "$last" )" +
                                  (folder / "script").string() + "; exit 1");
  EXPECT_ANY_THROW(write_picture(figure, folder / (std::string("a.") + extension)));
  return std::regex_replace(read_file(folder / "script"), std::regex(R"(set output "[^"]+")"),
                            "set output \"PICTURE\"");
}

constexpr const char* small_script =
    R"(set encoding utf8
set terminal pngcairo noenhanced fontscale 0.75 size 602,296
set output "PICTURE"
set margins 0,0,0,0
unset border
unset tics
unset key
unset colorbox
set xrange [0:602]
set yrange [296:0]
set label "NONE: it\047s 100 %" at 16,24.5 left font 'sans-serif:Bold,17' textcolor rgb '#000000'
set label "tp 4, sm90" at 16,45.5 left font 'sans-serif,13' textcolor rgb '#333333'
set label "a second line" at 16,63.5 left font 'sans-serif,13' textcolor rgb '#333333'
set label "ONESHOT" at 73.72,98.5 left font 'sans-serif:Bold,13' textcolor rgb '#333333'
set label "1" at 121.72,232.5 center font 'sans-serif,11' textcolor rgb '#333333'
set label "16384" at 217.72,232.5 center font 'sans-serif,11' textcolor rgb '#333333'
set label "num_tokens" at 169.72,248 center font 'sans-serif,12' textcolor rgb '#666666'
set label "8192" at 67.72,138 right font 'sans-serif,11' textcolor rgb '#333333'
set label "128" at 67.72,194 right font 'sans-serif,11' textcolor rgb '#333333'
set label "hidden_size" at 25,166 center rotate by 90 font 'sans-serif,12' textcolor rgb '#666666'
set label "TWOSHOT" at 289.72,98.5 left font 'sans-serif:Bold,13' textcolor rgb '#333333'
set label "1" at 337.72,232.5 center font 'sans-serif,11' textcolor rgb '#333333'
set label "16384" at 433.72,232.5 center font 'sans-serif,11' textcolor rgb '#333333'
set label "num_tokens" at 385.72,248 center font 'sans-serif,12' textcolor rgb '#666666'
set label "latency, us" at 509.72,94 left font 'sans-serif,12' textcolor rgb '#666666'
set palette defined (0 '#000080', 1 '#ffff00')
set logscale cb
set cbrange [10:100]
set cbtics scale 0.4 font 'sans-serif,12' ("10" 10, "100 %%" 100)
set colorbox vertical user noborder origin screen 0.846710963,0.25 size screen 0.0299003322,0.378378378
set label "no data" at 103.72,271 left font 'sans-serif,12' textcolor rgb '#666666'
set label "failed" at 207.04,271 left font 'sans-serif,12' textcolor rgb '#666666'
)"
    "plot NaN with points palette"
    ", '-' using 1:2:3:4:5:6 with boxxyerror fillstyle pattern 4 border fillcolor rgb '#c4c4c4' linewidth 0.7"
    ", '-' using 1:2:3:4:5:6 with boxxyerror fillstyle solid border lc rgb '#b8b8b8' fillcolor rgb '#eeeeee'"
    ", '-' using 1:2:3:4:5:6:7 with boxxyerror fillstyle solid border lc rgb '#b8b8b8' linewidth 0.7 fillcolor palette"
    ", '-' using 1:2:3:4 with vectors nohead linewidth 1.6 lc rgb '#b00020'"
    ", '-' using 1:2:3:4 with labels textcolor rgb variable font 'sans-serif,14'"
    "\n"
    R"(121.72 194 73.72 169.72 166 222 0
85.72 271 73.72 97.72 264 278 0
e
217.72 194 169.72 265.72 166 222 0
189.04 271 177.04 201.04 264 278 0
e
121.72 138 73.72 169.72 110 166 12.5
217.72 138 169.72 265.72 110 166 80
337.72 138 289.72 385.72 110 166 100
433.72 138 385.72 481.72 110 166 10
337.72 194 289.72 385.72 166 222 20
433.72 194 385.72 481.72 166 222 40
e
211 187.28 13.44 13.44
211 200.72 13.44 -13.44
185.12 267.08 7.84 7.84
185.12 274.92 7.84 -7.84
e
121.72 138 12 16777215
217.72 138 80 0
337.72 138 100 0
337.72 194 20 16777215
433.72 194 40 0
e
set output
)";

TEST(PictureScript, HasEveryPlaceSizeColourAndWord) { EXPECT_EQ(script_of(small_figure(), "png"), small_script); }

TEST(PictureScript, IsInPixelsInEveryFormat) {
  EXPECT_THAT(script_of(small_figure(), "svg"),
              HasSubstr("set terminal svg noenhanced size 602,296 background '#ffffff'\n"));
  EXPECT_THAT(script_of(small_figure(), "svg"), HasSubstr("font 'sans-serif,17'"));
  EXPECT_THAT(script_of(small_figure(), "pdf"),
              HasSubstr("set terminal pdfcairo noenhanced fontscale 0.5625 size 6.271in,3.083in\n"));
}

TEST(PictureScript, HasBandsOfOneColourAndTheirNames) {
  Figure figure = small_figure();
  figure.scale.stepped = true;
  figure.scale.logarithmic = false;
  figure.scale.low = 0.0;
  figure.scale.high = 2.0;
  for (Panel& panel : figure.panels) panel.cells.assign(4, {CellState::filled, 0.5, "A"});
  const std::string script = script_of(figure, "png");
  EXPECT_THAT(script, HasSubstr("set palette defined (0 '#000080', 1 '#000080', 1 '#ffff00', 2 '#ffff00')\n"
                                "set cbrange [0:2]\nset cbtics scale 0 font"));
  figure.scale.gradient.clear();
  for (Panel& panel : figure.panels) panel.cells.assign(4, {CellState::failed, 0.0, ""});
  EXPECT_THAT(script_of(figure, "png"), ::testing::Not(HasSubstr("colorbox vertical")));
}

TEST(PictureScript, TurnsTicksWhereColumnsAreNarrow) {
  Figure figure = small_figure();
  figure.columns.clear();
  for (std::int64_t tokens = 1; tokens <= 40; ++tokens) figure.columns.push_back(10'000 + tokens);
  for (Panel& panel : figure.panels) panel.cells.assign(80, {CellState::filled, 12.5, "12"});
  const std::string script = script_of(figure, "png");
  EXPECT_THAT(script,
              HasSubstr("set label \"10001\" at 85.72,227 right rotate by 90 font 'sans-serif,11' textcolor rgb "
                        "'#333333'\nset label \"10002\" at 109.72,227 right rotate by 90 font"));
}

}  // namespace
}  // namespace arbiter::plots
