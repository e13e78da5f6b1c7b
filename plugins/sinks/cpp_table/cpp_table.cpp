// SPDX-License-Identifier: Apache-2.0
// cpp_table: <out>/gen_heuristic_code/generated_lookup_table.cpp, a look-up table for an inference engine to compile
// in, of the selector that `selector` names. Its axes are those of TensorRT-LLM (`axes: seed`) or those of the data;
// each can be overridden. It has no axis of dtypes: its head names the one it is of, bfloat16 where it was measured.
// The head also says what each number of the table means here.
#include <cctype>
#include <iterator>
#include <map>

#include <fmt/format.h>

#include "arbiter/error.hpp"
#include "arbiter/files.hpp"
#include "arbiter/sink.hpp"
#include "common/engine_data.hpp"
#include "common/source_text.hpp"
#include "common/strategy_meaning.hpp"
#include "common/table_text.hpp"

namespace arbiter {

namespace {

std::string table_name(const std::string& platform) {
  if (platform.empty()) throw DataError("cpp_table: the platform of the data is not known; name the SM version");
  std::string name = "AllReduceBestStrategyTable";
  for (const char c : platform) name += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return cpp_identifier(name);
}

template <class Value>
void override_axis(std::vector<Value>& axis, const std::vector<Value>& wanted) {
  if (!wanted.empty()) axis = wanted;
}

/// A number says no name by itself. `compare:` reads the lines "Strategy 110: NAME".
std::string numbers_in_words(const Report& report, const std::map<int, std::string>& strategies) {
  std::string text = cpp_comment("What was measured under the numbers of this file:");
  for (const auto& [number, strategy] : strategies) {
    text += cpp_comment(fmt::format("Strategy {}: {}", number, strategy));
    text += cpp_comment("  " + strategy_meaning(report, strategy));
  }
  for (const std::string& line : numbers_warning(report)) text += cpp_comment(line);
  return text;
}

class CppTable : public Sink {
 public:
  explicit CppTable(const Parameters& parameters)
      : selector_(parameters.text("selector")),
        from_data_(parameters.text("axes") == "data"),
        wanted_{parameters.integers("tp_size"), parameters.texts("fusions"), parameters.integers("hidden_size"),
                parameters.integers("num_tokens")} {}

 private:
  void do_write(const Report& report) override {
    const Selector& selector = find_selector(report, selector_, "cpp_table");
    // Such a table has no axis of dtypes.
    const Dataset data = of_artefact_dtype(report, report.dataset, "cpp_table");
    const DType dtype = artefact_dtype(data);
    TableAxes axes = from_data_ ? data_axes(data) : seed_axes();
    override_axis(axes.tp_sizes, wanted_.tp_sizes);
    override_axis(axes.fusions, wanted_.fusions);
    override_axis(axes.hidden_sizes, wanted_.hidden_sizes);
    override_axis(axes.num_tokens, wanted_.num_tokens);
    std::map<int, std::string> chosen;
    const auto id = [&](const Problem& problem) {
      const std::string strategy = selector.select(problem);
      const std::optional<int> number = report.table_id(strategy);
      if (!number || *number < 0) {
        throw DataError(fmt::format("cpp_table: {} chose {} for {}, which has no number in tables; give it a table_id",
                                    selector.name(), strategy, to_string(problem)));
      }
      chosen[*number] = strategy;
      return *number;
    };
    std::string origin;
    for (const std::string& line : origin_lines(report, dtype)) origin += cpp_comment(line);
    const auto cells = data.cells();
    const auto measured = [&](const Problem& problem) {
      const auto cell = cells.find(problem);
      return cell != cells.end() && best_of(cell->second) != nullptr;
    };
    const std::string text = table_text(axes, table_name(report.run.machine.platform), dtype, id);
    const std::vector<std::string> unmeasured = unmeasured_lines(axes, dtype, measured);
    for (const std::string& line : unmeasured) origin += cpp_comment(line);
    const std::filesystem::path file = report.run.output_dir / "gen_heuristic_code" / "generated_lookup_table.cpp";
    write_file(file, origin + numbers_in_words(report, chosen) + text);
    report.say(fmt::format("{}: {} x {} x {} x {} cells of {}{}", file.string(), axes.tp_sizes.size(),
                           axes.fusions.size(), axes.hidden_sizes.size(), axes.num_tokens.size(), selector.name(),
                           unmeasured.empty() ? "" : "; its head names those that were not measured"));
  }

  std::string selector_;
  bool from_data_;
  TableAxes wanted_;
};

constexpr ParameterSpec cpp_table_parameters[] = {
    {"selector", ParameterType::text, "", "", "the heuristic whose selector is written; empty: the first", "lp"},
    {"axes", ParameterType::text, "seed", "seed|data", "the axes of TensorRT-LLM's table, or those of the data"},
    {"tp_size", ParameterType::integer_list, "[]", "1..1048576", "replaces the axis; empty: the one of `axes`",
     "[2, 4]"},
    {"fusions", ParameterType::text_list, "[]", "", "replaces the axis", "[NONE, RESIDUAL_RMS_NORM]"},
    {"hidden_size", ParameterType::integer_list, "[]", "1..", "replaces the axis", "[4096, 8192]"},
    {"num_tokens", ParameterType::integer_list, "[]", "1..", "replaces the axis", "[1, 16, 256]"},
};

}  // namespace

}  // namespace arbiter

ARBITER_PLUGIN(arbiter::CppTable, {.kind = arbiter::PluginKind::sink,
                                   .name = "cpp_table",
                                   .version = "1.0",
                                   .summary = "Look-up table as C++ source, in the form engines hold",
                                   .parameters = arbiter::cpp_table_parameters,
                                   .parameter_count = std::size(arbiter::cpp_table_parameters)})
