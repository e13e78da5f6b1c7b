// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "support/process.hpp"
#include "support/temp_dir.hpp"

namespace arbiter::test {

/// Chromium, without a window and with a profile of its own.
class Browser {
 public:
  /// The program in PATH; empty if there is none.
  static std::string program() {
    for (const char* name : {"chromium", "chromium-browser", "google-chrome"}) {
      const auto found = testing::run({"sh", "-c", "command -v " + std::string(name)});
      if (found.exit_code == 0) return found.output.substr(0, found.output.find('\n'));
    }
    return {};
  }

  struct Page {
    std::string document;              ///< after its script ran
    std::vector<std::string> console;  ///< what it wrote there: errors, and calls that its policy refused
  };

  /// Loads a file. `width` is that of the window in pixels.
  [[nodiscard]] Page load(const std::filesystem::path& file, int width,
                          const std::vector<std::string>& more = {}) const {
    // A container has no sandbox for a sandbox.
    std::vector<std::string> command = {program(),
                                        "--headless",
                                        "--no-sandbox",
                                        "--disable-gpu",
                                        "--disable-dev-shm-usage",
                                        "--no-first-run",
                                        "--hide-scrollbars",
                                        "--user-data-dir=" + profile_.path().string(),
                                        "--enable-logging=stderr",
                                        "--window-size=" + std::to_string(width) + ",1000",
                                        "--virtual-time-budget=2000",
                                        "--dump-dom"};
    command.insert(command.end(), more.begin(), more.end());
    command.push_back("file://" + std::filesystem::absolute(file).string());
    const auto finished = testing::run(command, {"HOME=" + profile_.path().string()});
    Page page{finished.output, {}};
    for (std::size_t at = page.document.find("CONSOLE"); at != std::string::npos;
         at = page.document.find("CONSOLE", at + 1)) {
      page.console.push_back(page.document.substr(at, page.document.find('\n', at) - at));
    }
    return page;
  }

 private:
  TempDir profile_;
};

}  // namespace arbiter::test
