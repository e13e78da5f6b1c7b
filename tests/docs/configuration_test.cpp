// SPDX-License-Identifier: Apache-2.0
// docs/configuration.md: every key and every parameter, as the validation has them.
#include <map>
#include <memory>
#include <sstream>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>

#include "arbiter/files.hpp"
#include "config/config.hpp"
#include "config/keys.hpp"
#include "config/reference.hpp"
#include "docs/pages.hpp"
#include "support/temp_dir.hpp"

namespace arbiter::testing {
namespace {

using ::testing::HasSubstr;

constexpr const char* page = SOURCE "/docs/configuration.md";
constexpr const char* how_to_renew = "renew it: build/bin/runner --help-config > docs/configuration.md";

/// The page in parts, each from one heading to the next.
std::vector<std::string> parts_of(const std::string& text) {
  std::vector<std::string> parts = {""};
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("#")) parts.emplace_back();
    parts.back() += line + "\n";
  }
  return parts;
}

const PluginHost& built_in() {
  static const auto plugins = [] {
    auto host = std::make_unique<PluginHost>();
    host->load_dir(BUILT_PLUGINS);
    return host;
  }();
  return *plugins;
}

TEST(ConfigurationPage, IsWhatTheRunnerSaysOfItsKeysAndParameters) {
  const auto said = run({BUILD "/bin/runner", "--help-config"}, {"ARBITER_PLUGIN_PATH="});
  ASSERT_EQ(said.exit_code, 0) << said.output;
  const std::string committed = read_file(page);
  if (built_in().find(PluginKind::strategy, "NCCL", "cuda") != nullptr) {
    EXPECT_EQ(said.output, committed) << how_to_renew;
    return;
  }
  // Built for the host alone, or without NCCL: those strategies' parts are on the page only.
  for (const auto& part : parts_of(said.output)) EXPECT_THAT(committed, HasSubstr(part)) << how_to_renew;
}

/// A sweep that every key can be added to, and the plugins it needs.
constexpr const char* sweep = R"(
backend: host
problems: {tp_size: 2, fusion: [NONE], hidden_size: 4096, num_tokens: 1}
strategies: [MPI]
heuristics: [lut]
sinks: [csv]
compare: [tables/decision.json]
measurement: {}
output_dir: out
)";

using Entries = std::map<std::string, std::string>;

/// A YAML map with an entry more, or another value of it.
std::string map_with(Entries entries, const std::string& name, const std::string& value) {
  entries[name] = value;
  std::vector<std::string> texts;
  for (const auto& [key, text] : entries) texts.push_back(fmt::format("{}: {}", key, text));
  return fmt::format("{{{}}}", fmt::join(texts, ", "));
}

/// Where an override puts a key of a section: below a name of the reader's own, or into the entry of a list.
std::string override_of(const ConfigKey& key) {
  const std::string name = key.spec.name;
  const std::string example = example_of(key.spec);
  const std::string section(key.section);
  if (section.empty()) return fmt::format("{}={}", name, example);
  if (section == "range") {
    Entries range = {{"from", "1"}, {"to", "64"}};
    if (name != "step") range["factor"] = "4";
    return "problems.num_tokens=" + map_with(range, name, example);
  }
  if (section == "problems.holdout") {
    return fmt::format("{}=[{}]", section, map_with({{"hidden_size", "64"}, {"num_tokens", "64"}}, name, example));
  }
  if (section == "compare") {
    return fmt::format("compare=[{}]", map_with({{"file", "tables/decision.json"}}, name, example));
  }
  if (section.ends_with(".NAME")) {
    const auto plugins = section.substr(0, section.rfind('.'));
    const Entries entries = plugins == "strategies" ? Entries{{"strategy", "ONESHOT"}} : Entries{};
    return fmt::format("{}={{MINE: {}}}", plugins, map_with(entries, name, example));
  }
  return fmt::format("{}.{}={}", section, name, example);
}

TEST(ConfigurationPage, HasExamplesThatTheValidationTakes) {
  const test::TempDir folder;
  std::filesystem::create_directories(folder.path() / "my/plugins");
  static_cast<void>(folder.write("tables/decision.json", "{}"));
  const auto back = std::filesystem::current_path();
  std::filesystem::current_path(folder.path());
  for (const ConfigKey& key : config_keys()) {
    EXPECT_STRNE(key.spec.help, "") << key.spec.name;
    const auto text = override_of(key);
    EXPECT_NO_THROW(static_cast<void>(ConfigText(sweep, "", {text}).validate(built_in()))) << text;
  }
  std::filesystem::current_path(back);
}

TEST(ConfigurationPage, HasAnExampleForEveryParameterThatItsPluginTakes) {
  int parameters = 0;
  for (const PluginEntry& entry : built_in().entries()) {
    for (const ParameterSpec& spec : entry.parameters) {
      ++parameters;
      EXPECT_STRNE(spec.help, "") << entry.name << "." << spec.name;
      const auto example = example_of(spec);
      EXPECT_TRUE(!example.empty() && example != "[]") << entry.name << "." << spec.name << " needs an example";
      Parameters values(entry.parameters);
      EXPECT_NO_THROW(values.set_from_text(spec, example)) << entry.name << "." << spec.name;
    }
  }
  EXPECT_GT(parameters, 50);
}

TEST(ConfigurationPage, HasTheParametersOfPluginsOfOnesOwn) {
  PluginEntry mine;
  mine.kind = PluginKind::strategy;
  mine.name = "MINE";
  mine.backend = "tpu";
  mine.parameters = {{"pace", ParameterType::text, "slow", "slow|fast", "how <fast> it is | or *not*"}};
  EXPECT_THAT(
      configuration_reference(std::vector{mine}),
      HasSubstr("\n## Parameters of strategies on other backends\n\n### `MINE`\n\n"
                "| key | type | allowed | default | meaning | example |\n|---|---|---|---|---|---|\n"
                "| `pace` | text | `slow`, `fast` | `slow` | how \\<fast> it is \\| or \\*not\\* | `pace: fast` |\n"));
}

}  // namespace
}  // namespace arbiter::testing
