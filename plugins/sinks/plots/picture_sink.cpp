// SPDX-License-Identifier: Apache-2.0
#include "arbiter/picture_sink.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "arbiter/names.hpp"
#include "arbiter/plots.hpp"

namespace arbiter::plots {

namespace {

/// Shared by all picture sinks of a run. begin() of every sink precedes write() of any.
std::atomic<bool> reported_missing_gnuplot = false;

std::vector<std::string> strategies_of(const Report& report) {
  if (report.all_rows != nullptr) return report.all_rows->strategies();
  std::vector<std::string> all = report.dataset.strategies();
  const auto held_out = report.holdout.strategies();
  all.insert(all.end(), held_out.begin(), held_out.end());
  return all;
}

}  // namespace

PictureSink::PictureSink(const Parameters& parameters, PlotFunction plot, std::string suffix)
    : plot_(std::move(plot)), suffix_(std::move(suffix)), formats_(parameters.texts("formats")) {}

void PictureSink::do_begin(const RunInfo& /*run*/) { reported_missing_gnuplot = false; }

void PictureSink::do_write(const Report& report) {
  const auto folder = report.run.output_dir / "viz";
  strategies_of_run_ = strategies_of(report);
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
  struct Picture {
    std::string fusion;
    std::filesystem::path file;
    std::exception_ptr failure = nullptr;
  };
  std::vector<Picture> pictures;
  for (const std::string& fusion : dataset.fusions()) {
    for (const std::string& format : formats_) {
      pictures.push_back({fusion, folder / file_name(fusion) / fmt::format("{}_{}.{}", stem, suffix_, format)});
    }
  }
  // gnuplot takes most of the time of a run on large data, and draws one picture on one core.
  std::atomic<std::size_t> next = 0;
  const auto draw = [&] {
    for (std::size_t i = next++; i < pictures.size(); i = next++) {
      try {
        plot_(dataset, pictures[i].fusion, pictures[i].file);
      } catch (...) {
        pictures[i].failure = std::current_exception();
      }
    }
  };
  {
    const std::size_t cores = std::clamp(std::thread::hardware_concurrency(), 1U, 8U);
    std::vector<std::jthread> others;
    others.reserve(cores);
    for (std::size_t i = 1; i < std::min(cores, pictures.size()); ++i) others.emplace_back(draw);
    draw();
  }
  for (const Picture& picture : pictures) {
    try {
      if (picture.failure) std::rethrow_exception(picture.failure);
      ++outcome.written;
    } catch (const GnuplotMissing&) {
      throw;
    } catch (const Error& error) {
      outcome.failures.emplace_back(error.what());
    }
  }
}

}  // namespace arbiter::plots
