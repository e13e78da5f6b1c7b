// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "color.hpp"
#include "geometry.hpp"
#include "scale.hpp"

namespace arbiter::plots {

enum class Format : std::uint8_t { png, svg, pdf };

enum class Align : std::uint8_t { left, center, right };

struct TextStyle {
  double size = 12.0;
  Color color = dark_grey;
  Align align = Align::left;
  bool bold = false;
  bool upright = false;  ///< rotated by 90 degrees; `align` then runs from bottom to top
};

/// A line through points.
struct Stroke {
  std::vector<Point> points;
  Color color = black;
  double width = 1.0;
  bool dashed = false;
  bool dots = false;  ///< a dot at each point
};

/// A gnuplot script of one picture, in pixels from the upper left corner and without gnuplot's own layout. Texts are
/// quoted: none of their contents is read as gnuplot.
class Script {
 public:
  /// Starts the file `script`, which draws `picture` with the given size in pixels (96 to an inch). Throws SystemError.
  Script(const std::filesystem::path& script, const std::filesystem::path& picture, Format format, double width,
         double height);
  ~Script();
  Script(const Script&) = delete;
  Script& operator=(const Script&) = delete;

  /// Centres the text's height on `at`.
  void text(Point at, const std::string& words, const TextStyle& style);
  void color_bar(const Rect& bar, const ColorScale& scale, double text_size);
  void cell(const Rect& cell, double value);
  void hatched_cell(const Rect& cell);
  void crossed_cell(const Rect& cell);
  void cell_label(const Rect& cell, const std::string& label, Color color);
  /// Later ones are drawn above earlier ones. Without points nothing is drawn.
  void stroke(Stroke stroke);

  /// Completes the script; nothing can be added after it. `label_size` is that of cell labels. Throws SystemError.
  void finish(double label_size);

 private:
  using Box = std::tuple<double, double, double, double, double, double, double>;
  using Line = std::tuple<double, double, double, double>;
  using Label = std::tuple<double, double, std::string, Color>;

  class Stream;
  std::unique_ptr<Stream> stream_;
  std::filesystem::path script_;
  Format format_;
  double width_;
  double height_;
  std::vector<Box> cells_;
  std::vector<Box> hatched_;
  std::vector<Box> crossed_;
  std::vector<Line> crosses_;
  std::vector<Stroke> strokes_;
  std::vector<Label> labels_;
};

}  // namespace arbiter::plots
