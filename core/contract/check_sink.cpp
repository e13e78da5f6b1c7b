#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include <fmt/format.h>

#include "arbiter/sink.hpp"
#include "contract/plugin_under_test.hpp"
#include "contract/process_resources.hpp"
#include "contract/sample_data.hpp"
#include "sweep/strategy_ids.hpp"

namespace arbiter {

namespace {

namespace fs = std::filesystem;

/// A folder that is gone when the check is, and the process in it: whatever a sink writes past its output_dir is seen.
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

/// Every strategy but the third fastest: a decision that uses several.
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

/// The clauses of a sink's contract. Rank 0 only.
class SinkCheck {
 public:
  explicit SinkCheck(PluginUnderTest& subject) : subject_(subject) {}

  void run() {
    hold("a whole run is written, below output_dir only, every file complete", [this] { return write_all(); });
    hold("runs that have little to write do not end it: no rows, no selectors, only failed cells",
         [this] { return write_little(); });
    hold("a run that starts from CSVs is written too", [this] { return write_from_data(); });
    hold("a run that broke off before write() ends quietly", [this] { return break_off(); });
    hold("an output_dir that cannot be made ends in an error that names it", [this] { return lose_folder(); });
    hold("it leaves nothing behind", [this] { return leak(); });
  }

 private:
  void hold(const std::string& clause, const std::function<std::string()>& test) {
    subject_.clauses.hold_on_root(clause, test);
  }

  /// A whole run through a sink of its own; what it said.
  [[nodiscard]] std::vector<std::string> run(const RunInfo& info, const Dataset& dataset,
                                             const std::vector<std::shared_ptr<const Selector>>& selectors) const {
    std::vector<std::string> said;
    const auto sink = subject_.make<Sink>();
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
                 [&](const std::string& line) { said.push_back(line); }});
    return said;
  }

  static std::vector<std::shared_ptr<const Selector>> selectors() { return {std::make_shared<BySize>()}; }

  static void expect_inside(const Sandbox& sandbox) {
    for (const auto& file : files_under(sandbox.dir())) {
      const auto place = file.lexically_relative(sandbox.out());
      if (place.empty() || *place.begin() == "..")
        throw ContractViolation("it wrote outside of output_dir: " + file.string());
    }
  }

  [[nodiscard]] std::string write_all() {
    const Sandbox sandbox;
    const auto dataset = sample_dataset(1);
    const auto said = run({sandbox.out(), dataset.machine(), true, {}}, dataset, selectors());
    expect_inside(sandbox);
    const auto files = files_under(sandbox.out());
    for (const auto& file : files) {
      if (fs::file_size(file) == 0)
        throw ContractViolation("it left an empty file: " + file.lexically_relative(sandbox.out()).string());
    }
    wrote_ = !files.empty();
    if (files.empty() && said.empty()) throw ContractViolation("it wrote no file and said nothing");
    return fmt::format("{} files, {} lines", files.size(), said.size());
  }

  [[nodiscard]] std::string write_little() {
    int tried = 0;
    for (const auto& [what, dataset] : odd_datasets()) {
      for (const auto& chosen : {selectors(), std::vector<std::shared_ptr<const Selector>>{}}) {
        const Sandbox sandbox;
        subject_.clauses.at(what);
        ++tried;
        try {
          static_cast<void>(run({sandbox.out(), dataset.machine(), true, {}}, dataset, chosen));
        } catch (const Error& error) {
          if (std::string_view(error.what()).empty())
            throw ContractViolation(fmt::format("{}: an Error without a text", what));
        } catch (const std::exception& error) {
          throw ContractViolation(fmt::format("{}: it threw no Error: {}", what, error.what()));
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

  [[nodiscard]] std::string break_off() {
    const Sandbox sandbox;
    const auto dataset = sample_dataset(3);
    {
      const auto sink = subject_.make<Sink>();
      sink->begin({sandbox.out(), dataset.machine(), true, {}});
      for (const auto& row : dataset.rows()) sink->measured(row);
    }
    expect_inside(sandbox);
    return {};
  }

  [[nodiscard]] std::string lose_folder() {
    if (!wrote_) return "it writes no files";
    const Sandbox sandbox;
    std::ofstream(sandbox.dir() / "results") << "a file where a folder should be\n";
    const auto dataset = sample_dataset(4);
    try {
      static_cast<void>(run({sandbox.out(), dataset.machine(), true, {}}, dataset, selectors()));
    } catch (const Error& error) {
      if (std::string_view(error.what()).find(sandbox.dir().string()) == std::string_view::npos) {
        throw ContractViolation(fmt::format("its error does not say where: \"{}\"", error.what()));
      }
      return {};
    } catch (const std::exception& error) {
      throw ContractViolation(fmt::format("it threw no Error: {}", error.what()));
    }
    throw ContractViolation("it could write nothing and did not say so");
  }

  [[nodiscard]] std::string leak() {
    constexpr int rounds = 4;
    const auto dataset = sample_dataset(5);
    const Sandbox sandbox;
    int run_number = 0;
    const auto left = leak_of(rounds, [&] {
      const auto out = sandbox.dir() / std::to_string(run_number++);
      static_cast<void>(run({out, dataset.machine(), true, {}}, dataset, selectors()));
      fs::remove_all(out);
    });
    if (!left.empty()) throw ContractViolation("a run leaves " + left);
    return {};
  }

  PluginUnderTest& subject_;
  bool wrote_ = false;
};

}  // namespace

void check_sink(PluginUnderTest& subject) { SinkCheck(subject).run(); }

}  // namespace arbiter
