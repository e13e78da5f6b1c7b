// SPDX-License-Identifier: Apache-2.0
// What nccl-tests print (checked with 2.18: redop and root, per-iteration columns, timestamps; older ones by header).
#include "io/nccl_text.hpp"

#include <algorithm>
#include <regex>
#include <set>
#include <vector>

#include <fmt/format.h>

#include "arbiter/error.hpp"
#include "arbiter/files.hpp"
#include "io/field_values.hpp"
#include "io/nccl_points.hpp"
#include "io/text_lines.hpp"

namespace arbiter {

namespace {

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  while (true) {
    const std::size_t start = line.find_first_not_of(" \t");
    if (start == std::string_view::npos) return words;
    line.remove_prefix(start);
    const std::size_t end = std::min(line.find_first_of(" \t"), line.size());
    words.push_back(line.substr(0, end));
    line.remove_prefix(end);
  }
}

/// Without the tag that mpirun --tag-output puts before each line: "[1,0]<stdout>:".
std::string_view without_tag(std::string_view line) {
  static constexpr std::string_view mark = "<stdout>:";
  const std::size_t at = line.find(mark);
  if (!line.starts_with('[') || at == std::string_view::npos || at > 32) return line;
  return line.substr(at + mark.size());
}

bool is_row(const std::vector<std::string_view>& words) {
  return words.front().find_first_not_of("0123456789") == std::string_view::npos;
}

constexpr std::int64_t most_ranks = 1 << 20;

class NcclText {
 public:
  explicit NcclText(const std::filesystem::path& file) : file_(file), points_(file) {}

  /// Throws BadLine and DataError.
  void add(std::string_view tagged) {
    const std::string_view line = without_tag(tagged);
    const std::vector<std::string_view> words = words_of(line);
    if (words.empty()) return;
    if (is_nccl_header(line)) {
      columns_.assign(words.begin() + 1, words.end());
    } else if (words.front().starts_with('#')) {
      // What a comment says is at its beginning; std::regex needs a part of the stack for each character.
      constexpr std::size_t longest = 1000;
      comment(std::string(line.substr(0, longest)));
    } else if (!columns_.empty() && is_row(words)) {
      row(words);
    }
  }

  [[nodiscard]] CurveContents take() const { return points_.take(); }

 private:
  void comment(const std::string& line) {
    static const std::regex program(R"(# Collective test starting: (\S+))");
    static const std::regex run(R"(# nThreads? (\d{1,6}) nGpus (\d{1,6}) .*)");
    static const std::regex graph(R"(.* graph: (\d+).*)");
    static const std::regex rank(R"(#\s+Rank\s+\d+\s+(?:Group\s+(\d+)\s+)?Pid\s+\d+\s+on\s+(\S+)\s+device.*)");
    std::smatch match;
    if (std::regex_match(line, match, program)) {
      points_.program(match[1].str());
    } else if (std::regex_match(line, match, run)) {
      ranks_ = 0;
      hosts_.clear();
      const auto threads = whole_number("nThread", match[1].str(), 1, most_ranks);
      points_.run().tp_size =
          static_cast<int>(threads * whole_number("nGpus", match[2].str(), 1, most_ranks / threads));
      points_.run().setting = {};
      points_.run().setting.graph = std::regex_match(line, match, graph) && match[1].str() != "0";
    } else if (std::regex_match(line, match, rank)) {
      if (ranks_ == 0) group_ = match[1].str();
      if (match[1].str() != group_) return;
      hosts_.insert(match[2].str());
      points_.run().tp_size = ++ranks_;
      points_.run().setting.hosts = static_cast<int>(hosts_.size());
    }
  }

  void row(const std::vector<std::string_view>& words) {
    // A timestamp is two words.
    const std::size_t expected = columns_.size() + (columns_.back() == "timestamp" ? 1 : 0);
    if (words.size() != expected) {
      throw BadLine(fmt::format("line: found {} fields, allowed {} as in the header", words.size(), expected));
    }
    const auto field = [&](std::string_view name) {
      const auto place = std::ranges::find(columns_, name) - columns_.begin();
      return place < static_cast<std::ptrdiff_t>(columns_.size()) ? words[static_cast<std::size_t>(place)]
                                                                  : std::string_view{};
    };
    points_.row({whole_number("size", field("size"), 0), whole_number("count", field("count"), 0),
                 std::string(field("type")), std::string(field("redop"))});
    int times = 0;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (columns_[i] == "cputime") {
        throw DataError(
            fmt::format("{}: found the column cputime, allowed time: run nccl-tests without -C", file_.string()));
      }
      if (columns_[i] != "time") continue;
      const std::string column = times == 0 ? "time (out-of-place)" : "time (in-place)";
      const bool empty = whole_number("size", field("size"), 0) == 0;
      if (!empty) points_.time(times == 1, microseconds(column, words[i]), is_wrong(words, i));
      ++times;
    }
  }

  /// Whether the column after a time, #wrong (older versions: error), counts wrong values.
  [[nodiscard]] bool is_wrong(const std::vector<std::string_view>& words, std::size_t time) const {
    const auto counter = std::find_if(columns_.begin() + static_cast<std::ptrdiff_t>(time), columns_.end(),
                                      [](const auto& name) { return name == "#wrong"; });
    if (counter == columns_.end()) return false;
    return any_number(words[static_cast<std::size_t>(counter - columns_.begin())]).value_or(0.0) > 0.0;
  }

  const std::filesystem::path& file_;
  NcclPoints points_;
  std::vector<std::string> columns_;
  int ranks_ = 0;  // of the group
  std::string group_;
  std::set<std::string> hosts_;
};

}  // namespace

bool is_nccl_header(std::string_view line) {
  const std::vector<std::string_view> words = words_of(without_tag(line));
  if (words.size() < 6 || words[0] != "#" || words[1] != "size" || words[2] != "count" || words[3] != "type") {
    return false;
  }
  return std::ranges::find(words, "algbw") != words.end();
}

CurveContents read_nccl_text(const std::filesystem::path& file, bool skip_bad_rows) {
  const std::string text = read_file(file);
  refuse_utf16(file, text);
  TextLines lines(text);
  NcclText output(file);
  std::vector<std::string> skipped;
  while (lines.next()) {
    try {
      output.add(lines.line());
    } catch (const BadLine& error) {
      if (!skip_bad_rows) throw DataError(positioned(file, lines, error));
      skipped.push_back(positioned(file, lines, error));
    }
  }
  CurveContents contents = output.take();
  contents.skipped_rows = static_cast<std::int64_t>(skipped.size());
  contents.warnings.insert(contents.warnings.begin(), skipped.begin(), skipped.end());
  return contents;
}

}  // namespace arbiter
