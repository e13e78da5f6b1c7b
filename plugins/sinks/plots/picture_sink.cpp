// SPDX-License-Identifier: Apache-2.0
#include "arbiter/picture_sink.hpp"

#include <atomic>
#include <utility>

#include <fmt/format.h>

#include "arbiter/names.hpp"
#include "arbiter/plots.hpp"

namespace arbiter::plots {

namespace {

/// Shared by all picture sinks of a run. begin() of every sink precedes write() of any.
std::atomic<bool> reported_missing_gnuplot = false;

}  // namespace

PictureSink::PictureSink(const Parameters& parameters, PlotFunction plot, std::string suffix)
    : plot_(std::move(plot)), suffix_(std::move(suffix)), formats_(parameters.texts("formats")) {}

void PictureSink::do_begin(const RunInfo& /*run*/) { reported_missing_gnuplot = false; }

void PictureSink::do_write(const Report& report) {
  const auto folder = report.run.output_dir / "viz";
  Outcome outcome;
  try {
    for (const int tp_size : report.dataset.tp_sizes()) {
      const Dataset all = report.dataset.of_tp_size(tp_size);
      std::string stem = file_stem(tp_size, report.dataset.machine().platform);
      for (const DType dtype : all.dtypes()) {
        const std::string dtype_part = dtype == all.dtypes().front() ? "" : fmt::format(".{}", name_of(dtype));
        const Dataset drawn = all.of_dtype(dtype);
        if (draws(drawn)) draw_fusions(drawn, folder, stem + dtype_part, outcome);
      }
    }
  } catch (const GnuplotMissing& missing) {
    if (!reported_missing_gnuplot.exchange(true)) report.say(fmt::format("pictures are skipped: {}", missing.what()));
    return;
  }
  for (const std::string& fusion : report.dataset.fusions()) {
    if (outcome.written == 0 || file_name(fusion) == fusion) continue;
    report.say(fmt::format("{}: no folder can be called {}; its pictures are in {}", suffix_, plain_text(fusion),
                           (folder / file_name(fusion)).string()));
  }
  report.say(fmt::format("{}: {} picture{} in {}", suffix_, outcome.written, outcome.written == 1 ? "" : "s",
                         folder.string()));
  if (outcome.failures.empty()) return;
  const std::size_t more = outcome.failures.size() - 1;
  throw PictureError(outcome.failures.front() + (more == 0 ? "" : fmt::format(" (and {} more pictures)", more)));
}

bool PictureSink::draws(const Dataset& /*dataset*/) const { return true; }

void PictureSink::draw_fusions(const Dataset& dataset, const std::filesystem::path& folder, const std::string& stem,
                               Outcome& outcome) const {
  for (const std::string& fusion : dataset.fusions()) {
    for (const std::string& format : formats_) {
      try {
        plot_(dataset, fusion, folder / file_name(fusion) / fmt::format("{}_{}.{}", stem, suffix_, format));
        ++outcome.written;
      } catch (const GnuplotMissing&) {
        throw;
      } catch (const Error& error) {
        outcome.failures.emplace_back(error.what());
      }
    }
  }
}

}  // namespace arbiter::plots
