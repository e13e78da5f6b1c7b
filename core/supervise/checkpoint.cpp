// SPDX-License-Identifier: Apache-2.0
#include "supervise/checkpoint.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <limits>
#include <sstream>
#include <type_traits>

#include <fcntl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include "arbiter/error.hpp"
#include "arbiter/files.hpp"
#include "arbiter/names.hpp"
#include "supervise/file_lock.hpp"

namespace arbiter {

namespace {

using Json = nlohmann::json;

/// The version of the records. Ranks of another Arbiter do not continue a run anyway.
constexpr int schema = 1;

Json json_of(const Cell& cell) {
  const auto& problem = cell.problem;
  return {{"tp_size", problem.tp_size},         {"dtype", name_of(problem.dtype)},  {"fusion", problem.fusion},
          {"hidden_size", problem.hidden_size}, {"num_tokens", problem.num_tokens}, {"strategy", cell.strategy}};
}

Cell cell_of(const Json& json) {
  Cell cell;
  cell.problem = {json.at("tp_size"), parse_message_dtype(json.at("dtype").get<std::string>()).value(),
                  json.at("fusion").get<std::string>(), json.at("hidden_size"), json.at("num_tokens")};
  cell.strategy = json.at("strategy").get<std::string>();
  return cell;
}

/// Visits what a row has beside its cell, so that it is written and read alike.
template <class Row, class Visit>
void visit_fields(Row& row, const Visit& visit) {
  visit("op", row.setting.op);
  visit("time_us", row.time_us);
  visit("backend", row.setting.backend);
  visit("hosts", row.setting.hosts);
  visit("graph", row.setting.graph);
  visit("context", row.setting.context);
  visit("numerics", row.numerics);
  visit("iterations_per_sample", row.iterations_per_sample);
  visit("tensor_sets", row.tensor_sets);
  visit("samples", row.samples);
  visit("min_us", row.min_us);
  visit("p95_us", row.p95_us);
  visit("ci_low_us", row.ci_low_us);
  visit("ci_high_us", row.ci_high_us);
  visit("error", row.error);
  visit("lower_bound_us", row.lower_bound_us);
  visit("failed", row.failed);
  visit("suspect", row.suspect);
  visit("run_id", row.run_id);
  visit("holdout", row.holdout);
  visit("reason", row.reason);
}

/// JSON has neither NaN nor infinity: null and "inf" stand for them. Enumerators have their names of the CSV.
struct WriteField {
  Json& json;
  template <class Value>
  void operator()(const char* name, const Value& value) const {
    if constexpr (std::is_enum_v<Value>) {
      json[name] = name_of(value);
    } else {
      json[name] = value;
    }
  }
  void operator()(const char* name, const double& value) const {
    if (std::isinf(value)) {
      json[name] = "inf";
    } else {
      json[name] = value;
    }
  }
};

struct ReadField {
  const Json& json;
  template <class Value>
  void operator()(const char* name, Value& value) const {
    json.at(name).get_to(value);
  }
  void operator()(const char* name, Name& value) const { value = json.at(name).get<std::string>(); }
  void operator()(const char* name, Context& value) const {
    value = parse_context(json.at(name).get<std::string>()).value();
  }
  void operator()(const char* name, Numerics& value) const {
    value = parse_numerics(json.at(name).get<std::string>()).value();
  }
  void operator()(const char* name, double& value) const {
    const auto& field = json.at(name);
    value = field.is_null()     ? Measurement::none
            : field.is_string() ? std::numeric_limits<double>::infinity()
                                : field.get<double>();
  }
};

Measurement row_of(const Json& json) {
  Measurement row;
  const auto [problem, strategy] = cell_of(json.at("row"));
  row.problem = problem;
  row.strategy = strategy;
  visit_fields(row, ReadField{json});
  return row;
}

std::string line_of(const Json& json) { return json_text(json) + "\n"; }

}  // namespace

std::string to_json_text(const Cell& cell) { return json_text(json_of(cell)); }

Cell cell_from_json(const std::string& text) { return cell_of(Json::parse(text)); }

Checkpoint::Checkpoint(std::filesystem::path file) : file_(std::move(file)) {
  descriptor_ = ::open(file_.c_str(), O_RDWR | O_APPEND | O_CLOEXEC);
  if (descriptor_ < 0) throw SystemError("open " + file_.string(), errno);
  // Ranks that were told to end may take a while.
  constexpr std::chrono::seconds patience{30};
  if (!lock_within(descriptor_, patience)) {
    ::close(descriptor_);
    throw Error(fmt::format("{}: ranks of before still write it; they should have ended", file_.string()));
  }
  // What a killed process wrote in part is as if it had not been measured.
  const auto whole = static_cast<off_t>(whole_lines(text()).size());
  if (::lseek(descriptor_, 0, SEEK_END) > whole && ::ftruncate(descriptor_, whole) != 0) {
    const int error = errno;
    ::close(descriptor_);
    throw SystemError("cut " + file_.string(), error);
  }
}

Checkpoint::~Checkpoint() { ::close(descriptor_); }

void Checkpoint::create(const std::filesystem::path& file, const CheckpointHead& head) {
  write_file(file, line_of({{"run_id", head.run_id}, {"date", head.date}, {"schema", schema}}));
}

void Checkpoint::add(const std::string& lines) {
  const off_t start = ::lseek(descriptor_, 0, SEEK_END);
  const ssize_t written = ::write(descriptor_, lines.data(), lines.size());
  if (written == static_cast<ssize_t>(lines.size())) return;
  const int error = written < 0 ? errno : ENOSPC;
  static_cast<void>(!::ftruncate(descriptor_, start));
  throw SystemError("write " + file_.string(), error);
}

void Checkpoint::add_rows(const std::vector<Measurement>& rows) {
  Json all = Json::array();
  for (const auto& row : rows) {
    Json json{{"row", json_of({row.problem, row.strategy})}};
    visit_fields(row, WriteField{json});
    all.push_back(std::move(json));
  }
  add(line_of({{"rows", std::move(all)}}));
}

void Checkpoint::add_skipped(const std::vector<SkippedCell>& cells) {
  std::string lines;
  for (const auto& cell : cells) {
    lines += line_of({{"skipped", json_of({cell.problem, cell.strategy})}, {"reason", cell.reason}});
  }
  add(lines);
}

void Checkpoint::add_broken(const BrokenCell& broken) {
  add(line_of({{"broken", json_of(broken.cell)}, {"reason", broken.reason}}));
}

void Checkpoint::add_finished_part(const std::string& part) { add(line_of({{"finished_part", part}})); }

std::string Checkpoint::text() const {
  // Not by its name, which the file may have lost.
  std::string text(static_cast<std::size_t>(std::max<off_t>(::lseek(descriptor_, 0, SEEK_END), 0)), '\0');
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t part = ::pread(descriptor_, text.data() + done, text.size() - done, static_cast<off_t>(done));
    if (part < 0 && errno == EINTR) continue;
    if (part <= 0) throw SystemError("read " + file_.string(), part < 0 ? errno : EIO);
    done += static_cast<std::size_t>(part);
  }
  return text;
}

std::string_view Checkpoint::whole_lines(std::string_view text) { return text.substr(0, text.rfind('\n') + 1); }

Checkpoint::Contents Checkpoint::contents_of(const std::string& text) {
  Contents contents;
  std::istringstream lines{std::string(whole_lines(text))};
  int number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    try {
      const auto json = Json::parse(line);
      if (number == 1) {
        if (json.at("schema") != schema) throw DataError("another Arbiter wrote it");
        contents.head = {json.at("run_id"), json.at("date")};
      } else if (json.contains("rows")) {
        for (const auto& row : json.at("rows")) contents.rows.push_back(row_of(row));
      } else if (json.contains("broken")) {
        contents.broken.push_back({cell_of(json.at("broken")), json.at("reason")});
      } else if (json.contains("skipped")) {
        auto [problem, strategy] = cell_of(json.at("skipped"));
        contents.skipped.push_back({problem, std::move(strategy), json.at("reason")});
      } else {
        contents.finished_parts.push_back(json.at("finished_part"));
      }
    } catch (const std::exception& error) {
      throw DataError(fmt::format("line {}: no record of a checkpoint: {}", number, error.what()));
    }
  }
  if (number == 0) throw DataError("line 1: no record of a checkpoint: the file is empty");
  return contents;
}

}  // namespace arbiter
