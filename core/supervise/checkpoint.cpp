// SPDX-License-Identifier: Apache-2.0
#include "supervise/checkpoint.hpp"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <sstream>
#include <type_traits>

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>
#include <unistd.h>

#include "arbiter/error.hpp"
#include "arbiter/names.hpp"

namespace arbiter {

namespace {

using Json = nlohmann::json;

/// The file begins with two texts of fixed size and the term marks, a byte for each rank; records, a line each, follow.
constexpr std::size_t slot_bytes = 4096;
constexpr std::size_t ranks_slot = 0;
constexpr std::size_t current_slot = slot_bytes;
constexpr std::size_t term_marks = 2 * slot_bytes;
constexpr std::size_t records_begin = 3 * slot_bytes;

std::string read_at(int descriptor, std::size_t offset, std::size_t bytes) {
  std::string text(bytes, '\0');
  std::size_t done = 0;
  while (done < bytes) {
    const ssize_t part = ::pread(descriptor, text.data() + done, bytes - done, static_cast<off_t>(offset + done));
    if (part < 0 && errno == EINTR) continue;
    if (part <= 0) break;
    done += static_cast<std::size_t>(part);
  }
  text.resize(done);
  return text;
}

std::string line_of(const Json& json) { return json_text(json); }

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

Checkpoint::TermMark installed_mark;  // the handler's; set while none is installed

extern "C" void mark_and_end(int signal) {
  const char got = 1;
  static_cast<void>(!::pwrite(installed_mark.descriptor, &got, 1, installed_mark.offset));
  ::signal(signal, SIG_DFL);
  ::raise(signal);
}

}  // namespace

Checkpoint::Checkpoint(const std::filesystem::path& file) : slots_(::open(file.c_str(), O_RDWR | O_CLOEXEC)) {
  if (slots_ < 0) throw SystemError("open " + file.string(), errno);
  records_ = ::open(file.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  struct stat status {};
  const bool sized = records_ >= 0 && ::fstat(slots_, &status) == 0 &&
                     (static_cast<std::size_t>(status.st_size) >= records_begin ||
                      ::ftruncate(slots_, static_cast<off_t>(records_begin)) == 0);
  if (sized) return;
  const int error = errno;
  ::close(slots_);
  if (records_ >= 0) ::close(records_);
  throw SystemError("open " + file.string(), error);
}

Checkpoint::~Checkpoint() {
  ::close(slots_);
  ::close(records_);
}

std::unique_ptr<Checkpoint> Checkpoint::of_launcher() {
  const char* path = std::getenv(variable);
  if (path == nullptr || ::access(path, W_OK) != 0) return nullptr;
  return std::make_unique<Checkpoint>(path);
}

void Checkpoint::write_slot(std::size_t offset, const std::string& text) {
  if (text.size() >= slot_bytes) throw Error("the checkpoint has no room for " + text.substr(0, 60) + "...");
  // One write, with its terminator: the launcher may read at any time.
  if (::pwrite(slots_, text.c_str(), text.size() + 1, static_cast<off_t>(offset)) < 0) {
    throw SystemError("write the checkpoint", errno);
  }
}

std::string Checkpoint::slot(std::size_t offset) const {
  const std::string whole = read_at(slots_, offset, slot_bytes);
  return whole.substr(0, whole.find('\0'));
}

void Checkpoint::begin_launch() {
  write_ranks({});
  clear_current();
  write_slot(term_marks, std::string(slot_bytes - 1, '\0'));
}

void Checkpoint::write_ranks(const std::vector<pid_t>& pids) {
  std::string text;
  for (const pid_t pid : pids) text += std::to_string(pid) + " ";
  write_slot(ranks_slot, text);
}

std::vector<pid_t> Checkpoint::ranks() const {
  std::istringstream text(slot(ranks_slot));
  std::vector<pid_t> pids;
  for (pid_t pid = 0; text >> pid;) pids.push_back(pid);
  return pids;
}

Checkpoint::TermMark Checkpoint::term_mark(int rank) const {
  return {slots_, static_cast<off_t>(term_marks) + std::min<off_t>(rank, slot_bytes - 1)};
}

bool Checkpoint::got_sigterm(int rank) const {
  return read_at(slots_, static_cast<std::size_t>(term_mark(rank).offset), 1) == "\1";
}

void Checkpoint::write_current(const Cell& cell, double patience_seconds) {
  auto at = rendered_.find(cell);
  if (at == rendered_.end()) {
    if (!rendered_.empty() && rendered_.begin()->first.problem != cell.problem) rendered_.clear();
    at = rendered_.emplace(cell, line_of({{"cell", json_of(cell)}, {"patience_seconds", patience_seconds}})).first;
  }
  write_slot(current_slot, at->second);
}

void Checkpoint::clear_current() { write_slot(current_slot, ""); }

std::optional<Checkpoint::Current> Checkpoint::current() const {
  const auto text = slot(current_slot);
  if (text.empty()) return std::nullopt;
  const auto json = Json::parse(text);
  return Current{cell_of(json.at("cell")), json.at("patience_seconds")};
}

std::string Checkpoint::progress_stamp() const {
  struct stat status {};
  static_cast<void>(::fstat(slots_, &status));
  return std::to_string(status.st_size) + slot(current_slot);
}

void Checkpoint::add(const std::string& line) {
  const std::string text = line + "\n";
  // One write: errors of several ranks may come at once.
  if (::write(records_, text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    throw SystemError("write the checkpoint", errno);
  }
}

void Checkpoint::add_row(const Measurement& row) {
  Json json{{"row", json_of({row.problem, row.strategy})}};
  visit_fields(row, WriteField{json});
  add(line_of(json));
}

void Checkpoint::add_skipped(const SkippedCell& skipped) {
  add(line_of({{"skipped", json_of({skipped.problem, skipped.strategy})}, {"reason", skipped.reason}}));
}

void Checkpoint::add_broken(const BrokenCell& broken) {
  add(line_of({{"broken", json_of(broken.cell)}, {"reason", broken.reason}}));
}

void Checkpoint::add_rank_error(const std::string& text) { add(line_of({{"rank_error", text}})); }

std::string Checkpoint::text() const {
  struct stat status {};
  if (::fstat(slots_, &status) != 0) throw SystemError("read the checkpoint", errno);
  return read_at(slots_, records_begin, static_cast<std::size_t>(status.st_size) - records_begin);
}

Checkpoint::Contents Checkpoint::contents_of(const std::string& text) {
  Contents contents;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    try {
      const auto json = Json::parse(line);
      if (json.contains("row")) {
        contents.rows.push_back(row_of(json));
      } else if (json.contains("broken")) {
        contents.broken.push_back({cell_of(json.at("broken")), json.at("reason")});
      } else if (json.contains("skipped")) {
        auto [problem, strategy] = cell_of(json.at("skipped"));
        contents.skipped.push_back({problem, std::move(strategy), json.at("reason")});
      } else {
        contents.rank_errors.push_back(json.at("rank_error"));
      }
    } catch (const std::exception& error) {
      throw Error(std::string("the checkpoint of the previous ranks cannot be read: ") + error.what());
    }
  }
  return contents;
}

TermMarker::TermMarker(int rank) : checkpoint_(Checkpoint::of_launcher()) {
  if (checkpoint_ == nullptr) return;
  installed_mark = checkpoint_->term_mark(rank);
  struct sigaction action {};
  action.sa_handler = mark_and_end;
  sigemptyset(&action.sa_mask);
  ::sigaction(SIGTERM, &action, &before_);
}

TermMarker::~TermMarker() {
  if (checkpoint_ != nullptr) ::sigaction(SIGTERM, &before_, nullptr);
}

}  // namespace arbiter
