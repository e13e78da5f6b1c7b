// SPDX-License-Identifier: Apache-2.0
// nccl_tuner: <out>/engines/nccl_tuner/nccl_tuner.conf, ranges of message sizes in which one of NCCL's algorithms,
// protocols and channel counts is faster than NCCL's own choice, from a sweep over them (configs/nccl_tuner.yaml).
// Arbiter's tuner plugin reads it and leaves all else to NCCL. NCCL's example plugin reads it too
// (NCCL_TUNER_CONFIG_FILE), but runs what no line matches on one channel. Strategies are recognised by their names,
// NCCL_<ALGORITHM>_<PROTOCOL>_<channels>CH. They are measured in a communicator of that many channels, which uses fewer
// of them for small messages, as it does with the plugin.
#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "arbiter/files.hpp"
#include "arbiter/sink.hpp"
#include "common/engine_rows.hpp"
#include "common/source_text.hpp"
#include "nccl_tuner/tuner_regions.hpp"

namespace arbiter {

namespace {

using nccl_tuner::Region;

constexpr EngineSource source = {"nccl_tuner", "NCCL",
                                 "NCCL_RING_LL_8CH: {strategy: NCCL, algorithm: ring, protocol: ll, channels: 8} "
                                 "(all are in configs/nccl_tuner.yaml)"};

/// NCCL's example plugin reads lines of at most 255 characters with their ends, and what is longer as several: the
/// second part of a comment would be a setting.
constexpr std::size_t longest_line = 250;

constexpr const char* instructions =
    "# NCCL_TUNER_PLUGIN=<prefix>/lib/libnccl-tuner-arbiter.so NCCL_TUNER_CONFIG_FILE=<this file>, on all ranks "
    "alike.\n"
    "# It leaves what no line matches to NCCL: other sizes, other collectives, communicators of other nNodes or "
    "nRanks.\n"
    "# NCCL's example tuner plugin reads this file too, but runs all that on one channel, which slows it: do not use "
    "that.\n"
    "# With any tuner plugin NCCL_CTA_POLICY=EFFICIENCY has no effect on AllGather and ReduceScatter.\n";

/// The strategies of NCCL, by whether a line of the file can express them.
struct Names {
  std::vector<std::string> variants;
  std::vector<std::string> inexpressible;
};

Names names_of(const Dataset& data, const std::string& own_choice) {
  Names names;
  for (const std::string& strategy : data.strategies()) {
    if (nccl_tuner::variant_of(strategy)) {
      names.variants.push_back(strategy);
    } else if (strategy.starts_with("NCCL_") && strategy != "NCCL_SYMMETRIC" && strategy != own_choice) {
      names.inexpressible.push_back(strategy);
    }
  }
  return names;
}

std::string lines_of(const std::vector<Region>& regions, std::int64_t nodes, int tp_size) {
  std::string text;
  for (const Region& region : regions) {
    const auto variant = nccl_tuner::variant_of(region.strategy).value();
    text += fmt::format("allreduce,{},{},{},{},{},{},{},-1,-1\n", region.first_byte, region.last_byte,
                        variant.algorithm, variant.protocol, variant.channels, nodes, tp_size);
  }
  return text;
}

class NcclTuner : public Sink {
 public:
  explicit NcclTuner(const Parameters& parameters)
      : own_choice_(parameters.text("nccl")), nodes_(parameters.integer("nodes")) {}

 private:
  void do_write(const Report& report) override {
    if (!sm_version(report, source.sink)) return;
    const Names names = names_of(report.all_rows == nullptr ? report.dataset : *report.all_rows, own_choice_);
    for (const std::string& name : names.inexpressible) {
      report.say(
          fmt::format("nccl_tuner: {} is left out: its name does not give algorithm, protocol and channels, as "
                      "NCCL_RING_LL128_8CH does",
                      name));
    }
    if (names.variants.empty()) {
      report.say(
          "nccl_tuner: nothing to write: no strategy is named like NCCL_RING_LL128_8CH; configs/nccl_tuner.yaml "
          "measures "
          "them");
      return;
    }
    std::vector<EnginePath> variants;
    for (const std::string& name : names.variants) variants.push_back({name, {name}});
    const EnginePath own = {own_choice_, {own_choice_}};
    auto rows = engine_rows(report, source, variants, {own});
    if (!rows) return;
    rows->rows = rows->rows.of_fusion("NONE");
    rows->holdout = rows->holdout.of_fusion("NONE");
    keep_artefact_rows(*rows, report, source.sink);
    const Dataset& data = rows->rows;
    if (!has_times(data, own_choice_)) {
      report.say(fmt::format(
          "nccl_tuner: nothing to write: NCCL's own choice was not measured with fusion NONE in the engine "
          "context, so no variant is known to be faster; to measure it: strategies: {{{}: {{strategy: NCCL}}}}",
          own_choice_));
      return;
    }
    std::vector<EnginePath> paths = variants;
    paths.push_back(own);
    std::vector<std::string> findings;
    std::string text;
    for (const int tp_size : data.tp_sizes()) {
      text += ranges_of(data.of_tp_size(tp_size), rows->holdout.of_tp_size(tp_size), paths, findings);
    }
    for (const std::string& line : findings) report.say(fmt::format("nccl_tuner: {}", line));
    if (text.empty()) {
      report.say("nccl_tuner: nothing to write: NCCL's own choice is as good as any variant at every size");
      return;
    }
    const std::filesystem::path file = report.run.output_dir / "engines" / "nccl_tuner" / "nccl_tuner.conf";
    write_file(file, head(report, EngineRows{data}, artefact_dtype(data), paths, findings) + text);
    report.say(fmt::format("{}: for Arbiter's tuner plugin of NCCL (libnccl-tuner-arbiter.so)", file.string()));
  }

  /// The lines of one tp_size; none where they gain less than noise could.
  [[nodiscard]] std::string ranges_of(const Dataset& data, const Dataset& holdout, const std::vector<EnginePath>& paths,
                                      std::vector<std::string>& findings) const {
    const auto any = [](const Problem&, const std::string&) { return true; };
    const auto cells = engine_cells(data, paths, any);
    if (cells.empty()) return {};
    const int tp_size = data.tp_sizes().front();
    std::vector<Region> regions = nccl_tuner::fit_regions(cells, own_choice_);
    const EngineRule own = [&](const Problem&) { return own_choice_; };
    const auto rule_of = [this](const std::vector<Region>& ranges) {
      return [this, &ranges](const Problem& problem) {
        return nccl_tuner::look_up(ranges, own_choice_, problem.message_bytes());
      };
    };
    const EngineRule rule = rule_of(regions);
    if (keeps_shipped(compare_rules(cells, own, rule))) regions.clear();
    const std::string what = regions.empty() ? "NCCL's own choice stays" : fmt::format("{} ranges", regions.size());
    findings.push_back(fmt::format("tp {}: {}: {}", tp_size, what, to_string(compare_rules(cells, own, rule))));
    const auto held_out = engine_cells(holdout, paths, any);
    const std::vector<Region> refitted = nccl_tuner::fit_regions(held_out, own_choice_, FitFor::reference);
    if (const auto text = held_out_text(held_out, own, rule, rule_of(refitted))) {
      findings.push_back(fmt::format("tp {}, {}", tp_size, *text));
    }
    for (const std::string& line : winners_beyond(cells, source.engine)) {
      findings.push_back(fmt::format("tp {}: {}", tp_size, line));
    }
    return lines_of(regions, nodes_, tp_size);
  }

  static std::string head(const Report& report, const EngineRows& rows, DType dtype,
                          const std::vector<EnginePath>& paths, const std::vector<std::string>& findings) {
    std::vector<EnginePath> own;  // the lines of the file name the variants
    own.push_back(paths.back());
    std::string text;
    for (const auto& line :
         engine_head("For NCCL 2.28 to 2.32 (tuner interface 5)", report, rows, dtype, source, own)) {
      text += hash_comment(line, longest_line);
    }
    text += instructions;
    text +=
        "# Regret in percent, the mean and the worst cell's in brackets, of NCCL's own choice (shipped) and of this "
        "file:\n";
    for (const std::string& line : findings) text += hash_comment(line, longest_line);
    return text + "# colltype,minbytes,maxbytes,algorithm,protocol,channels,nNodes,nRanks,numPipeOps,regBuff\n";
  }

  std::string own_choice_;
  std::int64_t nodes_;
};

constexpr ParameterSpec nccl_tuner_parameters[] = {
    {"nccl", ParameterType::text, "NCCL", "",
     "the strategy of NCCL's own choice, which the ranges must be faster than"},
    {"nodes", ParameterType::integer, "1", "1..", "hosts that the measured groups span"},
};

}  // namespace

}  // namespace arbiter

ARBITER_PLUGIN(arbiter::NcclTuner, {.kind = arbiter::PluginKind::sink,
                                    .name = "nccl_tuner",
                                    .version = "2.0",
                                    .summary = "Algorithms, protocols and channels for NCCL's tuner plugin",
                                    .parameters = arbiter::nccl_tuner_parameters,
                                    .parameter_count = std::size(arbiter::nccl_tuner_parameters)})
