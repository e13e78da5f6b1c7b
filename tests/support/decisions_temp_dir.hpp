#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

namespace arbiter::test {

/// A folder of its own that is gone when the test is.
class DecisionsTempDir {
 public:
  DecisionsTempDir() {
    std::string pattern = (std::filesystem::temp_directory_path() / "arbiter-decisions-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
    path_ = pattern;
  }
  ~DecisionsTempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  DecisionsTempDir(const DecisionsTempDir&) = delete;
  DecisionsTempDir& operator=(const DecisionsTempDir&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  std::filesystem::path write(const std::string& name, const std::string& text) const {
    const std::filesystem::path file = path_ / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
    return file;
  }

 private:
  std::filesystem::path path_;
};

}  // namespace arbiter::test
