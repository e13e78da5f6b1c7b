// SPDX-License-Identifier: Apache-2.0
// flashinfer: <out>/engines/flashinfer/flashinfer.py, the largest sizes for the one-shot kernel of FlashInfer's fused
// AllReduce, as the Python dict of its source: one-shot if num_tokens x hidden_size x 2 x tp_size x bytes per element,
// in MiB, is at most the value of the tp_size. All fusions and all GPUs share the value. Made of FlashInfer's own
// kernels in the engine context only; parameters say how they are called in the configuration.
#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <numeric>

#include <fmt/format.h>

#include "arbiter/files.hpp"
#include "arbiter/sink.hpp"
#include "common/engine_rows.hpp"
#include "common/flashinfer_rule.hpp"
#include "common/limit_fit.hpp"
#include "common/source_text.hpp"

namespace arbiter {

namespace {

constexpr EngineSource source = {
    "flashinfer", "FlashInfer",
    "FLASHINFER_ONESHOT: {strategy: PYTHON, python: /opt/venv/bin/python, adapter: flashinfer, shot: one}"};
const std::vector<int> flashinfer_tp_sizes = {2, 4, 8};
constexpr std::int64_t largest_mib = 4092;  // above it no message fits the buffer of one shot

/// What was found for a tp size.
struct Found {
  std::int64_t mib = 0;
  std::string kept;  ///< why it is FlashInfer's own, for people; empty if it is not
  Comparison comparison;
};

class Flashinfer : public Sink {
 public:
  explicit Flashinfer(const Parameters& parameters)
      : paths_(paths_of(parameters, {flashinfer::one_shot, flashinfer::two_shot})),
        widest_(parameters.integer("widest_hidden_size")) {}

 private:
  void do_write(const Report& report) override {
    if (!sm_version(report, source.sink)) return;
    auto measured = engine_rows(report, source, paths_);
    if (!measured) return;
    keep_artefact_rows(*measured, report, source.sink);
    const Dataset& data = measured->rows;
    const DType dtype = artefact_dtype(data);
    PythonDict limits;
    std::vector<std::string> notes;
    std::vector<EngineCell> judged;
    for (const int tp_size : flashinfer_tp_sizes) {
      const Dataset own = data.of_tp_size(tp_size);
      const std::int64_t least = least_mib(own, tp_size, dtype);
      const auto can_choose = [&](const Problem& problem, const std::string& path) {
        if (flashinfer::traffic(problem) <= least * flashinfer::mib) return path == flashinfer::one_shot;
        return flashinfer::kernel_of(problem, path == flashinfer::one_shot) == path;
      };
      const auto cells = engine_cells(own, paths_, can_choose);
      const auto found = fit(cells, tp_size, least);
      if (!found) continue;
      limits[tp_size] = fmt::format("{}", found->mib);
      notes.push_back(fmt::format("tp {}: {}{}", tp_size, to_string(found->comparison), found->kept));
      report.say(fmt::format("flashinfer: one shot up to {} MiB of traffic: {}", found->mib, notes.back()));
      const auto held_out = engine_cells(measured->holdout.of_tp_size(tp_size), paths_, can_choose);
      if (const auto text = judge(held_out, tp_size, least, found->mib)) {
        notes.push_back(fmt::format("tp {}, {}", tp_size, *text));
        report.say(fmt::format("flashinfer: {}", notes.back()));
      }
      judged.insert(judged.end(), cells.begin(), cells.end());
    }
    report_missing(report, source.sink, "_use_oneshot_heuristics", flashinfer_tp_sizes, limits);
    if (limits.empty()) return;
    for (const std::string& line : winners_beyond(judged, source.engine)) {
      report.say(fmt::format("flashinfer: {}", line));
      notes.push_back(line);
    }
    const std::filesystem::path file = report.run.output_dir / "engines" / "flashinfer" / "flashinfer.py";
    write_file(file, text_of(engine_head(fmt::format("One-shot limits for FlashInfer {}", flashinfer::version), report,
                                         *measured, dtype, source, paths_),
                             notes, limits));
    report.say(fmt::format("{}: one-shot limits of FlashInfer", file.string()));
  }

  /// The least limit under which two shots are never asked for with no more tokens than ranks.
  [[nodiscard]] std::int64_t least_mib(const Dataset& data, int tp_size, DType dtype) const {
    std::int64_t widest = widest_;
    for (const std::int64_t hidden : data.hidden_sizes()) widest = std::max(widest, hidden);
    const std::int64_t bytes = flashinfer::least_one_shot_bytes(tp_size, widest, dtype) * tp_size * 2;
    return (bytes + flashinfer::mib - 1) / flashinfer::mib;
  }

  static EngineRule rule_of(std::int64_t mib) {
    return [mib](const Problem& problem) { return flashinfer::kernel_by_traffic(problem, mib); };
  }

  static std::optional<std::int64_t> best_mib(const std::vector<EngineCell>& cells, int tp_size, std::int64_t least,
                                              FitFor purpose) {
    const auto fitted = fit_limits(
        cells, {{flashinfer::shipped_mib(tp_size), round_numbers(least, largest_mib)}},
        [&](const Problem& problem, const std::vector<std::int64_t>& values) { return rule_of(values[0])(problem); },
        purpose);
    return fitted ? std::optional(fitted->front()) : std::nullopt;
  }

  /// All limits from one measured size to the next are equal on the cells. Of them the one where the kernels' times
  /// cross by interpolation, in steps of a quarter of a power of two, as noise moves the crossing a little; it moves it
  /// far where one shot leads by less than a fifth at the smaller size, which then stays.
  static std::int64_t moved_to_crossing(std::int64_t limit_mib, const std::vector<EngineCell>& cells) {
    std::map<double, std::vector<double>> ratios;  // by traffic in MiB: of one shot over two, as logarithms
    double failing = HUGE_VAL;                     // the least traffic above the limit with no time of one shot
    for (const EngineCell& cell : cells) {
      const double one_shot = cell.time_of(flashinfer::one_shot);
      const double two_shot = cell.time_of(flashinfer::two_shot);
      const double mib = static_cast<double>(flashinfer::traffic(cell.problem)) / static_cast<double>(flashinfer::mib);
      if (std::isnan(two_shot)) continue;
      if (!std::isnan(one_shot)) {
        ratios[mib].push_back(std::log(one_shot / two_shot));
      } else if (mib > static_cast<double>(limit_mib)) {
        failing = std::min(failing, mib);
      }
    }
    const auto next = ratios.upper_bound(static_cast<double>(limit_mib));
    if (next == ratios.begin() || next == ratios.end()) return limit_mib;
    const auto mean = [](const std::vector<double>& values) {
      return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
    };
    const auto& [lower, at_lower] = *std::prev(next);
    const double gain = -mean(at_lower);
    const double loss = mean(next->second);
    constexpr double least_gain = 0.2;
    if (gain < least_gain || loss <= 0.0) return limit_mib;
    const double crossing = lower * std::pow(next->first / lower, gain / (gain + loss));
    const double step = std::max(std::exp2(std::floor(std::log2(crossing))) / 4.0, 1.0);
    auto moved = static_cast<std::int64_t>(std::round(crossing / step) * step);
    if (static_cast<double>(moved) >= next->first) moved -= static_cast<std::int64_t>(step);
    return static_cast<double>(moved) >= failing ? limit_mib : std::max(limit_mib, moved);
  }

  static std::optional<Found> fit(const std::vector<EngineCell>& cells, int tp_size, std::int64_t least) {
    const std::int64_t shipped = *flashinfer::shipped_mib(tp_size);
    const auto fitted = best_mib(cells, tp_size, least, FitFor::file);
    if (!fitted) return std::nullopt;
    const bool keeps = keeps_shipped(compare_rules(cells, rule_of(shipped), rule_of(*fitted)));
    const std::int64_t mib = keeps ? shipped : moved_to_crossing(*fitted, cells);
    std::string kept;
    if (mib == shipped) {
      const std::int64_t best = best_mib(cells, tp_size, least, FitFor::reference).value_or(shipped);
      kept = fmt::format("; FlashInfer's own value stays: the best other gains only {:.2f}",
                         100.0 * gain_of(compare_rules(cells, rule_of(shipped), rule_of(best))));
    }
    return Found{mib, kept, compare_rules(cells, rule_of(shipped), rule_of(mib))};
  }

  static std::optional<std::string> judge(const std::vector<EngineCell>& held_out, int tp_size, std::int64_t least,
                                          std::int64_t written) {
    const std::int64_t shipped = *flashinfer::shipped_mib(tp_size);
    return held_out_text(held_out, rule_of(shipped), rule_of(written),
                         rule_of(best_mib(held_out, tp_size, least, FitFor::reference).value_or(shipped)));
  }

  static std::string text_of(std::vector<std::string> head, const std::vector<std::string>& notes,
                             const PythonDict& limits) {
    head.emplace_back("Regret in percent, the mean (and that of the worst cell):");
    head.insert(head.end(), notes.begin(), notes.end());
    head.emplace_back(
        "Paste the values into _use_oneshot_heuristics in flashinfer/comm/trtllm_ar.py, or in the program that uses "
        "it:");
    head.emplace_back(
        "from flashinfer.comm import trtllm_ar; trtllm_ar._use_oneshot_heuristics.update(_use_oneshot_heuristics)");
    head.emplace_back("The dict has no key for GPUs: the values apply to every GPU that runs this installation.");
    head.emplace_back(
        "Only the backend trtllm reads it. On hosts with NVLink multicast the backend \"auto\" is mnnvl, which does "
        "not.");
    return fmt::format(
        "{}# MiB, one shot if tokens * hidden_size * 2 * tp_size * itemsize <= max:\n"
        "_use_oneshot_heuristics = {}\n",
        python_head(head), python_text(limits));
  }

  std::vector<EnginePath> paths_;
  std::int64_t widest_;
};

constexpr ParameterSpec flashinfer_parameters[] = {
    {"one_shot", ParameterType::text_list, "[FLASHINFER_ONESHOT]", "",
     "the names of strategies that run FlashInfer's one-shot kernel"},
    {"two_shot", ParameterType::text_list, "[FLASHINFER_TWOSHOT]", "",
     "the names of strategies that run FlashInfer's two-shot kernel"},
    {"widest_hidden_size", ParameterType::integer, "16384", "1..1048576",
     "of all models that will run; a message of as many tokens as ranks stays one-shot, as FlashInfer stops otherwise"},
};

}  // namespace

}  // namespace arbiter

ARBITER_PLUGIN(arbiter::Flashinfer, {.kind = arbiter::PluginKind::sink,
                                     .name = "flashinfer",
                                     .version = "2.0",
                                     .summary = "One-shot limits as the Python dict of FlashInfer",
                                     .parameters = arbiter::flashinfer_parameters,
                                     .parameter_count = std::size(arbiter::flashinfer_parameters)})
