// SPDX-License-Identifier: Apache-2.0
#include "config/keys.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

#include <fmt/format.h>

namespace arbiter {

namespace {

using enum ParameterType;

constexpr std::string_view plugins_type = "list or map";
constexpr std::string_view plugins_allowed = "names; a map of names and their parameters; `all`";
constexpr std::string_view sizes_type = "list of integers, or a range";

constexpr std::array keys = {
    ConfigKey{"",
              {"backend", text, "auto", "",
               "Where messages lie and strategies run. auto: cuda where a GPU can be used, else host", "host"},
              "",
              "`auto`, or a backend: `host`, `cuda`"},
    ConfigKey{"",
              {"problems", text, nullptr, "", "The shapes to measure: every combination of the lists below",
               "{tp_size: 2, hidden_size: 4096, num_tokens: [1, 16]}"},
              "map",
              "its keys are below"},
    ConfigKey{"",
              {"strategies", text_list, "all", "",
               "The AllReduce implementations to compare. all: those of the backend that need no interpreter",
               "[MPI, ONESHOT]"},
              plugins_type,
              plugins_allowed},
    ConfigKey{"",
              {"heuristics", text_list, "[lut, lp]", "",
               "What turns times into decisions. An empty list: none. The first one is that of AUTO",
               "{lut: {mode: argmin}}"},
              plugins_type,
              plugins_allowed},
    ConfigKey{
        "",
        {"compare", text, "[]", "",
         "Decisions from elsewhere that are judged beside those of the run. A relative path starts from the folder "
         "of the configuration",
         "[tables/decision.json]"},
        "list",
        "files that exist; maps of `file` and `name`"},
    ConfigKey{"",
              {"sinks", text_list, "all", "", "What the run writes into output_dir", "[csv, summary]"},
              plugins_type,
              plugins_allowed},
    ConfigKey{"",
              {"measurement", text, "{}", "", "How each cell is measured, and when it ends", "{time_target_ms: 50}"},
              "map",
              "its keys are below"},
    ConfigKey{
        "",
        {"plugins", text_list, "[]", "",
         "Further folders of plugins. A relative path starts from the folder of the configuration", "[my/plugins]"},
        "",
        "folders that exist"},
    ConfigKey{"",
              {"output_dir", text, "out/<name of the file>", "",
               "The folder for everything that the run writes; --output_dir goes before it", "out/tonight"},
              "",
              "a folder"},
    ConfigKey{"",
              {"enable_auto", boolean, "false", "",
               "Measure AUTO too: for each problem, what the first heuristic chose", "true"}},

    ConfigKey{
        "problems", {"tp_size", integer_list, nullptr, "2..1024", "Ranks that share a message", "[2, 4]"}, sizes_type},
    ConfigKey{"problems",
              {"dtype", text_list, "bfloat16", "bfloat16|float16|float32", "The type of the message's elements",
               "[bfloat16, float16]"}},
    ConfigKey{"problems",
              {"fusion", text_list, "all", "", "What is done to each row of the sum", "[NONE, RESIDUAL_RMS_NORM]"},
              plugins_type,
              plugins_allowed},
    ConfigKey{"problems",
              {"hidden_size", integer_list, nullptr, "1..1048576", "Elements of a token", "[4096, 8192]"},
              sizes_type},
    ConfigKey{
        "problems",
        {"num_tokens", integer_list, nullptr, "1..16777216", "Tokens of a message", "{from: 1, to: 1024, factor: 4}"},
        sizes_type},
    ConfigKey{"problems",
              {"holdout", text, "[]", "", "Shapes that are measured and never fitted; decisions are judged by them",
               "[{hidden_size: 2880, num_tokens: [3, 100]}]"},
              "list of maps",
              "each is a grid (below)"},
    ConfigKey{
        "problems.holdout", {"hidden_size", integer_list, nullptr, "1..1048576", "As in problems", "2880"}, sizes_type},
    ConfigKey{"problems.holdout",
              {"num_tokens", integer_list, nullptr, "1..16777216", "As in problems", "[3, 100]"},
              sizes_type},
    ConfigKey{"range", {"from", integer, nullptr, "", "The first number", "1"}, "", "what the list may hold"},
    ConfigKey{"range", {"to", integer, nullptr, "", "No number is above it", "64"}, "", "what the list may hold"},
    ConfigKey{"range", {"factor", integer, "", "2..", "What each number is multiplied by; or step", "4"}},
    ConfigKey{"range", {"step", integer, "", "1..", "What is added to each number; or factor", "8"}},

    ConfigKey{"strategies.NAME",
              {"strategy", text, "NAME", "", "The strategy that NAME, a name of your own, stands for", "ONESHOT"},
              "",
              "a strategy"},
    ConfigKey{"strategies.NAME",
              {"table_id", integer, "that of the strategy", "100..65535",
               "Its number in look-up tables. Each is used once; those below 100 are Arbiter's own", "120"}},
    ConfigKey{"problems.fusion.NAME",
              {"fusion", text, "NAME", "", "The fusion that NAME, a name of your own, stands for", "NONE"},
              "",
              "a fusion"},
    ConfigKey{"heuristics.NAME",
              {"heuristic", text, "NAME", "", "The heuristic that NAME, a name of your own, stands for", "lut"},
              "",
              "a heuristic"},
    ConfigKey{"sinks.NAME",
              {"sink", text, "NAME", "", "The sink that NAME, a name of your own, stands for", "csv"},
              "",
              "a sink"},

    ConfigKey{"compare",
              {"file", text, nullptr, "",
               "A decision.json (decision.json#lp names one of its selectors), a generated look-up table or header, or "
               "thresholds: see data-formats.md",
               "tables/decision.json#lp"},
              "",
              "a file that exists"},
    ConfigKey{"compare", {"name", text, "the file's", "", "Its name in tables; no heuristic has it", "yesterday"}},

    ConfigKey{"measurement",
              {"precision_percent", real, "1", "0.01..100",
               "a cell ends when the 95 % interval of its median is this narrow (half width)", "5"}},
    ConfigKey{"measurement",
              {"time_target_ms", integer, "200", "1..3600000",
               "sampling of a strategy ends after this, once min_samples are taken", "50"}},
    ConfigKey{"measurement", {"min_samples", integer, "10", "1..1000000", "fewest samples of a cell", "6"}},
    ConfigKey{"measurement", {"max_samples", integer, "1000", "1..1000000", "most samples of a cell", "100"}},
    ConfigKey{
        "measurement",
        {"min_sample_us", real, "100", "0..10000000", "a sample repeats the operation until it takes this", "500"}},
    ConfigKey{"measurement", {"timeout_ms", integer, "10000", "1..3600000", "bound of every wait for a peer", "60000"}},
    ConfigKey{"measurement", {"seed", integer, "1", "0..", "seed of the random inputs", "7"}},
    ConfigKey{"measurement",
              {"context", text_list, "[]", "engine|engine_early|back_to_back|isolated",
               "what surrounds the operation while it is timed; the first one decides. Empty: on GPUs engine and "
               "back_to_back, on hosts isolated",
               "back_to_back"}},
    ConfigKey{"measurement",
              {"neighbour_mib", real, "0", "0..65536",
               "context engine: what the kernel in front reads; 0: the weights of a product, hidden / tp x hidden "
               "elements",
               "32"}},
    ConfigKey{"measurement",
              {"neighbour_us", real, "0", "0..1000000",
               "context engine: how long the kernel in front takes at least; 0: as long as that product", "20"}},
    ConfigKey{"measurement",
              {"skew_us", real, "0", "0..100000", "context engine: ranks come later by a random time up to this", "2"}},
    ConfigKey{"measurement",
              {"graph", boolean, "true", "",
               "on a GPU: time replays of a CUDA graph, as engines run; false: eager launches", "false"}},
    ConfigKey{
        "measurement",
        {"probe", boolean, "false", "", "first measure the latency and bandwidth that bound every strategy", "true"}},
};

}  // namespace

std::span<const ConfigKey> config_keys() { return keys; }

const ParameterSpec& config_key(std::string_view section, std::string_view name) {
  const auto* const found =
      std::ranges::find_if(keys, [&](const ConfigKey& key) { return key.section == section && key.spec.name == name; });
  if (found == keys.end()) throw std::logic_error(fmt::format("no key {} is declared in \"{}\"", name, section));
  return found->spec;
}

std::vector<ParameterSpec> config_specs(std::string_view section) {
  std::vector<ParameterSpec> specs;
  for (const ConfigKey& key : keys) {
    if (key.section == section) specs.push_back(key.spec);
  }
  return specs;
}

std::vector<std::string> config_key_names(std::string_view section) {
  std::vector<std::string> names;
  for (const ParameterSpec& spec : config_specs(section)) names.emplace_back(spec.name);
  return names;
}

}  // namespace arbiter
