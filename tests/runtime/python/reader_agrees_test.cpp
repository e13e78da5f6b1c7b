// SPDX-License-Identifier: Apache-2.0
// The reader of decision.json in Python gives the answers of the C++ library.
#include <fstream>
#include <random>
#include <sstream>

#include <gmock/gmock.h>

#include "arbiter/decision_table.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"

namespace arbiter::testing {
namespace {

constexpr std::array dtypes = {DType::bfloat16, DType::float16, DType::float32};
constexpr std::array dtype_names = {"bfloat16", "float16", "float32"};

class Random {
 public:
  [[nodiscard]] std::int64_t up_to(std::int64_t most) {
    return std::uniform_int_distribution<std::int64_t>(0, most)(engine_);
  }
  [[nodiscard]] std::vector<std::int64_t> axis() {
    std::vector<std::int64_t> values;
    std::int64_t value = 0;
    for (std::int64_t i = up_to(6) + 1; i > 0; --i) values.push_back(value += 1 + up_to(1 + value));
    return values;
  }

 private:
  std::mt19937_64 engine_{7};
};

DecisionTable random_table(Random& random, LookUp look_up) {
  DecisionTable table;
  table.look_up = look_up;
  table.fallback = "NCCL";
  for (int tp = 2; tp <= 4; tp += 2) {
    for (const DType dtype : dtypes) {
      if (random.up_to(2) == 0) continue;
      DecisionGrid grid{tp, dtype, "NONE", random.axis(), random.axis(), {"A", "B", "C"}, {}};
      for (std::size_t i = grid.hidden_sizes.size() * grid.num_tokens.size(); i > 0; --i) {
        const std::int64_t cell = random.up_to(4);
        grid.cells.push_back(cell > 2 ? DecisionGrid::no_answer : static_cast<std::uint16_t>(cell));
      }
      table.grids.push_back(grid);
    }
  }
  DecisionSteps steps{8, DType::float32, "NONE", {}};
  for (const std::int64_t byte : random.axis()) steps.steps.push_back({byte, std::to_string(byte)});
  table.steps.push_back(steps);
  return table;
}

TEST(DecisionReaderInPython, GivesTheAnswersOfTheLibrary) {
  if (std::string(PYTHON).empty()) GTEST_SKIP() << "no Python 3.9 or later";
  const test::TempDir folder;
  Random random;
  std::string questions = "import sys\nfrom arbiter_runtime import Decision\n";
  std::string expected;
  for (const LookUp look_up : {LookUp::exact, LookUp::nearest, LookUp::message_size, LookUp::floor_log2}) {
    for (int i = 0; i < 10; ++i) {
      const DecisionTable table = random_table(random, look_up);
      const std::string name = std::string(name_of(look_up)) + std::to_string(i) + ".json";
      folder.write(name, R"({"format": "arbiter-decision", "version": 1, "selectors": [{"name": "lut", "table": )" +
                             to_json(table) + "}]}");
      questions += "d = Decision.load(sys.argv[1] + '/" + name + "')\n";
      for (int asked = 0; asked < 50; ++asked) {
        const auto dtype = static_cast<std::size_t>(random.up_to(2));
        const Problem problem{static_cast<int>(2 << random.up_to(2)), dtypes.at(dtype), "NONE", random.up_to(40),
                              random.up_to(40)};
        expected += table.select(problem) + "\n";
        std::ostringstream line;
        line << "print(d.select(" << problem.tp_size << ", '" << dtype_names.at(dtype) << "', 'NONE', "
             << problem.hidden_size << ", " << problem.num_tokens << "))\n";
        questions += line.str();
      }
    }
  }
  const auto script = folder.write("ask.py", questions);
  const Finished answers = run({PYTHON, "-B", script, folder.path()}, {"PYTHONPATH=" PACKAGE});
  EXPECT_EQ(answers.exit_code, 0);
  EXPECT_EQ(answers.output, expected);
}

}  // namespace
}  // namespace arbiter::testing
