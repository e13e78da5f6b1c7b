// SPDX-License-Identifier: Apache-2.0
#include "arbiter/names.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <utility>

#include <fmt/format.h>

#include "sdk/text_hash.hpp"

namespace arbiter {

namespace {

/// The bytes of the UTF-8 character at the start of a text, which is not empty; 0 if there is none.
std::size_t character_bytes(std::string_view text, std::uint32_t& code) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  constexpr std::array<std::uint32_t, 5> least = {0, 0, 0x80, 0x800, 0x10000};  // shorter forms are not UTF-8
  const std::size_t bytes = byte(0) < 0x80 ? 1 : byte(0) < 0xC0 ? 0 : byte(0) < 0xE0 ? 2 : byte(0) < 0xF0 ? 3 : 4;
  if (bytes == 0 || byte(0) >= 0xF8 || text.size() < bytes) return 0;
  code = bytes == 1 ? byte(0) : byte(0) & (0x7FU >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) return 0;
    code = code << 6U | (byte(i) & 0x3FU);
  }
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  return code < least.at(bytes) || code > 0x10FFFF || surrogate ? 0 : bytes;
}

/// Characters that do not print, or change how the text around them prints; those of one byte aside.
constexpr std::array<std::pair<std::uint32_t, std::uint32_t>, 11> unprintable = {{{0x80, 0x9F},  // controls
                                                                                  {0xAD, 0xAD},
                                                                                  {0x61C, 0x61C},  // direction
                                                                                  {0x180E, 0x180E},
                                                                                  {0x200B, 0x200F},  // no width
                                                                                  {0x2028, 0x202E},  // lines, direction
                                                                                  {0x2060, 0x206F},
                                                                                  {0xFEFF, 0xFEFF},  // byte order
                                                                                  {0xFFF9, 0xFFFB},
                                                                                  {0xFFFE, 0xFFFF},      // not in XML
                                                                                  {0xE0000, 0xE0FFF}}};  // tags

/// The character at the start of `text`, as it is shown; removes it.
std::string take_character(std::string_view& text, bool keeps_tabs) {
  std::uint32_t code = 0;
  const std::size_t bytes = character_bytes(text, code);
  const std::string_view own = text.substr(0, std::max<std::size_t>(bytes, 1));
  text.remove_prefix(own.size());
  if (bytes == 0) return fmt::format("\\x{:02x}", static_cast<unsigned char>(own.front()));
  if (code == '\n') return "\\n";
  if (code == '\t' && keeps_tabs) return "\t";
  if (code < 0x20 || code == 0x7F) return fmt::format("\\x{:02x}", code);
  const bool shown = std::ranges::none_of(
      unprintable, [code](const auto& range) { return code >= range.first && code <= range.second; });
  if (shown) return std::string(own);
  return code > 0xFFFF ? fmt::format("\\U{:08x}", code) : fmt::format("\\u{:04x}", code);
}

std::string plain(std::string_view text, std::size_t longest, bool keeps_tabs) {
  std::string result;
  while (!text.empty()) {
    const std::string next = take_character(text, keeps_tabs);
    if (result.size() + next.size() > longest) return result + "...";
    result += next;
  }
  return result;
}

constexpr std::size_t longest_file_name = 120;

bool is_plain_in_files(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view(" _-.+=,").find(c) != std::string_view::npos;
}

/// CON, NUL.txt: files that some systems open as devices, whatever the folder.
bool is_device(std::string_view name) {
  std::string stem(name.substr(0, name.find('.')));
  std::ranges::transform(stem, stem.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  constexpr std::array<std::string_view, 4> devices = {"CON", "PRN", "AUX", "NUL"};
  if (std::ranges::find(devices, stem) != devices.end()) return true;
  return stem.size() == 4 && (stem.starts_with("COM") || stem.starts_with("LPT")) && stem[3] >= '0' && stem[3] <= '9';
}

}  // namespace

std::string plain_text(std::string_view text, std::size_t longest) { return plain(text, longest, false); }

std::string plain_lines(std::string_view text) {
  std::string result;
  while (true) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    result += plain(line, std::string_view::npos, true);
    if (end == std::string_view::npos) return result;
    text.remove_prefix(end + 1);
    result += text.empty() ? "\n" : "\n  ";
  }
}

std::string file_name(std::string_view name) {
  std::string result;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    const bool first = i == 0 && (c == '.' || c == '-' || c == ' ' || is_device(name));
    const bool last = i + 1 == name.size() && (c == '.' || c == ' ');
    if (is_plain_in_files(c) && !first && !last) {
      result += c;
    } else {
      result += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  if (result.empty()) return "%";
  if (result.size() <= longest_file_name) return result;
  return result.substr(0, 100) + "~" + text_hash(name);
}

}  // namespace arbiter
