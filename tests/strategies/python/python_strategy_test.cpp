// SPDX-License-Identifier: Apache-2.0
// The C++ side of the strategy PYTHON, with a bridge that this test makes in place of an interpreter.
#include <chrono>
#include <cstring>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include "arbiter/error.hpp"
#include "arbiter/host/row_kernels.hpp"
#include "arbiter/python_bridge.hpp"
#include "support/strategies_plugins.hpp"
#include "support/strategies_trial.hpp"

namespace {

using namespace arbiter;
using namespace arbiter::testing;
using namespace std::chrono_literals;
using nlohmann::json;
using ::testing::AllOf;
using ::testing::HasSubstr;

int write(char* buffer, std::size_t room, const std::string& text, PythonStatus status = PythonStatus::done) {
  buffer[text.copy(buffer, room - 1)] = '\0';
  return static_cast<int>(status);
}

/// Adds fp32 messages as an adapter would: all-gathers and adds them.
struct FakePython {
  std::string accumulation = "fp32_rank_order";
  std::string reason;                 // why supports() says no
  std::string failure;                // of the next run
  std::vector<json> requests;         // all that came
  const ArbiterPythonGroup* group{};  // of the last prepare()
  json problem;
  int released = 0;

  int call(const json& request, char* reply, std::size_t room) {
    requests.push_back(request);
    const auto what = request.at("call").get<std::string>();
    json answer = json::object();
    if (what == "create") {
      answer = {{"adapter", 7}, {"accumulation", accumulation}, {"versions", {{"engine", "1.2.3"}}}};
    } else if (what == "supports") {
      answer = {{"reason", reason}};
    } else if (what == "fuses") {
      answer = {{"fuses", request.at("fusion") == "RESIDUAL_RMS_NORM"}};
    } else {
      ++released;
    }
    return write(reply, room, answer.dump());
  }

  int prepare(const json& request, const ArbiterPythonGroup* ranks, char* reply, std::size_t room) {
    requests.push_back(request);
    group = ranks;
    problem = request.at("problem");
    return write(reply, room, R"({"operation": 3})");
  }

  int run(const void* input, void* const* tensors, char* error, std::size_t room) {
    if (!failure.empty()) return write(error, room, std::exchange(failure, ""), PythonStatus::failed);
    const auto count = static_cast<std::size_t>(problem.at("hidden_size").get<std::int64_t>() *
                                                problem.at("num_tokens").get<std::int64_t>());
    std::vector<float> all(count * static_cast<std::size_t>(group->size));
    const int status = group->all_gather(group->context, input, all.data(), count * sizeof(float), error, room);
    if (status != static_cast<int>(PythonStatus::done)) return status;
    std::vector<float> sum(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(count));
    for (std::size_t i = count; i < all.size(); ++i) sum[i % count] += all[i];
    std::memcpy(tensors[0], sum.data(), count * sizeof(float));
    return static_cast<int>(PythonStatus::done);
  }
};

FakePython* python = nullptr;

const ArbiterPythonBridge bridge{
    python_bridge_version, "/opt/venv/bin/python",
    [](const char* request, char* reply, std::size_t room) { return python->call(json::parse(request), reply, room); },
    [](const char* request, const ArbiterPythonGroup* group, char* reply, std::size_t room) {
      return python->prepare(json::parse(request), group, reply, room);
    },
    [](std::int64_t, const void* input, void* const* tensors, void*, char* error, std::size_t room) {
      return python->run(input, tensors, error, room);
    }};

class PythonStrategy : public ::testing::Test {
 protected:
  PythonStrategy() {
    python = &fake_;
    arbiter_set_python_bridge(&bridge);
  }
  ~PythonStrategy() override { arbiter_set_python_bridge(nullptr); }

  static std::shared_ptr<Strategy> strategy(Settings settings = {}) {
    settings.insert(settings.begin(), {"adapter", "numpy"});
    return make_strategy("PYTHON", settings);
  }

  static std::string error_of(const std::function<void()>& step) {
    try {
      step();
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }

  [[nodiscard]] Problem problem(std::int64_t hidden_size = 64, std::int64_t num_tokens = 8) const {
    return {world().size(), DType::float32, "NONE", hidden_size, num_tokens};
  }

  FakePython fake_;
  std::shared_ptr<Fusion> none_ = make<Fusion>(PluginKind::fusion, "NONE");
};

TEST_F(PythonStrategy, AddsMessagesBelowAndAboveASlotOfItsChannel) {
  const auto python_strategy = strategy();
  for (const auto& tried : {problem(1, 1), problem(64, 8), problem(4096, 65), problem(65536, 3)}) {
    Trial trial(tried, *none_, Data::random, 1);
    const auto operation = python_strategy->prepare(preparation(tried, *none_));
    for (int turn = 0; turn < 3; ++turn) EXPECT_EQ(trial.difference_after(*operation), "") << to_string(tried);
  }
}

TEST_F(PythonStrategy, PassesOnWhatTheYamlSays) {
  const auto python_strategy =
      strategy({{"shot", "one"}, {"kernel", "1shot_push"}, {"options", "[trigger=end, limit=a=b]"}});
  EXPECT_EQ(python_strategy->numerics(), Numerics::fp32_rank_order);
  const json options = {{"shot", "one"}, {"kernel", "1shot_push"}, {"trigger", "end"}, {"limit", "a=b"}};
  EXPECT_EQ(fake_.requests.front(), (json{{"call", "create"}, {"adapter", "numpy"}, {"options", options}}));
}

TEST_F(PythonStrategy, DescribesTheTensorsOfTheFusion) {
  auto fused = problem(16, 2);
  fused.fusion = "RESIDUAL_RMS_NORM";
  const auto fusion = make<Fusion>(PluginKind::fusion, fused.fusion);
  const auto python_strategy = strategy();
  EXPECT_TRUE(python_strategy->fuses(fused));
  static_cast<void>(python_strategy->prepare(preparation(fused, *fusion)));
  const auto& request = *std::ranges::find_if(fake_.requests, [](const json& one) { return one.contains("tensors"); });
  EXPECT_TRUE(request.at("device").is_null());
  std::vector<std::string> names;
  for (const auto& tensor : request.at("tensors")) {
    names.push_back(fmt::format("{} {} {}", tensor.at("role").get<std::string>(), tensor.at("name").get<std::string>(),
                                tensor.at("units").get<int>()));
  }
  EXPECT_THAT(names, ::testing::ElementsAre("input residual 32", "input gamma 16", "output residual_out 32",
                                            "output norm_out 32"));
}

TEST_F(PythonStrategy, FusesWhatTheAdapterDoesUnlessAPassIsAskedFor) {
  auto fused = problem();
  fused.fusion = "RESIDUAL_RMS_NORM";
  EXPECT_TRUE(strategy()->fuses(fused));
  EXPECT_FALSE(strategy({{"fusions", "pass"}})->fuses(fused));
  fused.fusion = "RESIDUAL_RMS_NORM_QUANT_FP8";
  EXPECT_FALSE(strategy()->fuses(fused));
}

TEST_F(PythonStrategy, RefusesWhatTheAdapterDoesInItsWords) {
  fake_.reason = "NumPy has no float32";
  EXPECT_EQ(strategy()->supports(problem(), world()).reason, "NumPy has no float32");
}

TEST_F(PythonStrategy, RefusesRanksThatDoNotRunInPython) {
  arbiter_set_python_bridge(nullptr);
  const auto python_strategy = strategy({{"python", "/opt/venv/bin/python"}});
  EXPECT_EQ(python_strategy->supports(problem(), world()).reason, "these ranks do not run in /opt/venv/bin/python");
  EXPECT_EQ(python_strategy->numerics(), Numerics::library);
}

TEST_F(PythonStrategy, RefusesAnAdapterThatAddsInNoKnownWay) {
  fake_.accumulation = "double";
  EXPECT_THAT(strategy()->supports(problem(), world()).reason,
              AllOf(HasSubstr("accumulation = \"double\""), HasSubstr("allowed: fp32_rank_order, fp32,")));
}

TEST_F(PythonStrategy, RecordsTheVersionsOfTheAdaptersPackages) {
  EXPECT_THAT(strategy()->versions(), ::testing::ElementsAre(::testing::Pair("engine", "1.2.3")));
}

TEST_F(PythonStrategy, NeedsAnAdapterAndOptionsWithAKey) {
  EXPECT_THAT(error_of([] { make_strategy("PYTHON"); }), HasSubstr("adapter: found nothing; allowed: "));
  EXPECT_THAT(error_of([] {
                strategy({{"options", "[fast]"}});
              }),
              HasSubstr("options: found fast; allowed: key=value"));
}

TEST_F(PythonStrategy, FailsWithWhatPythonRaisedAndWorksAgainWithANewAdapter) {
  const auto python_strategy = strategy();
  const auto tried = problem();
  Trial trial(tried, *none_, Data::random, 1);
  auto operation = python_strategy->prepare(preparation(tried, *none_));
  fake_.failure = "ValueError: found three (my_adapter.py, line 12)";
  EXPECT_EQ(error_of([&] { static_cast<void>(trial.difference_after(*operation)); }),
            "ValueError: found three (my_adapter.py, line 12)");
  operation.reset();

  const auto again = python_strategy->prepare(preparation(tried, *none_));
  EXPECT_EQ(trial.difference_after(*again), "");
  const auto created =
      std::ranges::count_if(fake_.requests, [](const json& one) { return one.value("call", "") == "create"; });
  EXPECT_EQ(created, 2);
}

TEST_F(PythonStrategy, TimesOutForALateRankAndWorksAgainOnceThatIsPreparedAnew) {
  const auto python_strategy = strategy();
  const auto tried = problem();
  Trial trial(tried, *none_, Data::random, 1);
  const auto operation = python_strategy->prepare(preparation(tried, *none_, 150ms));
  world().barrier();
  if (world().rank() == world().size() - 1) {
    std::this_thread::sleep_for(1500ms);
  } else {
    EXPECT_THROW(static_cast<void>(trial.difference_after(*operation)), TimeoutError);
  }
  world().barrier();
  const auto again = python_strategy->prepare(preparation(tried, *none_));
  EXPECT_EQ(trial.difference_after(*again), "");
}

TEST_F(PythonStrategy, ReleasesItsOperationsAndItsAdapter) {
  {
    const auto python_strategy = strategy();
    static_cast<void>(python_strategy->prepare(preparation(problem(), *none_)));
    EXPECT_EQ(fake_.released, 1);
  }
  EXPECT_EQ(fake_.released, 2);
}

}  // namespace
