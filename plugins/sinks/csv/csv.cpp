// SPDX-License-Identifier: Apache-2.0
// csv: <out>/benchmark.tp<N>.<platform>.csv, each row as soon as it is measured, with the machine (.machine.json) and
// the reasons for skipped and failed cells (.log) beside it; the rows of the holdout in
// benchmark.tp<N>.<platform>.holdout.csv, and the machine probe in machine_probe.tp<N>.<platform>.csv. A run that
// starts from CSVs of another folder copies their rows in this form.
#include "arbiter/csv.hpp"

#include <map>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "arbiter/error.hpp"
#include "arbiter/names.hpp"
#include "arbiter/sink.hpp"

namespace arbiter {

namespace {

namespace fs = std::filesystem;

class CsvSink : public Sink {
 public:
  explicit CsvSink(const Parameters&) {}

 private:
  void do_begin(const RunInfo& run) override {
    run_ = run;
    earlier_ = run.continues ? LineFile::Earlier::continues : LineFile::Earlier::is_set_aside;
    files_.clear();
    logs_.clear();
    probe_files_.clear();
  }

  void do_probed(const MachineProbe& probe) override {
    const fs::path file = run_.output_dir / probe_file_name(probe.tp_size(), platform());
    if (run_.continues) fs::remove(file);
    write_probe(file, probe, run_.runs.empty() ? std::string_view() : run_.runs.front().id);
    probe_files_.push_back(file);
  }

  void do_measured(const Measurement& row) override { append(row.problem.tp_size, row.holdout, {&row}); }

  void do_skipped(const Problem& problem, const std::string& strategy, const std::string& reason) override {
    std::unique_ptr<LineFile>& log = logs_[problem.tp_size];
    if (!log) log = std::make_unique<LineFile>(path(file_stem(problem.tp_size, platform()), ".log"), earlier_);
    log->append(plain_text(fmt::format("{}, {}: {}", to_string(problem), strategy, reason)));
  }

  void do_write(const Report& report) override {
    if (!report.run.measures && elsewhere(report.run)) {
      run_ = report.run;
      if (report.all_rows != nullptr) {
        copy(*report.all_rows);
      } else {
        for (const Dataset* data : {&report.dataset, &report.holdout}) copy(*data);
      }
      copy_records();
    }
    const auto now = [&](const fs::path& file) { return (report.run.output_dir / file.filename()).string(); };
    for (const auto& [key, file] : files_) {
      if (!file.writer) continue;
      const auto part = [](std::int64_t count, const char* what) {
        return count > 0 ? fmt::format(", {} of them {}", count, what) : std::string();
      };
      report.say(fmt::format("{}: {} rows{}{}", now(file.writer->file()), file.rows, part(file.failed, "failed"),
                             part(file.suspect, "suspect")));
    }
    for (const auto& file : probe_files_) report.say(fmt::format("{}: machine probe", now(file)));
    for (const auto& [tp_size, log] : logs_) report.say(fmt::format("{}: what was skipped", now(log->file())));
  }

  struct File {
    std::unique_ptr<CsvWriter> writer;
    std::int64_t rows = 0;
    std::int64_t failed = 0;
    std::int64_t suspect = 0;
  };

  [[nodiscard]] const std::string& platform() const {
    if (run_.machine.platform.empty())
      throw DataError("csv: the platform of the data is not known; name the SM version");
    return run_.machine.platform;
  }

  [[nodiscard]] fs::path path(const std::string& stem, const char* extension) const {
    return run_.output_dir / (stem + extension);
  }

  static bool elsewhere(const RunInfo& run) {
    return fs::weakly_canonical(run.output_dir) != fs::weakly_canonical(run.data_dir);
  }

  /// The records of the runs, without which their rows could not be joined again.
  void copy_records() const {
    for (const RunRecord& run : run_.runs) {
      const std::string name = fmt::format("run.{}.json", file_name(run.id));
      if (fs::is_regular_file(run_.data_dir / name))
        write_file(run_.output_dir / name, read_file(run_.data_dir / name));
    }
  }

  /// Appends rows that are in the data folder too.
  void copy(const Dataset& data) {
    std::map<std::pair<int, bool>, std::vector<const Measurement*>> parts;
    for (const Measurement& row : data.rows()) parts[{row.problem.tp_size, row.holdout}].push_back(&row);
    for (const auto& [part, rows] : parts) append(part.first, part.second, rows);
  }

  void append(int tp_size, bool holdout, const std::vector<const Measurement*>& rows) {
    File& file = files_[{tp_size, holdout}];
    const bool is_new = !file.writer;
    if (is_new) {
      const auto stem = holdout ? holdout_file_stem(tp_size, platform()) : file_stem(tp_size, platform());
      file.writer = std::make_unique<CsvWriter>(path(stem, ".csv"), earlier_);
    }
    file.writer->append(rows);
    file.rows += static_cast<std::int64_t>(rows.size());
    for (const Measurement* row : rows) {
      if (row->suspect && !row->failed) {
        ++file.suspect;
      } else if (!row->usable()) {
        ++file.failed;
      }
    }
    // After the rows, so that a failure to write the facts does not lose a measurement.
    if (is_new && !holdout) write_machine_file(file.writer->file(), run_.machine);
  }

  RunInfo run_;
  LineFile::Earlier earlier_ = LineFile::Earlier::is_set_aside;
  std::map<std::pair<int, bool>, File> files_;  ///< by tp size and holdout, from its first row
  std::vector<fs::path> probe_files_;
  std::map<int, std::unique_ptr<LineFile>> logs_;  ///< by tp size, from its first skipped cell
};

}  // namespace

}  // namespace arbiter

ARBITER_PLUGIN(arbiter::CsvSink, {.kind = arbiter::PluginKind::sink,
                                  .name = "csv",
                                  .version = "1.0",
                                  .summary = "Measurements as CSV, row by row as measured"})
