// SPDX-License-Identifier: Apache-2.0
#include "arbiter/parameters.hpp"

#include <array>
#include <stdexcept>

#include <gmock/gmock.h>

#include "arbiter/error.hpp"

namespace arbiter {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::array<ParameterSpec, 6> specs = {{
    {"flag", ParameterType::boolean, "true", "", ""},
    {"count", ParameterType::integer, " 7 ", "0|8..|7", ""},
    {"share", ParameterType::real, "0.5", "0.1..50", ""},
    {"mode", ParameterType::text, "argmin", "argmin|stable", ""},
    {"sizes", ParameterType::integer_list, "[1,22, 333]", "1..999", ""},
    {"names", ParameterType::text_list, "[a,bc , def]", "", ""},
}};

std::string mistake(const ParameterSpec& spec) {
  try {
    static_cast<void>(Parameters(std::array{spec}));
  } catch (const PluginError& error) {
    return error.what();
  }
  return "no mistake";
}

TEST(Parameters, AreTheDefaultsUntilTheyAreSet) {
  Parameters parameters(specs);
  EXPECT_TRUE(parameters.boolean("flag"));
  EXPECT_EQ(parameters.integer("count"), 7);
  EXPECT_EQ(parameters.real("share"), 0.5);
  EXPECT_EQ(parameters.text("mode"), "argmin");
  EXPECT_THAT(parameters.integers("sizes"), ElementsAre(1, 22, 333));
  EXPECT_THAT(parameters.texts("names"), ElementsAre("a", "bc", "def"));
  parameters.set_from_text(specs[0], "false");
  parameters.set_from_text(specs[1], "0");
  parameters.set_from_text(specs[2], "50");
  parameters.set_from_text(specs[3], "stable");
  parameters.set_from_text(specs[4], "5");
  parameters.set_from_text(specs[5], "[]");
  EXPECT_FALSE(parameters.boolean("flag"));
  EXPECT_EQ(parameters.integer("count"), 0);
  EXPECT_EQ(parameters.real("share"), 50.0);
  EXPECT_EQ(parameters.text("mode"), "stable");
  EXPECT_THAT(parameters.integers("sizes"), ElementsAre(5));
  EXPECT_THAT(parameters.texts("names"), IsEmpty());
}

TEST(Parameters, RefuseWhatIsNotAllowed) {
  Parameters parameters(specs);
  const auto refused = [&](std::size_t spec, const char* text) -> std::string {
    try {
      parameters.set_from_text(specs.at(spec), text);
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "taken";
  };
  EXPECT_EQ(refused(0, "yes"), "found yes; allowed: true or false");
  for (const char* text : {"1", "6", "-1", "x", "7.5"}) EXPECT_NE(refused(1, text), "taken") << text;
  for (const char* text : {"0", "7", "8", "1000"}) EXPECT_EQ(refused(1, text), "taken") << text;
  for (const char* text : {"0.09", "50.01", "x"}) EXPECT_NE(refused(2, text), "taken") << text;
  for (const char* text : {"0.1", "50"}) EXPECT_EQ(refused(2, text), "taken") << text;
  EXPECT_NE(refused(3, "argmax"), "taken");
  for (const char* text : {"[0]", "[1000]", "[1, x]"}) EXPECT_NE(refused(4, text), "taken") << text;
}

TEST(Parameters, OfAPluginThatDeclaresThemWrongAreAnError) {
  EXPECT_EQ(mistake({"", ParameterType::integer, "1", "", ""}), "declares a parameter without a name");
  EXPECT_EQ(mistake({nullptr, ParameterType::integer, "1", "", ""}), "declares a parameter without a name");
  EXPECT_THAT(mistake({"n", ParameterType::integer, "9", "1..8", ""}),
              ::testing::StartsWith("the default of parameter n is wrong: found 9"));
  EXPECT_THAT(mistake({"n", ParameterType::integer, "9", "a..b", ""}),
              ::testing::StartsWith("the default of parameter n is wrong: "));
  EXPECT_THAT(mistake({"x", ParameterType::real, "9", "a..b", ""}),
              ::testing::StartsWith("the default of parameter x is wrong: "));
  EXPECT_EQ(mistake({"n", ParameterType::integer, "9", nullptr, ""}), "no mistake");
  EXPECT_EQ(mistake({"t", ParameterType::text, nullptr, "", ""}), "no mistake");
  const std::array twice{specs[0], specs[0]};
  EXPECT_THROW(static_cast<void>(Parameters(twice)), PluginError);
}

TEST(Parameters, AskedForByAnotherNameOrTypeAreAMistakeOfTheProgram) {
  const Parameters parameters(specs);
  EXPECT_THROW(static_cast<void>(parameters.integer("none")), std::logic_error);
  EXPECT_THROW(static_cast<void>(parameters.integer("flag")), std::logic_error);
  EXPECT_THROW(static_cast<void>(parameters.texts("sizes")), std::logic_error);
}

TEST(Parameters, HaveTypesWithNames) {
  EXPECT_EQ(name_of(ParameterType::boolean), "true or false");
  EXPECT_EQ(name_of(ParameterType::integer), "integer");
  EXPECT_EQ(name_of(ParameterType::real), "number");
  EXPECT_EQ(name_of(ParameterType::text), "text");
  EXPECT_EQ(name_of(ParameterType::integer_list), "list of integers");
  EXPECT_EQ(name_of(ParameterType::text_list), "list of texts");
}

}  // namespace
}  // namespace arbiter
