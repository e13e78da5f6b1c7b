// SPDX-License-Identifier: Apache-2.0
#include "config/interpreter.hpp"

#include <cstdlib>
#include <filesystem>
#include <string>

#include <gmock/gmock.h>

#include "support/config_catalogue.hpp"
#include "support/temp_dir.hpp"

namespace arbiter::test {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

/// Programs that answer as interpreters do, or do not.
class InterpreterTest : public ::testing::Test {
 protected:
  std::string program(const std::string& name, const std::string& text) {
    const auto file = folder_.write(name, "#!/bin/sh\n" + text + "\n");
    fs::permissions(file, fs::perms::owner_exec, fs::perm_options::add);
    return file.string();
  }
  std::string unusable(const std::string& text) { return find_interpreter(program("python", text)).unusable; }

  TempDir folder_;
};

TEST_F(InterpreterTest, TellsItsVersionWhateverItsStartUpFilesPrint) {
  const auto found = find_interpreter(program("python", "echo Welcome; echo arbiter-asks cpython 3 12 3"));
  EXPECT_EQ(found.unusable, "");
  EXPECT_EQ(found.version_line(), "python 3.12.3 " + (folder_.path() / "python").string());
}

TEST_F(InterpreterTest, IsFoundOverPathUnderTheNameOfALink) {
  program("real", "echo arbiter-asks cpython 3 9 0");
  folder_.write("first/python-of-this-test", "not executable");
  fs::create_directory(folder_.path() / "second");
  fs::create_symlink("../real", folder_.path() / "second/python-of-this-test");
  const std::string before = std::getenv("PATH");
  const auto path = (folder_.path() / "first").string() + ":" + (folder_.path() / "second").string() + ":" + before;
  ::setenv("PATH", path.c_str(), 1);
  const auto found = find_interpreter("python-of-this-test");
  ::setenv("PATH", before.c_str(), 1);
  EXPECT_EQ(found.unusable, "");
  EXPECT_EQ(found.path, (folder_.path() / "second/python-of-this-test").string()) << "a virtual environment is a link";
}

TEST_F(InterpreterTest, SaysWhatIsThereInsteadOfOne) {
  EXPECT_EQ(find_interpreter("python-that-nobody-has").unusable, "python-that-nobody-has, which is not in PATH");
  EXPECT_THAT(find_interpreter("/no/such/python").unusable, EndsWith("which does not exist"));
  EXPECT_THAT(find_interpreter(folder_.path().string()).unusable, EndsWith("which is no program that can be run"));
  EXPECT_THAT(find_interpreter(folder_.write("text", "x").string()).unusable,
              EndsWith("which is no program that can be run"));
  EXPECT_THAT(unusable("echo arbiter-asks cpython 3 8 10"), EndsWith("python, which is cpython 3.8.10"));
  EXPECT_THAT(unusable("echo arbiter-asks pypy 3 10 1"), EndsWith("which is pypy 3.10.1"));
  EXPECT_THAT(unusable("cat"), EndsWith("which is no Python that works"));
  EXPECT_THAT(unusable("echo Traceback >&2; echo 'No module named _ctypes' >&2; exit 1"),
              EndsWith("which is no Python that works: No module named _ctypes"));
  EXPECT_THAT(unusable("while :; do echo yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy; done"),
              EndsWith("which does not answer as Python does"));
}

/// A configuration with a strategy that needs an interpreter.
class InterpreterOfStrategies : public ::testing::Test {
 protected:
  Config config(const std::string& strategies, const std::vector<std::string>& overrides = {}) {
    auto entries = config_entries();
    entries.push_back(config_strategy("ENGINE", "host", 130, {{"python", ParameterType::text, default_, "", ""}}));
    const Catalogue catalogue(entries, config_host_only, [&](const std::string& name) {
      asked_.push_back(name);
      return name.find("bad") == std::string::npos ? Interpreter{"/abs/" + name, "3.12.3", ""}
                                                   : Interpreter{"", "", name + ", which is bad"};
    });
    return validate(
        load_document("problems: {tp_size: 2, hidden_size: 8, num_tokens: 1}\nstrategies:\n  MPI:\n" + strategies,
                      "folder/sweep.yaml", overrides),
        catalogue);
  }
  std::string mistakes(const std::string& strategies, const std::vector<std::string>& overrides = {}) {
    try {
      static_cast<void>(config(strategies, overrides));
    } catch (const ConfigError& error) {
      return error.what();
    }
    return "no mistake";
  }

  const char* default_ = "good";
  std::vector<std::string> asked_;
};

TEST_F(InterpreterOfStrategies, IsTheirParameterOrItsDefault) {
  const auto chosen = config("  ENGINE:\n  OTHER: {strategy: ENGINE, python: better, table_id: 131}\n").strategies;
  ASSERT_EQ(chosen.size(), 3U);
  EXPECT_EQ(chosen[0].interpreter.path, "");
  EXPECT_EQ(chosen[1].interpreter.path, "/abs/good");
  EXPECT_EQ(chosen[2].interpreter.path, "/abs/better");
  EXPECT_EQ(chosen[2].interpreter.version, "3.12.3");
}

TEST_F(InterpreterOfStrategies, IsNoneWhereTheParameterIsEmpty) {
  default_ = "";
  EXPECT_EQ(config("  ENGINE:\n").strategies[1].interpreter.path, "");
  EXPECT_THAT(asked_, ::testing::IsEmpty());
}

TEST_F(InterpreterOfStrategies, IsReportedWhereItStands) {
  EXPECT_EQ(mistakes("  ENGINE:\n    python: bad\n"),
            "folder/sweep.yaml:5:13: strategies.ENGINE.python: found bad, which is bad; allowed: CPython 3.9 or newer, "
            "as it is called in PATH or by its path");
  EXPECT_THAT(mistakes("  ENGINE:\n", {"strategies.ENGINE.python=bad"}),
              HasSubstr("--set strategies.ENGINE.python=bad: found bad, which is bad"));
}

TEST_F(InterpreterOfStrategies, ThatAPluginDefaultsToMayBeMissing) {
  default_ = "bad";
  EXPECT_EQ(config("  ENGINE:\n").strategies[1].interpreter.unusable, "bad, which is bad");
}

TEST_F(InterpreterOfStrategies, IsAPathFromTheFolderOfTheTextOrFromTheCurrentOne) {
  static_cast<void>(config("  ENGINE: {python: venv/bin/python}\n"));
  static_cast<void>(config("  ENGINE: {python: /venv/bin/python}\n"));
  static_cast<void>(config("  ENGINE:\n", {"strategies.ENGINE.python=venv/bin/python"}));
  EXPECT_THAT(asked_, ::testing::ElementsAre("folder/venv/bin/python", "/venv/bin/python", "venv/bin/python"));
}

}  // namespace
}  // namespace arbiter::test
