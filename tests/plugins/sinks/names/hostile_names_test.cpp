// SPDX-License-Identifier: Apache-2.0
// Names of files and plugins are data: whatever they are, what every sink writes compiles, parses, opens and reads
// back, and nothing in them runs.
#include "support/hostile_names.hpp"

#include <algorithm>
#include <filesystem>
#include <sstream>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "arbiter/csv.hpp"
#include "arbiter/files.hpp"
#include "arbiter/names.hpp"
#include "support/decisions_data.hpp"
#include "support/decisions_report.hpp"
#include "support/process.hpp"

namespace arbiter::test {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::HasSubstr;
using testing::run;

/// A run in which everything that has a name has this one.
Dataset data_of(const std::string& name) {
  Dataset data(Machine{"sm90", {{"gpu", name}, {name, name}}});
  for (const std::string& fusion : {std::string("NONE"), std::string("RESIDUAL_RMS_NORM"), name}) {
    for (const std::int64_t hidden : {1024, 4096}) {
      for (const std::int64_t tokens : {1, 512}) {
        for (const std::string& strategy : {name, std::string("NCCL"), std::string("NCCL_RING_LL_4CH")}) {
          const Problem problem{2, DType::bfloat16, fusion, hidden, tokens};
          Measurement row = decision_row(problem, strategy, strategy == name ? 5.0 : strategy == "NCCL" ? 6.0 : 5.5);
          row.setting.context = Context::engine;
          row.lower_bound_us = 2.0;
          row.run_id = name;
          row.reason = name;
          data.add(row);
        }
      }
    }
  }
  return data;
}

class HostileNames : public ::testing::TestWithParam<HostileName> {
 protected:
  HostileNames() : before_(fs::current_path()) {
    end_.run.runs = {{name_, name_, name_}};
    end_.run.mixed = {name_};
    end_.ids[name_] = 7;
    fs::current_path(end_.dir.path());
  }
  ~HostileNames() override { fs::current_path(before_); }

  void TearDown() override {
    // Nothing but what sinks wrote, in the folder they were given; nothing that a name asked for.
    for (const auto& entry : fs::directory_iterator(end_.dir.path())) {
      EXPECT_THAT((std::vector<std::string>{"out", "program", "program.cpp"}), Contains(entry.path().filename()));
    }
    ASSERT_TRUE(fs::exists(end_.run.output_dir));
    for (const auto& entry : fs::recursive_directory_iterator(end_.run.output_dir)) {
      EXPECT_NE(entry.path().filename(), marker);
    }
    for (const std::string& line : end_.said) {
      const std::string shown = plain_lines(line);
      EXPECT_TRUE(
          std::ranges::none_of(shown, [](unsigned char c) { return (c < 32 && c != '\n' && c != '\t') || c == 127; }));
    }
  }

  /// Writes with the sink in `file`. Whatever strategies it asks for are those of the name, but for NCCL's.
  void write(const std::string& file) {
    PluginHost host;
    host.load_file(file);
    const PluginEntry& entry = host.entries().at(0);
    ASSERT_EQ(entry.refused, "");
    Parameters parameters{std::span<const ParameterSpec>(entry.parameters)};
    for (const ParameterSpec& spec : entry.parameters) {
      const std::string key = spec.name;
      if (key == "axes") parameters.set_from_text(spec, "data");
      if (key == "formats") parameters.set_from_text(spec, "[png, svg]");
      if (spec.type != ParameterType::text_list || key == "formats" || key == "fusions") continue;
      parameters.set(spec, std::vector<std::string>{key == "nccl" ? "NCCL" : name_});
    }
    const auto sink = host.create_as<Sink>(entry, parameters);
    sink->begin(end_.run);
    for (const Measurement& row : end_.dataset.rows()) sink->measured(row);
    sink->skipped(end_.dataset.rows().front().problem, name_, name_);
    try {
      sink->write(end_.report);
    } catch (const std::exception& error) {  // whose code goes with the plugin
      FAIL() << error.what();
    }
  }

  [[nodiscard]] fs::path out(const std::string& file) const { return end_.run.output_dir / file; }
  [[nodiscard]] std::string text_of(const std::string& file) const { return read_file(out(file)); }

  /// Compiles with what makes the most of a backslash or ?\?/ at the end of a line.
  [[nodiscard]] std::string compiled(const std::string& program) const {
    const fs::path source = end_.dir.write("program.cpp", program);
    const auto compiler = run({CXX_COMPILER, "-std=c++17", "-trigraphs", "-Wall", "-Wextra", "-Wno-trigraphs",
                               "-Werror", "-I", end_.run.output_dir.string(), "-o", "program", source.string()});
    return compiler.output + (compiler.exit_code == 0 ? "" : "failed");
  }

  /// The output of a Python program. `{}`, without braces around it, is the artefact; its result is printed.
  [[nodiscard]] std::string python(const std::string& program, const std::string& file) const {
    return run({"python3", "-I", "-B", "-c", program, out(file).string()}).output;
  }

  const std::string name_ = GetParam().name;
  fs::path before_;
  DecisionsReport end_{data_of(name_),
                       {std::make_shared<FunctionSelector>(name_, [this](const Problem&) { return name_; })}};
};

TEST_P(HostileNames, StayWithinTheHeader) {
  write(CPP_HEADER_PLUGIN);
  // One of three strategies has the name; the other two are not in the table.
  ASSERT_EQ(compiled(R"(
#include "arbiter_decision.hpp"
#include <cstdio>
int main() {
  constexpr auto strategy = arbiter_decision::select(2, arbiter_decision::Fusion::NONE, 8, 4096);
  static_assert(static_cast<int>(strategy) == 7, "the table id of the name");
  std::fputs(arbiter_decision::name_of(strategy), stdout);
}
)"),
            "");
  EXPECT_EQ(run({"./program"}).output, name_.c_str());
  EXPECT_EQ(text_of("arbiter_decision.hpp").find("has a zero byte") != std::string::npos,
            name_.find('\0') != std::string::npos);
}

TEST_P(HostileNames, StayWithinTheTables) {
  write(CPP_TABLE_PLUGIN);
  write(TRTLLM_TABLE_PLUGIN);
  for (const char* table : {"gen_heuristic_code", "engines/trtllm_table"}) {
    const bool of_data = std::string(table) == "gen_heuristic_code";
    ASSERT_EQ(compiled(fmt::format(R"(
#include <cstdio>
#include <vector>
using AllReduceBestStrategyTableType = std::vector<std::vector<std::vector<std::vector<int>>>>;
#include "{}/generated_lookup_table.cpp"
int main() {{
  const auto& table = AllReduceBestStrategyTableSM90;
  std::printf("%zu %zu %zu", table.size(), table[0].size(), table[0][{}][0].size());
}}
)",
                                   table, of_data ? 2 : 0)),
              "");
    EXPECT_EQ(run({"./program"}).output, of_data ? "1 3 2" : "3 4 15") << "a row is swallowed or invented";
  }
}

TEST_P(HostileNames, StayWithinPythonComments) {
  for (const auto& [plugin, engine, key] : {std::tuple(VLLM_PLUGIN, "vllm", "FI_ALLREDUCE_FUSION_MAX_SIZE_MB"),
                                            std::tuple(SGLANG_PLUGIN, "sglang", "ARBITER_ROWS"),
                                            std::tuple(FLASHINFER_PLUGIN, "flashinfer", "_use_oneshot_heuristics")}) {
    write(plugin);
    const std::string file = fmt::format("engines/{0}/{0}.py", engine);
    EXPECT_EQ(python(fmt::format("import sys, ast, runpy\n"
                                 "tree = ast.parse(open(sys.argv[1], 'rb').read())\n"
                                 "assert all(isinstance(s, (ast.Assign, ast.If)) for s in tree.body), ast.dump(tree)\n"
                                 "assert runpy.run_path(sys.argv[1])['{}']",
                                 key),
                     file),
              "");
  }
}

TEST_P(HostileNames, StayWithinTheTunersComments) {
  write(NCCL_TUNER_PLUGIN);
  std::istringstream lines(text_of("engines/nccl_tuner/nccl_tuner.conf"));
  std::vector<std::string> settings;
  for (std::string line; std::getline(lines, line);) {
    EXPECT_LT(line.size(), 255U) << "its rest would be a line";
    if (!line.starts_with('#')) settings.push_back(line);
  }
  EXPECT_EQ(settings, std::vector<std::string>{"allreduce,2048,4194304,ring,ll,4,1,2,-1,-1"});
}

TEST_P(HostileNames, ReadBackFromCsv) {
  write(CSV_PLUGIN);
  const Dataset read = read_csv(out("benchmark.tp2.sm90.csv")).dataset;
  ASSERT_EQ(read.rows().size(), end_.dataset.rows().size());
  for (std::size_t i = 0; i < read.rows().size(); ++i) {
    EXPECT_EQ(read.rows()[i].problem, end_.dataset.rows()[i].problem);
    EXPECT_EQ(read.rows()[i].strategy, end_.dataset.rows()[i].strategy);
    EXPECT_EQ(read.rows()[i].run_id, name_);
  }
  EXPECT_EQ(std::ranges::count(text_of("benchmark.tp2.sm90.log"), '\n'), 1);
}

TEST_P(HostileNames, ReadBackFromTheCsvOfRegret) {
  write(REGRET_PLUGIN);
  if (name_.find('\0') != std::string::npos) {  // which Python's csv module does not take
    EXPECT_THAT(text_of("regret.csv"), HasSubstr("\n" + name_ + ",heuristic,"));
    return;
  }
  std::string expected;
  for (const char c : name_) expected += fmt::format("{:02x}", static_cast<unsigned char>(c));
  EXPECT_EQ(
      python("import csv, sys\n"
             "rows = list(csv.DictReader(open(sys.argv[1], encoding='latin-1', newline='')))\n"
             "print({row['selector'] for row in rows if row['source'] == 'heuristic'}.pop().encode('latin-1').hex())",
             "regret.csv"),
      expected + "\n");
}

TEST_P(HostileNames, ReadBackFromJsonOrItSaysWhyNot) {
  write(JSON_PLUGIN);
  const auto json = nlohmann::json::parse(text_of("decision.json"));
  const std::string selector = json.at("selectors").at(0).at("name");
  const std::string gpu = json.at("machine").at("facts").at("gpu");
  EXPECT_EQ(selector == name_, gpu == name_);
  EXPECT_EQ(json.contains("remarks"), selector != name_);
  EXPECT_EQ(selector != name_, std::string(GetParam().what) == "NoUtf8");
}

TEST_P(HostileNames, StayOnTheirLinesOfTheSummary) {
  write(SUMMARY_PLUGIN);
  const std::string text = text_of("summary.txt");
  EXPECT_TRUE(std::ranges::none_of(text, [](unsigned char c) { return (c < 32 && c != '\n') || c == 127; }));
  EXPECT_NO_THROW(static_cast<void>(nlohmann::json(text).dump())) << "it is no UTF-8";
  EXPECT_THAT(text, HasSubstr("setting: "));
}

TEST_P(HostileNames, StayWithinTheDataOfThePage) {
  write(REPORT_PLUGIN);
  EXPECT_EQ(python("import sys, json, html.parser\n"
                   "class Page(html.parser.HTMLParser):\n"
                   "  tags, data, inside = [], '', False\n"
                   "  def handle_starttag(self, tag, attributes):\n"
                   "    self.tags.append(tag)\n"
                   "    self.inside = ('id', 'data') in attributes\n"
                   "  def handle_endtag(self, tag):\n"
                   "    self.inside = False\n"
                   "  def handle_data(self, text):\n"
                   "    if self.inside: self.data += text\n"
                   "page = Page()\n"
                   "page.feed(open(sys.argv[1], encoding='utf-8', newline='').read())\n"
                   "assert page.tags.count('script') == 2 and 'img' not in page.tags, page.tags\n"
                   "data = json.loads(page.data)\n"
                   "assert data['selectors'] == [data['mixed'][0]] == [data['runs'][0][0]], data['selectors']\n"
                   "assert len(data['groups']) == 3 and data['verdict'], data['groups']",
                   "report.html"),
            "");
}

TEST_P(HostileNames, AreDrawn) {
  for (const char* plugin :
       {HEATMAP_PLUGIN, BEST_STRATEGY_PLUGIN, STRATEGY_DIFFERENCE_PLUGIN, LOWER_BOUND_DISTANCE_PLUGIN}) {
    write(plugin);
  }
  const fs::path folder = out("viz") / file_name(name_);
  EXPECT_EQ(folder.lexically_normal().parent_path(), out("viz"));
  std::size_t pictures = 0;
  for (const auto& entry : fs::directory_iterator(folder)) {
    ++pictures;
    const std::string picture = read_file(entry.path());
    if (entry.path().extension() == ".png") {
      EXPECT_TRUE(picture.starts_with("\x89PNG") && picture.find("IEND") != std::string::npos) << entry.path();
    } else {
      EXPECT_EQ(
          python("import sys, xml.etree.ElementTree as tree\n"
                 "texts = [''.join(t.itertext()) for t in tree.parse(sys.argv[1]).iter() if t.tag.endswith('text')]\n"
                 "assert any(': ' in text for text in texts), texts",
                 fs::relative(entry.path(), end_.run.output_dir).string()),
          "");
    }
  }
  EXPECT_EQ(pictures, 8U);
  const auto is_told = [&](const std::string& line) {
    return line.find("no folder can be called") != std::string::npos;
  };
  EXPECT_EQ(std::ranges::any_of(end_.said, is_told), file_name(name_) != name_);
}

INSTANTIATE_TEST_SUITE_P(Names, HostileNames, ::testing::ValuesIn(hostile_names()),
                         [](const auto& name) { return std::string(name.param.what); });

}  // namespace
}  // namespace arbiter::test
