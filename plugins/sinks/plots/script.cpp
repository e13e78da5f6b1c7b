// SPDX-License-Identifier: Apache-2.0
#include "script.hpp"

#include <algorithm>
#include <cerrno>
#include <iomanip>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <gnuplot-iostream.h>

#include "arbiter/error.hpp"
#include "arbiter/names.hpp"

namespace arbiter::plots {

namespace {

/// A text in gnuplot's double quotes, where \047 stands for the character of that number. So stand quotes of every
/// kind: within single quotes gnuplot does not see all doubled ones as part of the text, and within double ones it runs
/// what is between backquotes.
std::string in_quotes(const std::string& characters) {
  std::string text = "\"";
  for (const char c : characters) {
    if (std::string_view("\"'`\\").find(c) == std::string_view::npos) {
      text += c;
    } else {
      text += fmt::format("\\{:03o}", static_cast<unsigned char>(c));
    }
  }
  return text + '"';
}

/// A text to draw. What XML reads in one is its number, which gnuplot's SVG passes on as it is; of itself it writes
/// neither &#1; nor ]]> as text.
std::string literal(Format format, const std::string& words) {
  const std::string plain = plain_text(words);
  if (format != Format::svg) return in_quotes(plain);
  std::string text;
  for (const char c : plain)
    text += c == '&' || c == '<' || c == '>' ? fmt::format("&#{};", int{c}) : std::string(1, c);
  return in_quotes(text);
}

/// Tick labels are format strings.
std::string tick_literal(Format format, const std::string& words) {
  std::string text;
  for (const char c : words) text += c == '%' ? "%%" : std::string(1, c);
  return literal(format, text);
}

std::string_view name_of(Align align) {
  switch (align) {
    case Align::left: return "left";
    case Align::center: return "center";
    case Align::right: return "right";
  }
  return "left";
}

/// The gradient for `set palette defined`; each band is given by both of its ends.
std::string palette_of(const ColorScale& scale) {
  std::string palette;
  for (std::size_t i = 0; i < scale.gradient.size(); ++i) {
    const std::string color = hex(scale.gradient[i]);
    palette += fmt::format("{}{} '{}'", i == 0 ? "" : ", ", i, color);
    if (scale.stepped) palette += fmt::format(", {} '{}'", i + 1, color);
  }
  return palette;
}

/// `set terminal` for a picture whose fonts are in pixels, too.
std::string terminal(Format format, double width, double height) {
  switch (format) {
    case Format::png:  // a point of pngcairo is 4/3 pixels
      return fmt::format("pngcairo noenhanced fontscale 0.75 size {:.0f},{:.0f}", width, height);
    case Format::svg: return fmt::format("svg noenhanced size {:.0f},{:.0f} background '#ffffff'", width, height);
    case Format::pdf:  // and that of pdfcairo another 4/3, of 1/96 inch
      return fmt::format("pdfcairo noenhanced fontscale 0.5625 size {:.3f}in,{:.3f}in", width / 96.0, height / 96.0);
  }
  return {};
}

/// A font in gnuplot's notation.
std::string font(Format format, double size, bool bold) {
  const bool has_weights = format != Format::svg;  // where ":Bold" would become part of the family's name
  return fmt::format("sans-serif{},{:g}", bold && has_weights ? ":Bold" : "", size);
}

}  // namespace

class Script::Stream : public Gnuplot {
 public:
  explicit Stream(const std::filesystem::path& file) : Gnuplot(fmt::format(">{}", file.string())) {}
};

Script::Script(const std::filesystem::path& script, const std::filesystem::path& picture, Format format, double width,
               double height)
    : script_(script), format_(format), width_(width), height_(height) {
  try {
    stream_ = std::make_unique<Stream>(script);
  } catch (const std::ios_base::failure&) {
    throw SystemError("create " + script.string(), errno);
  }
  *stream_ << std::defaultfloat << std::setprecision(9);
  *stream_ << "set encoding utf8\n"
           << "set terminal " << terminal(format, width, height) << "\n"
           << "set output " << in_quotes(picture.string()) << "\n"
           << "set margins 0,0,0,0\nunset border\nunset tics\nunset key\nunset colorbox\n"
           << "set xrange [0:" << width << "]\nset yrange [" << height << ":0]\n";
}

Script::~Script() = default;

void Script::text(Point at, const std::string& words, const TextStyle& style) {
  *stream_ << "set label " << literal(format_, words) << " at " << at.x << "," << at.y << " " << name_of(style.align)
           << (style.upright ? " rotate by 90" : "") << " font '" << font(format_, style.size, style.bold)
           << "' textcolor rgb '" << hex(style.color) << "'\n";
}

void Script::color_bar(const Rect& bar, const ColorScale& scale, double text_size) {
  *stream_ << "set palette defined (" << palette_of(scale) << ")\n";
  if (scale.logarithmic) *stream_ << "set logscale cb\n";
  *stream_ << "set cbrange [" << scale.low << ":" << scale.high << "]\n"
           << "set cbtics scale " << (scale.stepped ? 0 : 0.4) << " font '" << font(format_, text_size, false) << "' (";
  for (std::size_t i = 0; i < scale.ticks.size(); ++i) {
    *stream_ << (i == 0 ? "" : ", ") << tick_literal(format_, scale.ticks[i].label) << " " << scale.ticks[i].value;
  }
  *stream_ << ")\nset colorbox vertical user noborder origin screen " << bar.x / width_ << ","
           << 1.0 - bar.bottom() / height_ << " size screen " << bar.width / width_ << "," << bar.height / height_
           << "\n";
}

void Script::cell(const Rect& cell, double value) {
  cells_.emplace_back(cell.center_x(), cell.center_y(), cell.x, cell.x + cell.width, cell.y, cell.bottom(), value);
}

void Script::hatched_cell(const Rect& cell) {
  hatched_.emplace_back(cell.center_x(), cell.center_y(), cell.x, cell.x + cell.width, cell.y, cell.bottom(), 0.0);
}

void Script::crossed_cell(const Rect& cell) {
  crossed_.emplace_back(cell.center_x(), cell.center_y(), cell.x, cell.x + cell.width, cell.y, cell.bottom(), 0.0);
  const double arm = std::min({cell.width, cell.height, 24.0}) * 0.28;
  crosses_.emplace_back(cell.center_x() - arm, cell.center_y() - arm, 2.0 * arm, 2.0 * arm);
  crosses_.emplace_back(cell.center_x() - arm, cell.center_y() + arm, 2.0 * arm, -2.0 * arm);
}

void Script::cell_label(const Rect& cell, const std::string& label, Color color) {
  labels_.emplace_back(cell.center_x(), cell.center_y(), label, color);
}

void Script::stroke(Stroke stroke) {
  if (!stroke.points.empty()) strokes_.push_back(std::move(stroke));
}

void Script::finish(double label_size) {
  // An empty plot first, so that the colour bar appears even where no cell has a value.
  *stream_ << "plot NaN with points palette";
  const auto boxes = [this](const char* style) { *stream_ << ", '-' using 1:2:3:4:5:6" << style; };
  if (!hatched_.empty()) boxes(" with boxxyerror fillstyle pattern 4 border fillcolor rgb '#c4c4c4' linewidth 0.7");
  if (!crossed_.empty()) boxes(" with boxxyerror fillstyle solid border lc rgb '#b8b8b8' fillcolor rgb '#eeeeee'");
  if (!cells_.empty())
    boxes(":7 with boxxyerror fillstyle solid border lc rgb '#b8b8b8' linewidth 0.7 fillcolor palette");
  if (!crosses_.empty()) *stream_ << ", '-' using 1:2:3:4 with vectors nohead linewidth 1.6 lc rgb '#b00020'";
  for (const Stroke& stroke : strokes_) {
    *stream_ << fmt::format(", '-' using 1:2 with {} lc rgb '{}' linewidth {:g} dashtype {}{}",
                            stroke.dots ? "linespoints" : "lines", hex(stroke.color), stroke.width,
                            stroke.dashed ? 2 : 1, stroke.dots ? " pointtype 7 pointsize 0.5" : "");
  }
  if (!labels_.empty()) {
    *stream_ << ", '-' using 1:2:3:4 with labels textcolor rgb variable font '" << font(format_, label_size, false)
             << "'";
  }
  *stream_ << "\n";
  for (const auto* layer : {&hatched_, &crossed_, &cells_}) {
    if (!layer->empty()) stream_->send1d(*layer);
  }
  if (!crosses_.empty()) stream_->send1d(crosses_);
  for (const Stroke& stroke : strokes_) {
    std::vector<std::pair<double, double>> points;
    points.reserve(stroke.points.size());
    for (const Point& point : stroke.points) points.emplace_back(point.x, point.y);
    stream_->send1d(points);
  }
  if (!labels_.empty()) stream_->send1d(labels_);
  *stream_ << "set output\n" << std::flush;
  if (!stream_->good()) throw SystemError("write " + script_.string(), errno == 0 ? EIO : errno);
  stream_.reset();
}

}  // namespace arbiter::plots
