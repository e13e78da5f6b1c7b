// SPDX-License-Identifier: Apache-2.0
#include "picture.hpp"

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <string>
#include <string_view>
#include <system_error>

#include <fmt/format.h>

#include "arbiter/files.hpp"
#include "arbiter/names.hpp"
#include "arbiter/plots.hpp"
#include "gnuplot.hpp"
#include "layout.hpp"
#include "script.hpp"

namespace arbiter::plots {

namespace fs = std::filesystem;

namespace {

constexpr std::chrono::seconds timeout{60};

/// A temporary folder, removed with its contents.
class PrivateFolder {
 public:
  PrivateFolder() {
    std::error_code error;
    const fs::path base = fs::temp_directory_path(error);
    if (error) throw SystemError("find a folder for temporary files (TMPDIR)", error.value());
    std::string name = (base / "arbiter-picture-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw SystemError("create folder " + name, errno);
    path_ = name;
  }
  ~PrivateFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  PrivateFolder(const PrivateFolder&) = delete;
  PrivateFolder& operator=(const PrivateFolder&) = delete;

  [[nodiscard]] fs::path operator/(const char* name) const { return path_ / name; }

 private:
  fs::path path_;
};

Format format_of(const std::filesystem::path& file) {
  const std::string extension = file.extension().string();
  if (extension == ".png") return Format::png;
  if (extension == ".svg") return Format::svg;
  if (extension == ".pdf") return Format::pdf;
  throw PictureError(fmt::format("{}: the extension '{}' names no picture format; allowed are .png, .svg, .pdf",
                                 file.string(), extension));
}

/// Whether a picture ends as its format does.
bool is_whole(Format format, std::string_view contents) {
  const std::string_view tail = contents.substr(contents.size() - std::min<std::size_t>(contents.size(), 32));
  switch (format) {
    case Format::png: return tail.find("IEND") != std::string_view::npos;
    case Format::svg: return tail.find("</svg>") != std::string_view::npos;
    case Format::pdf: return tail.find("%%EOF") != std::string_view::npos;
  }
  return false;
}

void draw_column_ticks(Script& script, const Figure& figure, const Layout& layout, const Rect& panel) {
  const TextStyle style{
      .size = tick_size, .align = layout.upright_ticks ? Align::right : Align::center, .upright = layout.upright_ticks};
  const double y = panel.bottom() + (layout.upright_ticks ? 5.0 : 5.0 + tick_size / 2.0);
  for (std::size_t i = 0; i < figure.columns.size(); i += layout.column_step) {
    const double x = panel.x + (static_cast<double>(i) + 0.5) * layout.cell_width;
    script.text({x, y}, std::to_string(figure.columns[i]), style);
  }
  script.text({panel.x + panel.width / 2.0, panel.bottom() + layout.column_ticks_height + axis_size / 2.0},
              "num_tokens", {.size = axis_size, .color = grey, .align = Align::center});
}

void draw_row_ticks(Script& script, const Figure& figure, const Layout& layout, const Rect& panel) {
  for (std::size_t i = 0; i < figure.rows.size(); i += layout.row_step) {
    const double y = panel.y + (static_cast<double>(i) + 0.5) * layout.cell_height;
    script.text({panel.x - 6.0, y}, std::to_string(figure.rows[i]), {.size = tick_size, .align = Align::right});
  }
  script.text({panel.x - layout.row_ticks_width - 7.0 - axis_size / 2.0, panel.center_y()}, "hidden_size",
              {.size = axis_size, .color = grey, .align = Align::center, .upright = true});
}

void draw_cells(Script& script, const Figure& figure, const Layout& layout, std::size_t panel) {
  const auto& cells = figure.panels[panel].cells;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const Rect place = layout.cell(panel, i / figure.columns.size(), i % figure.columns.size());
    switch (cells[i].state) {
      case CellState::empty: script.hatched_cell(place); break;
      case CellState::failed: script.crossed_cell(place); break;
      case CellState::filled:
        script.cell(place, cells[i].value);
        if (layout.label_size > 0.0 && !cells[i].label.empty()) {
          script.cell_label(place, cells[i].label, ink_on(figure.scale.color_of(cells[i].value)));
        }
        break;
    }
  }
}

void draw_bar(Script& script, const Figure& figure, const Layout& layout) {
  if (figure.scale.gradient.empty()) return;
  script.text({layout.bar.x, layout.bar.y - 10.0 - axis_size / 2.0}, figure.scale.title,
              {.size = axis_size, .color = grey});
  script.color_bar(layout.bar, figure.scale, axis_size);
}

void draw_legend(Script& script, const Figure& figure, const Layout& layout) {
  Rect swatch{layout.legend.x, layout.legend.y, 24.0, 14.0};
  const auto entry = [&](const char* words) {
    script.text({swatch.x + swatch.width + 6.0, swatch.center_y()}, words, {.size = axis_size, .color = grey});
    swatch.x += swatch.width + 6.0 + text_width(words, axis_size) + 24.0;
  };
  if (figure.any(CellState::empty)) {
    script.hatched_cell(swatch);
    entry("no data");
  }
  if (figure.any(CellState::failed)) {
    script.crossed_cell(swatch);
    entry("failed");
  }
}

void draw(Script& script, const Figure& figure, const Layout& layout) {
  draw_header(script, figure.title, figure.captions);
  for (std::size_t i = 0; i < figure.panels.size(); ++i) {
    const Rect& panel = layout.panels[i];
    script.text({panel.x, panel.y - 5.0 - panel_title_size / 2.0}, figure.panels[i].title,
                {.size = panel_title_size, .bold = true});
    draw_column_ticks(script, figure, layout, panel);
    if (i % layout.panels_per_line == 0) draw_row_ticks(script, figure, layout, panel);
    draw_cells(script, figure, layout, i);
  }
  draw_bar(script, figure, layout);
  draw_legend(script, figure, layout);
  script.finish(layout.label_size);
}

/// With texts that a picture has room for, so that the layout measures what is drawn.
Figure legible(Figure figure) {
  figure.title = plain_text(figure.title);
  for (std::string& caption : figure.captions) caption = plain_text(caption);
  for (Panel& panel : figure.panels) panel.title = shown_name(panel.title);
  for (Tick& tick : figure.scale.ticks) tick.label = shown_name(tick.label);
  return figure;
}

}  // namespace

void draw_header(Script& script, const std::string& title, const std::vector<std::string>& captions) {
  double y = margin + title_size / 2.0;
  script.text({margin, y}, title, {.size = title_size, .color = black, .bold = true});
  y += title_size / 2.0 + 6.0 + caption_size / 2.0;
  for (const std::string& caption : captions) {
    script.text({margin, y}, caption, {.size = caption_size});
    y += caption_size + 5.0;
  }
}

void write_drawing(const fs::path& file, double width, double height, const std::function<void(Script&)>& draw) {
  const Format format = format_of(file);
  const PrivateFolder folder;
  {
    Script script(folder / "script", folder / "picture", format, width, height);
    draw(script);
  }
  run_gnuplot(folder / "script", folder / "messages", timeout, file);
  std::string contents;
  if (fs::exists(folder / "picture")) contents = read_file(folder / "picture");
  if (!is_whole(format, contents)) {
    throw PictureError(file.string() +
                       ": gnuplot left no whole picture (is the disk full?): " + one_line(folder / "messages"));
  }
  write_file(file, contents);
}

void write_picture(const Figure& wanted, const fs::path& file) {
  const Figure figure = legible(wanted);
  const Layout layout = layout_of(figure);
  write_drawing(file, layout.width, layout.height, [&](Script& script) { draw(script, figure, layout); });
}

}  // namespace arbiter::plots
