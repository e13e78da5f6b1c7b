// nccl_tuner: <out>/engines/nccl_tuner/nccl_tuner.conf, the CSV that NCCL's example tuner plugin reads
// (NCCL_TUNER_CONFIG_FILE), from a sweep over NCCL's own algorithms, protocols and channels (configs/nccl_tuner.yaml).
// That plugin makes of every message no line matches, and of channels -1, an operation in one channel, so the lines
// cover all sizes and name their channels; the last one goes on above what was measured. Strategies are told by their
// names, NCCL_<ALGORITHM>_<PROTOCOL>_<channels>CH. A communicator with that many channels uses fewer of them for small
// messages, where the plugin insists.
#include <cstdint>
#include <iterator>
#include <limits>

#include <fmt/format.h>

#include "arbiter/files.hpp"
#include "arbiter/sink.hpp"
#include "common/engine_data.hpp"
#include "common/engine_rule.hpp"
#include "nccl_tuner/nccl_variant.hpp"
#include "nccl_tuner/tuner_regions.hpp"

namespace arbiter {

namespace {

using nccl_tuner::Region;

/// NCCL's names of strategies, sorted by whether a line of the file can say them.
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

  void do_write(const Report& report) override {
    if (!sm_version(report, "nccl_tuner")) return;
    const Dataset data = timed_as_engines_decode(report.dataset.of_fusion("NONE"));
    const Names names = names_of(data, own_choice_);
    for (const std::string& name : names.inexpressible) {
      report.say(
          fmt::format("nccl_tuner: {} is left out: its name does not say algorithm, protocol and channels, as "
                      "NCCL_RING_LL128_8CH does",
                      name));
    }
    if (names.variants.empty()) {
      report.say(
          "nccl_tuner: nothing to write: no strategy measured with fusion NONE is named like NCCL_RING_LL128_8CH; "
          "configs/nccl_tuner.yaml measures them");
      return;
    }
    std::string text = fmt::format(
        "# For NCCL's example tuner plugin, {}.\n"
        "# colltype,minbytes,maxbytes,algorithm,protocol,channels,nNodes,nRanks,numPipeOps,regBuff\n",
        origin_text(report.dataset.machine()));
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
  }

 private:
  std::string own_choice_;
  std::int64_t nodes_;
};

constexpr ParameterSpec nccl_tuner_parameters[] = {
    {"nccl", ParameterType::text, "NCCL", "",
     "the strategy that is NCCL's own choice, which the ranges are compared with"},
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
