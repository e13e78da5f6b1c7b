// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "support/process.hpp"

namespace arbiter::testing {

/// A fenced block of a page.
struct Block {
  std::string language;  ///< as behind the fence; empty if nothing is there
  std::string text;
  int line = 0;  ///< of the fence, from 1
};

[[nodiscard]] std::vector<Block> blocks_of(const std::filesystem::path& page);

/// The texts of a page's blocks in one language, in order.
[[nodiscard]] std::vector<std::string> blocks_in(const std::filesystem::path& page, const std::string& language);

/// README.md, CONTRIBUTING.md and docs/*.md, sorted.
[[nodiscard]] std::vector<std::filesystem::path> pages();

/// Whether a page's commands begin with the prefix of an installed Arbiter. Those of other pages are for a clone.
[[nodiscard]] bool is_for_a_prefix(const std::filesystem::path& page);

/// Runs the `sh` blocks of a page in a folder, as one script that ends at the first failure. `before` is bash that runs
/// in front of them.
[[nodiscard]] Finished run_page(const std::filesystem::path& page, const std::filesystem::path& folder,
                                const std::string& before, const std::vector<std::string>& environment);

/// Likewise of a page that is for an installed Arbiter; `environment` is added to what such a page needs.
[[nodiscard]] Finished run_page_with_prefix(const std::filesystem::path& page, const std::filesystem::path& folder,
                                            std::vector<std::string> environment);

}  // namespace arbiter::testing
