// SPDX-License-Identifier: Apache-2.0
#include "report/page_text.hpp"

#include <regex>

#include <gmock/gmock.h>

namespace arbiter::test {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(ScriptJson, ReadsBackAndHasNoMarkup) {
  const nlohmann::ordered_json json = {{"</script><script>alert(1)</script>", "<!-- & ]]>"}};
  const std::string text = script_json(json);
  EXPECT_EQ(text.find_first_of("<>&"), std::string::npos) << text;
  EXPECT_EQ(nlohmann::ordered_json::parse(text), json);
}

TEST(PageText, IsOnePageThatAsksForNothingElse) {
  const std::string page = page_with({{"format", "test"}});
  EXPECT_THAT(page, HasSubstr(R"(<script type="application/json" id="data">{"format":"test"}</script>)"));
  EXPECT_THAT(page, Not(HasSubstr("{{"))) << "a place was not filled";
  EXPECT_THAT(page, HasSubstr("function drawPage()"));
  EXPECT_THAT(page, HasSubstr("prefers-color-scheme: dark"));
  EXPECT_THAT(page, HasSubstr("default-src 'none'")) << "the browser itself refuses what would be loaded";
  EXPECT_FALSE(std::regex_search(page, std::regex("(src|href)=|url\\(|@import|fetch\\(|XMLHttpRequest")));
}

TEST(PageText, MakesNoMarkupOfTexts) {
  const std::string page(page_text());
  EXPECT_FALSE(std::regex_search(page, std::regex("innerHTML|outerHTML|insertAdjacentHTML|document\\.write|eval\\(")));
}

}  // namespace arbiter::test
