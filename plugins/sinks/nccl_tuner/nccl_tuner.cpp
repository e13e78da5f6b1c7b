// SPDX-License-Identifier: Apache-2.0
// nccl_tuner: <out>/engines/nccl_tuner/nccl_tuner.conf, the CSV that NCCL's example tuner plugin reads
// (NCCL_TUNER_CONFIG_FILE), from a sweep over NCCL's own algorithms, protocols and channels (configs/nccl_tuner.yaml).
// For a message that no line matches, and for channels -1, that plugin selects one channel; so the lines cover all
// sizes (the last one is endless) and name their channels. Strategies are recognised by their names,
// NCCL_<ALGORITHM>_<PROTOCOL>_<channels>CH. They are measured in a communicator of that many channels, which uses fewer
// of them for small messages; the plugin always selects all of them.
#include <cstdint>
#include <iterator>
#include <limits>

#include <fmt/format.h>

#include "arbiter/files.hpp"
#include "arbiter/sink.hpp"
#include "common/engine_data.hpp"
#include "common/source_text.hpp"
#include "nccl_tuner/tuner_regions.hpp"

namespace arbiter {

namespace {

using nccl_tuner::Region;

/// The plugin reads lines of at most 255 characters with their ends, and what is longer as several: the second part of
/// a comment would be a setting.
constexpr std::size_t longest_line = 250;

constexpr const char* warning =
    "# Warning: while the plugin is loaded, each collective that no line below matches runs on one channel: every\n"
    "# collective but AllReduce, and AllReduce in a communicator of other nNodes or nRanks. That slows them. A line\n"
    "# cannot say \"as NCCL chooses\": load this file only where its lines cover every collective, or add lines.\n";

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
  std::uint64_t first = 0;
  for (const Region& region : regions) {
    const bool open = &region == &regions.back();
    const std::uint64_t last =
        open ? std::numeric_limits<std::uint64_t>::max() : static_cast<std::uint64_t>(region.last_byte);
    const auto variant = nccl_tuner::variant_of(region.strategy).value();
    text += fmt::format("allreduce,{},{},{},{},{},{},{},-1,-1\n", first, last, variant.algorithm, variant.protocol,
                        variant.channels, nodes, tp_size);
    first = last + 1;
  }
  return text;
}

class NcclTuner : public Sink {
 public:
  explicit NcclTuner(const Parameters& parameters)
      : own_choice_(parameters.text("nccl")), nodes_(parameters.integer("nodes")) {}

 private:
  void do_write(const Report& report) override {
    if (!sm_version(report, "nccl_tuner")) return;
    const Dataset data =
        of_artefact_dtype(report, timed_as_engines_decode(report.dataset.of_fusion("NONE")), "nccl_tuner");
    const Names names = names_of(data, own_choice_);
    for (const std::string& name : names.inexpressible) {
      report.say(
          fmt::format("nccl_tuner: {} is left out: its name does not give algorithm, protocol and channels, as "
                      "NCCL_RING_LL128_8CH does",
                      name));
    }
    if (names.variants.empty()) {
      report.say(
          "nccl_tuner: nothing to write: no strategy measured with fusion NONE is named like NCCL_RING_LL128_8CH; "
          "configs/nccl_tuner.yaml measures them");
      return;
    }
    std::string text;
    for (const auto& line : head_lines("For NCCL's example tuner plugin", report, artefact_dtype(data), "NCCL", {})) {
      text += hash_comment(line, longest_line);
    }
    text += warning;
    text += "# colltype,minbytes,maxbytes,algorithm,protocol,channels,nNodes,nRanks,numPipeOps,regBuff\n";
    std::vector<EnginePath> paths;
    for (const std::string& name : names.variants) paths.push_back({name, {name}});
    const Dataset variants = times_of_paths(data, paths);
    paths.push_back({own_choice_, {own_choice_}});
    const Dataset with_own_choice = times_of_paths(data, paths);
    for (const int tp_size : variants.tp_sizes()) {
      const std::vector<Region> regions = nccl_tuner::fit_regions(variants.of_tp_size(tp_size), names.variants);
      if (regions.empty()) continue;
      text += lines_of(regions, nodes_, tp_size);
      const Dataset own = with_own_choice.of_tp_size(tp_size);
      const auto rule = [&](const Problem& problem) { return nccl_tuner::look_up(regions, problem.message_bytes()); };
      report.say(fmt::format("nccl_tuner: tp {}: {} ranges: {}; NCCL's own choice: {}", tp_size, regions.size(),
                             to_string(regret_of_rule(own, rule)),
                             to_string(regret_of_rule(own, [&](const Problem&) { return own_choice_; }))));
    }
    const std::filesystem::path file = report.run.output_dir / "engines" / "nccl_tuner" / "nccl_tuner.conf";
    write_file(file, text);
    report.say(fmt::format("{}: for NCCL's example tuner plugin (NCCL_TUNER_CONFIG_FILE)", file.string()));
    report.say(
        "nccl_tuner: warning: while that plugin is loaded, every other collective, and AllReduce in communicators of "
        "other sizes, runs on one channel");
  }

  std::string own_choice_;
  std::int64_t nodes_;
};

constexpr ParameterSpec nccl_tuner_parameters[] = {
    {"nccl", ParameterType::text, "NCCL", "", "the strategy of NCCL's own choice, to compare the ranges with"},
    {"nodes", ParameterType::integer, "1", "1..", "hosts that the measured groups span"},
};

}  // namespace

}  // namespace arbiter

ARBITER_PLUGIN(arbiter::NcclTuner, {.kind = arbiter::PluginKind::sink,
                                    .name = "nccl_tuner",
                                    .version = "1.0",
                                    .summary = "Algorithms, protocols and channels for NCCL's example tuner plugin",
                                    .parameters = arbiter::nccl_tuner_parameters,
                                    .parameter_count = std::size(arbiter::nccl_tuner_parameters)})
