// SPDX-License-Identifier: Apache-2.0
// cpp_header: <out>/arbiter_decision.hpp, a decision as a C++17 header that needs the standard library only: constexpr
// tables, and `constexpr Strategy select(int tp_size, Fusion, std::int64_t num_tokens, std::int64_t hidden_size)`,
// which selects as the selector named by `selector` does, for every shape. It computes in integers, so all compilers
// agree. The rules for shapes off the grids, and for steps, are at its top. Strategies have their table ids, fusions
// the numbers of engines; name_of() gives the names of both. A selector without a table is sampled in the cells of the
// grid, and the header says so. `namespace` encloses everything.
#include <iterator>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "arbiter/error.hpp"
#include "arbiter/files.hpp"
#include "arbiter/heuristic.hpp"
#include "arbiter/sink.hpp"
#include "common/engine_data.hpp"
#include "common/source_text.hpp"
#include "common/strategy_meaning.hpp"
#include "cpp_header/enumerators.hpp"
#include "cpp_header/header_text.hpp"

namespace arbiter {

namespace {

void expect_namespace(const std::string& text) {
  std::size_t from = 0;
  while (true) {
    const std::size_t end = text.find("::", from);
    if (!is_cpp_identifier(text.substr(from, end - from))) {
      throw ConfigError(fmt::format("namespace: found {}, allowed: names of C++ with :: between them", text));
    }
    if (end == std::string::npos) return;
    from = end + 2;
  }
}

std::vector<std::string> origin_of(const Report& report, const Selector& selector, bool sampled) {
  const Machine& machine = report.run.machine;
  std::vector<std::string> lines = {fmt::format("Decision of {}, measured on {}:", selector.name(),
                                                machine.platform.empty() ? "an unknown platform" : machine.platform)};
  for (const auto& [key, value] : machine.facts) lines.push_back(fmt::format("  {}: {}", key, value));
  for (std::string& line : origin_lines(report, std::nullopt)) lines.push_back(std::move(line));
  if (sampled) {
    lines.push_back(
        fmt::format("{} has no table: this is what it chose in the measured cells; it may choose otherwise "
                    "off the grid.",
                    selector.name()));
  }
  return lines;
}

/// "2 grids, looked up by nearest; 4 lists of steps, by message bytes".
std::string contents_in_words(const DecisionTable& table) {
  std::string steps = fmt::format("{} lists of steps, by message bytes", table.steps.size());
  if (table.grids.empty() && !table.steps.empty()) return steps;
  return fmt::format("{} grids, looked up by {}{}", table.grids.size(), name_of(table.look_up),
                     table.steps.empty() ? "" : "; " + steps);
}

class CppHeader : public Sink {
 public:
  explicit CppHeader(const Parameters& parameters)
      : selector_(parameters.text("selector")), namespace_(parameters.text("namespace")) {
    expect_namespace(namespace_);
  }

 private:
  void do_write(const Report& report) override {
    const Selector& selector = find_selector(report, selector_, "cpp_header");
    const DecisionTable* own = selector.table();
    const DecisionTable table = own != nullptr ? *own : sampled_table(selector, report.dataset);
    const std::filesystem::path file = report.run.output_dir / "arbiter_decision.hpp";
    const HeaderOptions options{namespace_, origin_of(report, selector, own == nullptr),
                                [&](const std::string& name) { return strategy_meaning(report, name); },
                                numbers_warning(report)};
    write_file(file, header_text(table, options, report.table_id));
    report.say(fmt::format("{}: the decision of {}: {}", file.string(), selector.name(), contents_in_words(table)));
  }

  std::string selector_;
  std::string namespace_;
};

constexpr ParameterSpec cpp_header_parameters[] = {
    {"selector", ParameterType::text, "", "", "the heuristic whose selector is written; empty: the first", "lp"},
    {"namespace", ParameterType::text, "arbiter_decision", "", "the C++ namespace of the header, as engine::allreduce"},
};

}  // namespace

}  // namespace arbiter

ARBITER_PLUGIN(arbiter::CppHeader, {.kind = arbiter::PluginKind::sink,
                                    .name = "cpp_header",
                                    .version = "1.0",
                                    .summary = "A decision as a C++17 header to compile into an engine",
                                    .parameters = arbiter::cpp_header_parameters,
                                    .parameter_count = std::size(arbiter::cpp_header_parameters)})
