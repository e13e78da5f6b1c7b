// SPDX-License-Identifier: Apache-2.0
#include "config/values.hpp"

#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "arbiter/error.hpp"

namespace arbiter {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr ParameterSpec specs[] = {
    {"symmetric", ParameterType::boolean, "true", "", ""},
    {"chunk_kib", ParameterType::integer, "64", "1..4096", ""},
    {"eps", ParameterType::real, "1e-6", "0..0.5", ""},
    {"mode", ParameterType::text, "argmin", "argmin|stable", ""},
    {"fallback", ParameterType::text, "", "", ""},
    {"hidden", ParameterType::integer_list, "[128, 256]", "1..8192", ""},
    {"formats", ParameterType::text_list, "[png]", "png|svg", ""},
    {"slots", ParameterType::integer, "0", "0|8..", ""},
};

const ParameterSpec& spec(std::string_view name) {
  for (const ParameterSpec& candidate : specs) {
    if (candidate.name == name) return candidate;
  }
  throw std::logic_error("no such spec");
}

std::string refusal(std::string_view name, const std::string& yaml) {
  Parameters parameters(specs);
  const auto before = parameters.values();
  try {
    set_from_yaml(parameters, spec(name), yaml);
  } catch (const ConfigError& error) {
    EXPECT_EQ(parameters.values(), before);
    return error.what();
  }
  return "accepted";
}

TEST(Parameters, StartAtTheirDefaults) {
  const Parameters parameters(specs);
  EXPECT_TRUE(parameters.boolean("symmetric"));
  EXPECT_EQ(parameters.integer("chunk_kib"), 64);
  EXPECT_DOUBLE_EQ(parameters.real("eps"), 1e-6);
  EXPECT_EQ(parameters.text("mode"), "argmin");
  EXPECT_EQ(parameters.text("fallback"), "");
  EXPECT_THAT(parameters.integers("hidden"), ElementsAre(128, 256));
  EXPECT_THAT(parameters.texts("formats"), ElementsAre("png"));
  EXPECT_EQ(parameters.values().size(), std::size(specs));
}

TEST(Parameters, TakeYamlOfTheirType) {
  Parameters parameters(specs);
  set_from_yaml(parameters, spec("symmetric"), "false");
  set_from_yaml(parameters, spec("chunk_kib"), "4096");
  set_from_yaml(parameters, spec("eps"), "0.25");
  set_from_yaml(parameters, spec("mode"), "\"stable\"");
  set_from_yaml(parameters, spec("fallback"), "NCCL");
  set_from_yaml(parameters, spec("hidden"), "{from: 1, to: 100, factor: 3}");
  set_from_yaml(parameters, spec("formats"), "[png, 'svg']");
  EXPECT_FALSE(parameters.boolean("symmetric"));
  EXPECT_EQ(parameters.integer("chunk_kib"), 4096);
  EXPECT_DOUBLE_EQ(parameters.real("eps"), 0.25);
  EXPECT_EQ(parameters.text("mode"), "stable");
  EXPECT_EQ(parameters.text("fallback"), "NCCL");
  EXPECT_THAT(parameters.integers("hidden"), ElementsAre(1, 3, 9, 27, 81));
  EXPECT_THAT(parameters.texts("formats"), ElementsAre("png", "svg"));
  set_from_yaml(parameters, spec("hidden"), "7168");
  EXPECT_THAT(parameters.integers("hidden"), ElementsAre(7168));
  set_from_yaml(parameters, spec("hidden"), "[]");
  EXPECT_THAT(parameters.integers("hidden"), IsEmpty());
}

TEST(Parameters, AWholeNumberIsAReal) {
  Parameters parameters(specs);
  set_from_yaml(parameters, spec("eps"), "0");
  EXPECT_DOUBLE_EQ(parameters.real("eps"), 0.0);
}

TEST(Parameters, AdmitAlternativesAndOpenBounds) {
  Parameters parameters(specs);
  set_from_yaml(parameters, spec("slots"), "8");
  set_from_yaml(parameters, spec("slots"), "9223372036854775807");
  EXPECT_EQ(parameters.integer("slots"), INT64_MAX);
  EXPECT_EQ(refusal("slots", "7"), "found 7; allowed: a whole number in 0|8..");
}

struct RefusedValue {
  const char* name;
  const char* yaml;
  const char* message;
};

class RefusedParameter : public ::testing::TestWithParam<RefusedValue> {};

TEST_P(RefusedParameter, SaysWhatWasFoundAndWhatIsAllowed) {
  EXPECT_EQ(refusal(GetParam().name, GetParam().yaml), GetParam().message);
}

INSTANTIATE_TEST_SUITE_P(
    Values, RefusedParameter,
    ::testing::Values(
        RefusedValue{"symmetric", "yes", "found yes; allowed: true or false"},
        RefusedValue{"symmetric", "1", "found 1; allowed: true or false"},
        RefusedValue{"symmetric", "'true'", "found \"true\"; allowed: true or false"},
        RefusedValue{"symmetric", "", "found nothing; allowed: true or false"},
        RefusedValue{"chunk_kib", "0", "found 0; allowed: a whole number in 1..4096"},
        RefusedValue{"chunk_kib", "4097", "found 4097; allowed: a whole number in 1..4096"},
        RefusedValue{"chunk_kib", "-1", "found -1; allowed: a whole number in 1..4096"},
        RefusedValue{"chunk_kib", "99999999999999999999",
                     "found 99999999999999999999; allowed: a whole number in 1..4096"},
        RefusedValue{"chunk_kib", "0x10",
                     "found 0x10; allowed: a whole number in 1..4096; numbers are decimal: write 16"},
        RefusedValue{"chunk_kib", "010",
                     "found 010; allowed: a whole number in 1..4096; a leading zero may mean octal: write 10"},
        RefusedValue{"chunk_kib", "1e3", "found 1e3; allowed: a whole number in 1..4096; write 1000"},
        RefusedValue{"chunk_kib", "64.0", "found 64.0; allowed: a whole number in 1..4096; write 64"},
        RefusedValue{"chunk_kib", "2.5", "found 2.5; allowed: a whole number in 1..4096"},
        RefusedValue{"chunk_kib", "'64'", "found \"64\"; allowed: a whole number in 1..4096; write it without quotes"},
        RefusedValue{"chunk_kib", "[64]", "found a list; allowed: a whole number in 1..4096"},
        RefusedValue{"chunk_kib", "~", "found nothing; allowed: a whole number in 1..4096"},
        RefusedValue{"eps", "0.51", "found 0.51; allowed: a number in 0..0.5"},
        RefusedValue{"eps", ".nan", "found .nan; allowed: a number in 0..0.5"},
        RefusedValue{"eps", "inf", "found inf; allowed: a number in 0..0.5"},
        RefusedValue{"eps", "1e999", "found 1e999; allowed: a number in 0..0.5"},
        RefusedValue{"mode", "stabel", "found stabel; did you mean stable? Allowed: argmin, stable"},
        RefusedValue{"mode", "lp", "found lp; allowed: argmin, stable"},
        RefusedValue{"mode", "{a: b}", "found a map; allowed: argmin, stable"},
        RefusedValue{"fallback", "[NCCL]", "found a list; allowed: a text"},
        RefusedValue{"hidden", "[1, 0, x]",
                     "found 0; allowed: a whole number in 1..8192\nfound x; allowed: a whole number in 1..8192"},
        RefusedValue{"hidden", "{from: 1, to: 8}",
                     "the range has no factor; allowed: {from, to, factor} or {from, to, step}"},
        RefusedValue{"formats", "[png, gif]", "found gif; allowed: png, svg"},
        RefusedValue{"formats", "{}", "found an empty map; allowed: a list of png, svg"}));

TEST(Parameters, RefuseTextThatIsNoYaml) {
  EXPECT_THAT(refusal("mode", "[argmin"), HasSubstr("not YAML"));
  EXPECT_THAT(refusal("mode", "{mode: argmin, mode: stable}"), HasSubstr("given twice"));
}

TEST(Parameters, RefuseToBeReadUnderANameOrTypeThatWasNotDeclared) {
  const Parameters parameters(specs);
  EXPECT_THROW(static_cast<void>(parameters.integer("chunk")), std::logic_error);
  EXPECT_THROW(static_cast<void>(parameters.real("chunk_kib")), std::logic_error);
  EXPECT_THROW(static_cast<void>(Parameters().text("mode")), std::logic_error);
}

struct BrokenSpec {
  ParameterSpec spec;
  const char* message;
};

class BrokenParameterSpec : public ::testing::TestWithParam<BrokenSpec> {};

TEST_P(BrokenParameterSpec, IsThePluginsError) {
  try {
    const Parameters parameters({&GetParam().spec, 1});
    FAIL() << "accepted";
  } catch (const PluginError& error) {
    EXPECT_THAT(error.what(), HasSubstr(GetParam().message));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Specs, BrokenParameterSpec,
    ::testing::Values(
        BrokenSpec{{"a", ParameterType::integer, "x", "", ""}, "the default of parameter a is wrong: found x"},
        BrokenSpec{{"a", ParameterType::integer, "0", "1..2", ""}, "found 0; allowed: a whole number in 1..2"},
        BrokenSpec{{"a", ParameterType::integer, nullptr, nullptr, nullptr}, "found nothing"},
        BrokenSpec{{"a", ParameterType::integer, "1", "one..two", ""}, "\"one..two\" is no range"},
        BrokenSpec{{"a", ParameterType::integer_list, "[]", "1..x", ""}, "\"1..x\" is no range"},
        BrokenSpec{{"a", ParameterType::text, "z", "x|y", ""}, "found z"},
        BrokenSpec{{"a", static_cast<ParameterType>(77), "z", "", ""}, "does not know"},
        BrokenSpec{{nullptr, ParameterType::text, "z", "", ""}, "without a name"}));

TEST(Parameters, RefuseANameDeclaredTwice) {
  const ParameterSpec twice[] = {{"a", ParameterType::text, "", "", ""}, {"a", ParameterType::text, "", "", ""}};
  EXPECT_THROW(Parameters{twice}, PluginError);
}

}  // namespace
}  // namespace arbiter
