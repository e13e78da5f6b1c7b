// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include <fmt/format.h>

#include "arbiter/sink.hpp"
#include "contract/contract_checker.hpp"
#include "contract/sample_data.hpp"
#include "sweep/strategy_ids.hpp"

namespace arbiter {

namespace {

namespace fs = std::filesystem;

/// A temporary folder that is the current one while it lives, so that files outside of output_dir are found.
class Sandbox {
 public:
  Sandbox() : before_(fs::current_path()) {
    std::string pattern = (fs::temp_directory_path() / "arbiter-check-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw SystemError("make a folder in " + pattern, errno);
    dir_ = pattern;
    fs::current_path(dir_);
  }
  ~Sandbox() {
    std::error_code ignored;
    fs::current_path(before_, ignored);
    fs::remove_all(dir_, ignored);
  }
  Sandbox(const Sandbox&) = delete;
  Sandbox& operator=(const Sandbox&) = delete;

  [[nodiscard]] fs::path out() const { return dir_ / "results" / "out"; }
  [[nodiscard]] const fs::path& dir() const { return dir_; }

 private:
  fs::path before_;
  fs::path dir_;
};

/// A decision that uses several strategies.
class BySize : public Selector {
 public:
  [[nodiscard]] std::string name() const override { return "by_size"; }
  [[nodiscard]] std::string select(const Problem& problem) const override {
    return problem.message_bytes() < (1 << 18) ? "ONESHOT" : problem.tp_size == 2 ? "TWOSHOT" : "MPI";
  }
  [[nodiscard]] std::string report() const override { return "below 256 KiB ONESHOT, then TWOSHOT (MPI at tp 4)"; }
};

std::set<fs::path> files_under(const fs::path& dir) {
  std::set<fs::path> files;
  std::error_code error;
  for (fs::recursive_directory_iterator at(dir, error), end; !error && at != end; at.increment(error)) {
    if (at->is_regular_file()) files.insert(at->path());
  }
  return files;
}

/// The contract of a sink. Rank 0 only.
class SinkCheck {
 public:
  explicit SinkCheck(PluginUnderTest& plugin) : plugin_(plugin) {}

  void run() {
    expect("a full run is written, below output_dir only, without empty files", &SinkCheck::write_full_run);
    expect("a run with little to write succeeds or causes an Error: no rows, no selectors, only failed cells",
           &SinkCheck::write_unusual);
    expect("a run that starts from CSVs is written", &SinkCheck::write_from_data);
    expect("a run that is aborted before write() ends without an error", &SinkCheck::abort_run);
    expect("an output_dir that cannot be created causes an Error that names it", &SinkCheck::deny_output_dir);
    expect("it leaks nothing", &SinkCheck::check_leaks);
  }

 private:
  /// Returns what it tried, to be printed.
  using Test = std::string (SinkCheck::*)();

  void expect(const std::string& clause, Test test) {
    plugin_.checker.expect_on_root(clause, [&] { return (this->*test)(); });
  }

  /// Passes a full run to a new sink. Returns the lines that it printed.
  [[nodiscard]] std::vector<std::string> run(const RunInfo& info, const Dataset& dataset,
                                             const std::vector<std::shared_ptr<const Selector>>& selectors) const {
    std::vector<std::string> printed;
    const auto sink = plugin_.make<Sink>();
    sink->begin(info);
    if (info.measures) {
      for (const auto& row : dataset.rows()) {
        sink->measured(row);
        if (row.failed) sink->skipped(row.problem, row.strategy, "failed: " + row.reason);
      }
      sink->skipped({8, DType::bfloat16, "NONE", 1024, 16}, "*", "needs 8 ranks, this run has 4");
    }
    const Dataset no_holdout(dataset.machine());
    sink->write({info,
                 dataset,
                 no_holdout,
                 selectors,
                 {},
                 [](const std::string& strategy) -> std::optional<int> {
                   if (const auto id = published_table_id(strategy)) return id;
                   if (strategy == "MPI") return 99;
                   return strategy == "SLOW" ? std::optional(100) : std::nullopt;
                 },
                 [&](const std::string& line) { printed.push_back(line); }});
    return printed;
  }

  static std::vector<std::shared_ptr<const Selector>> selectors() { return {std::make_shared<BySize>()}; }

  static void expect_inside(const Sandbox& sandbox) {
    for (const auto& file : files_under(sandbox.dir())) {
      const auto place = file.lexically_relative(sandbox.out());
      if (place.empty() || *place.begin() == "..")
        throw ContractViolation("it wrote outside of output_dir: " + file.string());
    }
  }

  [[nodiscard]] std::string write_full_run() {
    const Sandbox sandbox;
    const auto dataset = sample_dataset(1);
    const auto printed = run({sandbox.out(), dataset.machine(), true, {}}, dataset, selectors());
    expect_inside(sandbox);
    const auto files = files_under(sandbox.out());
    for (const auto& file : files) {
      if (fs::file_size(file) == 0)
        throw ContractViolation("it left an empty file: " + file.lexically_relative(sandbox.out()).string());
    }
    wrote_ = !files.empty();
    if (files.empty() && printed.empty()) throw ContractViolation("it wrote no file and printed nothing");
    return fmt::format("{} files, {} lines", files.size(), printed.size());
  }

  [[nodiscard]] std::string write_unusual() {
    int tried = 0;
    for (const auto& [name, dataset] : unusual_datasets()) {
      for (const auto& chosen : {selectors(), std::vector<std::shared_ptr<const Selector>>{}}) {
        const Sandbox sandbox;
        plugin_.checker.set_case(name);
        ++tried;
        try {
          static_cast<void>(run({sandbox.out(), dataset.machine(), true, {}}, dataset, chosen));
        } catch (const Error& error) {
          if (std::string_view(error.what()).empty())
            throw ContractViolation(fmt::format("{}: the Error has no message", name));
        } catch (const std::exception& error) {
          throw ContractViolation(fmt::format("{}: it threw something other than Error: {}", name, error.what()));
        }
        expect_inside(sandbox);
      }
    }
    return fmt::format("{} runs", tried);
  }

  [[nodiscard]] std::string write_from_data() {
    const Sandbox sandbox;
    const auto dataset = sample_dataset(2);
    fs::create_directories(sandbox.dir() / "data");
    static_cast<void>(run({sandbox.out(), dataset.machine(), false, sandbox.dir() / "data"}, dataset, selectors()));
    expect_inside(sandbox);
    return fmt::format("{} files", files_under(sandbox.out()).size());
  }

  [[nodiscard]] std::string abort_run() {
    const Sandbox sandbox;
    const auto dataset = sample_dataset(3);
    {
      const auto sink = plugin_.make<Sink>();
      sink->begin({sandbox.out(), dataset.machine(), true, {}});
      for (const auto& row : dataset.rows()) sink->measured(row);
    }
    expect_inside(sandbox);
    return {};
  }

  [[nodiscard]] std::string deny_output_dir() {
    if (!wrote_) return "it writes no files";
    const Sandbox sandbox;
    std::ofstream(sandbox.dir() / "results") << "a file where a folder should be\n";
    const auto dataset = sample_dataset(4);
    try {
      static_cast<void>(run({sandbox.out(), dataset.machine(), true, {}}, dataset, selectors()));
    } catch (const Error& error) {
      if (std::string_view(error.what()).find(sandbox.dir().string()) == std::string_view::npos) {
        throw ContractViolation(fmt::format("its error does not name the folder: \"{}\"", error.what()));
      }
      return {};
    } catch (const std::exception& error) {
      throw ContractViolation(fmt::format("it threw something other than Error: {}", error.what()));
    }
    throw ContractViolation("it could not write and reported no error");
  }

  [[nodiscard]] std::string check_leaks() {
    const auto dataset = sample_dataset(5);
    const Sandbox sandbox;
    int run_number = 0;
    expect_no_leak("a run", 4, [&] {
      const auto out = sandbox.dir() / std::to_string(run_number++);
      static_cast<void>(run({out, dataset.machine(), true, {}}, dataset, selectors()));
      fs::remove_all(out);
    });
    return {};
  }

  PluginUnderTest& plugin_;
  bool wrote_ = false;
};

}  // namespace

void check_sink(PluginUnderTest& plugin) { SinkCheck(plugin).run(); }

}  // namespace arbiter
