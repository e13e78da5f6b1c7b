// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <filesystem>
#include <regex>
#include <string>
#include <vector>

#include "arbiter/files.hpp"

namespace arbiter::test {

/// A text of an SVG that gnuplot drew, its place, and its colour as the file gives it.
struct SvgText {
  double x = 0.0;
  double y = 0.0;
  std::string color;
  std::string words;
};

/// A filled rectangle; `fill` is "rgb(r,g,b)" without blanks, or "url(...)" for a hatched one.
struct SvgBox {
  double x = 0.0;
  double y = 0.0;
  double width = 0.0;
  double height = 0.0;
  std::string fill;
};

inline std::string without_blanks(std::string text) {
  std::erase(text, ' ');
  return text;
}

/// The texts and boxes of a picture, read back from its SVG.
class SvgPicture {
 public:
  explicit SvgPicture(const std::filesystem::path& file) {
    const std::string svg = read_file(file);
    const std::regex text(
        R"re(<g transform="translate\(([-0-9.]+),([-0-9.]+)\)[^>]*fill="([^"]*)"[^>]*>\s*<text>(?:<!\[CDATA\[)?(.*?)(?:\]\]>)?</text>)re");
    for (std::sregex_iterator match(svg.begin(), svg.end(), text), end; match != end; ++match) {
      texts.push_back({std::stod((*match)[1]), std::stod((*match)[2]), without_blanks((*match)[3]), (*match)[4]});
    }
    const std::regex box(R"re(<polygon\s+fill = '([^']*)' points = '([-0-9.]+),([-0-9.]+) ([-0-9.]+),([-0-9.]+) )re"
                         R"re(([-0-9.]+),([-0-9.]+))re");
    for (std::sregex_iterator match(svg.begin(), svg.end(), box), end; match != end; ++match) {
      const double left = std::stod((*match)[2]);
      const double right = std::stod((*match)[4]);
      const double bottom = std::stod((*match)[3]);
      const double top = std::stod((*match)[7]);
      boxes.push_back({left, top, right - left, bottom - top, without_blanks((*match)[1])});
    }
  }

  /// Every text that is exactly `words`.
  [[nodiscard]] std::vector<SvgText> all(const std::string& words) const {
    std::vector<SvgText> found;
    for (const auto& text : texts) {
      if (text.words == words) found.push_back(text);
    }
    return found;
  }
  [[nodiscard]] bool has(const std::string& words) const { return !all(words).empty(); }
  [[nodiscard]] bool mentions(const std::string& part) const {
    return std::ranges::any_of(texts, [&](const SvgText& text) { return text.words.find(part) != std::string::npos; });
  }
  /// The smallest box around a point, with an empty fill if there is none.
  [[nodiscard]] SvgBox box_at(double x, double y) const {
    SvgBox smallest{.width = 1e9, .height = 1e9, .fill = ""};
    for (const auto& box : boxes) {
      const bool inside = x > box.x && x < box.x + box.width && y > box.y && y < box.y + box.height;
      if (inside && box.width * box.height < smallest.width * smallest.height) smallest = box;
    }
    return smallest;
  }
  [[nodiscard]] std::vector<SvgBox> hatched() const {
    std::vector<SvgBox> found;
    for (const auto& box : boxes) {
      if (box.fill.starts_with("url")) found.push_back(box);
    }
    return found;
  }

  std::vector<SvgText> texts;
  std::vector<SvgBox> boxes;
};

}  // namespace arbiter::test
