// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "arbiter/error.hpp"
#include "io/curve_file.hpp"
#include "support/temp_dir.hpp"

namespace arbiter::test {

/// Reads texts with one of the readers of byte curves, as files of one name.
class CurveReader : public ::testing::Test {
 protected:
  using Reader = CurveContents (*)(const std::filesystem::path& file, bool skip_bad_rows);
  CurveReader(Reader reader, std::string file) : reader_(reader), file_(std::move(file)) {}

  [[nodiscard]] CurveContents read(const std::string& text, bool skip_bad_rows = false) const {
    return reader_(dir_.write(file_, text), skip_bad_rows);
  }
  /// The message of the error without the folder; "no mistake" if there is none.
  [[nodiscard]] std::string mistake(const std::string& text) const {
    try {
      static_cast<void>(read(text));
    } catch (const DataError& error) {
      return std::string(error.what()).substr(dir_.path().string().size() + 1);
    }
    return "no mistake";
  }

  TempDir dir_;

 private:
  Reader reader_;
  std::string file_;
};

}  // namespace arbiter::test
