// SPDX-License-Identifier: Apache-2.0
// The page in a browser: its script runs, and draws what the data say.
#include "support/browser.hpp"

#include <regex>

#include <gmock/gmock.h>

#include "arbiter/files.hpp"
#include "io/data_dir.hpp"
#include "report/page_text.hpp"
#include "support/decisions_data.hpp"
#include "support/decisions_report.hpp"

namespace arbiter::test {

namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::ptrdiff_t count(const std::string& text, const std::string& form) {
  const std::regex regex(form);
  return std::distance(std::sregex_iterator(text.begin(), text.end(), regex), std::sregex_iterator());
}

/// Two contexts, three strategies, 3 x 2 shapes; a failed cell, a suspect one, and a name that is markup.
struct DrawnRun : DecisionsReport {
  explicit DrawnRun(const std::string& name)
      : DecisionsReport(rows_of(name, Context::engine),
                        {std::make_shared<FunctionSelector>(name, [](const Problem&) { return "NCCL"; })}),
        all(dataset) {
    all.append(rows_of(name, Context::back_to_back));
    report.setting.graph = true;
    report.setting.context = Context::engine;
    report.all_rows = &all;
  }

  static Dataset rows_of(const std::string& name, Context context) {
    Dataset rows(Machine{"sm90", {{name, name}}});
    for (const std::int64_t tokens : {1, 16, 256}) {
      for (const std::int64_t hidden : {1024, 4096}) {
        for (const auto& [strategy, time_us] :
             {std::pair{name, 2.0}, {std::string("NCCL"), 4.0}, {std::string("AUTO"), 1.0}}) {
          Measurement row = decision_row(cell_of(hidden, tokens), strategy, time_us);
          row.setting.graph = true;
          row.setting.context = context;
          row.ci_low_us = 0.9 * time_us;
          row.ci_high_us = strategy == "NCCL" ? 12'430.0 : 1.1 * time_us;
          rows.add(row);
        }
      }
    }
    Measurement failed = failed_row(cell_of(1024, 4), "NCCL");
    failed.setting = rows.rows().front().setting;
    failed.reason = "it failed because of " + name;
    rows.add(failed);
    return rows;
  }

  Dataset all;
};

class ReportInABrowser : public ::testing::Test {
 protected:
  void SetUp() override {
    if (Browser::program().empty()) GTEST_SKIP() << "there is no Chromium in PATH: apt-get install chromium";
  }

  Browser::Page page_of(DecisionsReport& end, int width) {
    const auto sink = load_plugin<Sink>(REPORT_PLUGIN);
    sink->begin(end.run);
    sink->skipped(cell_of(1024, 2), "NCCL", "no memory");
    sink->write(end.report);
    return browser_.load(end.run.output_dir / "report.html", width);
  }

  Browser browser_;
};

}  // namespace

TEST_F(ReportInABrowser, DrawsMapsLinesAndTablesWithoutAnError) {
  DrawnRun end("ONESHOT");
  const auto page = page_of(end, 1280);
  EXPECT_THAT(page.console, IsEmpty());
  // The best map in two contexts, times and differences of three strategies; 4 x 2 shapes.
  EXPECT_EQ(count(page.document, "<svg[^>]*arrow keys move between cells"), 2 + 3 + 3);
  EXPECT_EQ(count(page.document, "<g class=\"cell( empty| failed)?\""), 8 * 8);
  EXPECT_EQ(count(page.document, "<svg[^>]*arrow keys move between points"), 2);
  EXPECT_EQ(count(page.document, "class=\"series\" d=\"M0 8H30\""), 3) << "a line of the legend for each strategy";
  // Thinner than a line, and drawn below the mark.
  EXPECT_EQ(
      count(page.document, "<path class=\"series interval\"[^>]*stroke-width=\"1\"[^>]*></path><[a-z]+ [^>]*mark"),
      count(page.document, "class=\"series interval\""));
  EXPECT_GT(count(page.document, "class=\"series interval\""), 0);
  EXPECT_THAT(page.document, HasSubstr("tp 2: ONESHOT at every size"));
  EXPECT_THAT(page.document, HasSubstr("it failed because of ONESHOT"));
  EXPECT_THAT(page.document, HasSubstr("no memory"));
  EXPECT_THAT(page.document, HasSubstr("busbw = algbw x 2 (n - 1) / n, here x 1"));
}

TEST_F(ReportInABrowser, HasWordsForTheMouseAndTheKeyboardInEachCell) {
  DrawnRun end("ONESHOT");
  const auto page = page_of(end, 1280);
  const std::string words =
      "16 tokens x 4096, 128\u00a0KiB, engine; AUTO: 1.000\u00a0µs (0.9000\u00a0µs to 1.100\u00a0µs), -50\u00a0%; "
      "ONESHOT: 2.000\u00a0µs (1.800\u00a0µs to 2.200\u00a0µs), fastest; NCCL: 4.000\u00a0µs (3.600\u00a0µs to "
      "12.43\u00a0ms), "
      "+100\u00a0%; chosen: ONESHOT NCCL";
  std::string in_document = words;
  for (std::size_t at = 0; (at = in_document.find("\u00a0", at)) != std::string::npos;)
    in_document.replace(at, 2, "&nbsp;");
  EXPECT_THAT(page.document, HasSubstr("aria-label=\"" + in_document + "\"")) << words;
  // Each drawing is one stop of the Tab key.
  EXPECT_EQ(count(page.document, "<g [^>]*tabindex=\"0\""), 8 + 2);
}

TEST_F(ReportInABrowser, TurnsItsMapsOnANarrowPageWhichDoesNotScrollSideways) {
  DrawnRun end("ONESHOT");
  const auto sink = load_plugin<Sink>(REPORT_PLUGIN);
  sink->begin(end.run);
  sink->write(end.report);
  const auto wide = browser_.load(end.run.output_dir / "report.html", 1280);
  // No window is that narrow, but a frame is.
  const auto narrow = browser_.load(
      end.dir.write("narrow.html",
                    R"(<!DOCTYPE html><iframe id="frame" style="width: 360px; height: 900px; border: 0"></iframe>
<script type="application/json" id="page">)" +
                        script_json(nlohmann::ordered_json(read_file(end.run.output_dir / "report.html"))) +
                        R"(</script>
<script>
  const frame = document.getElementById("frame");
  frame.onload = () => {
    const page = frame.contentDocument;
    const axis = page.querySelector(".cell").parentNode.querySelector("text.axis").textContent;
    document.title = `width ${page.documentElement.scrollWidth}, first ${axis}, ${page.querySelectorAll(".cell").length} cells`;
    const boxes = [...page.querySelectorAll(".scroll")].filter((box) => box.querySelector("table") && box.scrollWidth > box.clientWidth);
    const regret = boxes.find((box) => box.textContent.includes("holdout: mean"));
    const caption = regret.parentNode.querySelector(".caption");
    regret.scrollLeft = 200;
    const first = regret.querySelector("td").getBoundingClientRect().left;
    console.assert(caption.scrollWidth <= caption.clientWidth && caption.getBoundingClientRect().right <= 360, "caption");
    console.assert(regret.scrollLeft === 200 && first >= 0 && first < 40, "first column", regret.scrollLeft, first);
  };
  frame.srcdoc = JSON.parse(document.getElementById("page").textContent);
</script>)"),
      1280);
  EXPECT_THAT(narrow.console, IsEmpty());
  EXPECT_THAT(narrow.document, HasSubstr("<title>width 360, first 1, 64 cells</title>")) << "tokens run down";
  std::smatch found;
  ASSERT_TRUE(std::regex_search(wide.document, found, std::regex("<text class=\"axis\"[^>]*>(\\d+)</text>")));
  EXPECT_EQ(found[1], "4096") << "hidden sizes run upwards";
}

TEST_F(ReportInABrowser, ShowsANameThatIsMarkupAsItself) {
  const std::string name = "</script><img src=x onerror=console.log('ran')><b>";
  DrawnRun end(name);
  const auto page = page_of(end, 1280);
  EXPECT_THAT(page.console, IsEmpty());
  EXPECT_THAT(page.document, Not(HasSubstr("<img")));
  EXPECT_THAT(page.document, HasSubstr("it failed because of &lt;/script&gt;&lt;img src=x onerror"));
}

TEST_F(ReportInABrowser, DrawsTheResultsOfThisRepository) {
  for (const std::string folder : {"h200-contexts", "xeon-16-cores"}) {
    const auto read = read_data_dir(std::string(RESULTS) + "/" + folder, "", {.allow_mixed = true});
    const Setting setting = read.dataset.rows().front().setting;
    DecisionsReport end(read.dataset.of_setting(setting));
    end.report.setting = setting;
    end.report.all_rows = &read.dataset;
    const auto page = page_of(end, 1280);
    EXPECT_THAT(page.console, IsEmpty()) << folder;
    EXPECT_GT(count(page.document, "<g class=\"cell\""), 100) << folder;
  }
}

}  // namespace arbiter::test
