#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace arbiter::plots {

enum class Format : std::uint8_t { png, svg, pdf };

/// By the file's extension. Throws PictureError.
[[nodiscard]] Format format_of(const std::filesystem::path& file);

/// The `set terminal` of a picture of so many pixels (96 to an inch), whose fonts are in pixels, too.
[[nodiscard]] std::string terminal(Format format, double width, double height);

/// gnuplot's name of the font.
[[nodiscard]] std::string font(Format format, double size, bool bold);

/// Whether a picture is there to its last byte.
[[nodiscard]] bool is_whole(Format format, std::string_view contents);

}  // namespace arbiter::plots
