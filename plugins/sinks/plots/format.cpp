#include "format.hpp"

#include <fmt/format.h>

#include "arbiter/plots.hpp"

namespace arbiter::plots {

Format format_of(const std::filesystem::path& file) {
  const std::string extension = file.extension().string();
  if (extension == ".png") return Format::png;
  if (extension == ".svg") return Format::svg;
  if (extension == ".pdf") return Format::pdf;
  throw PictureError(fmt::format("{}: the extension '{}' names no picture format; allowed are .png, .svg, .pdf",
                                 file.string(), extension));
}

std::string terminal(Format format, double width, double height) {
  switch (format) {
    case Format::png:  // its point is 4/3 of a pixel
      return fmt::format("pngcairo noenhanced fontscale 0.75 size {:.0f},{:.0f}", width, height);
    case Format::svg: return fmt::format("svg noenhanced size {:.0f},{:.0f} background '#ffffff'", width, height);
    case Format::pdf:  // and another 4/3 here, of a 96th of an inch
      return fmt::format("pdfcairo noenhanced fontscale 0.5625 size {:.3f}in,{:.3f}in", width / 96.0, height / 96.0);
  }
  return {};
}

std::string font(Format format, double size, bool bold) {
  const bool has_weights = format != Format::svg;  // there, ":Bold" would become part of the family's name
  return fmt::format("sans-serif{},{:g}", bold && has_weights ? ":Bold" : "", size);
}

bool is_whole(Format format, std::string_view contents) {
  const std::string_view tail = contents.substr(contents.size() - std::min<std::size_t>(contents.size(), 32));
  switch (format) {
    case Format::png: return tail.find("IEND") != std::string_view::npos;
    case Format::svg: return tail.find("</svg>") != std::string_view::npos;
    case Format::pdf: return tail.find("%%EOF") != std::string_view::npos;
  }
  return false;
}

}  // namespace arbiter::plots
