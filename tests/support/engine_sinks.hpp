// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <random>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "arbiter/dataset.hpp"
#include "support/decisions_data.hpp"
#include "support/process.hpp"
#include "support/temp_dir.hpp"

namespace arbiter::test {

/// At tp 4 and one hidden size, without fusion: the times of two kernels by tokens; `others` take 9 us.
inline Dataset two_kernels_at(std::int64_t hidden, const std::string& first, const std::string& second,
                              const std::map<std::int64_t, std::pair<double, double>>& times,
                              const std::vector<std::string>& others = {}) {
  Dataset data(Machine{"sm90", {}});
  for (const auto& [tokens, both] : times) {
    const Problem problem{4, DType::bfloat16, "NONE", hidden, tokens};
    data.add(engine_context_row(problem, first, both.first));
    data.add(engine_context_row(problem, second, both.second));
    for (const std::string& other : others) data.add(engine_context_row(problem, other, 9.0));
  }
  return data;
}

/// A synthetic sweep over real and round shapes: times from a latency and a bandwidth per strategy, each off by a share
/// of up to `noise` (0: none, so that the best strategy depends on the size of the message alone).
struct EngineSweep {
  std::vector<int> tp_sizes;
  std::vector<std::string> fusions = {"NONE"};
  double noise = 0.0;
  unsigned seed = 1;
  bool graph = true;
};

inline double engine_time(const Problem& problem, const std::string& strategy) {
  const auto bytes = static_cast<double>(problem.message_bytes());
  const double ranks = problem.tp_size;
  if (strategy == "ONESHOT") return 3.0 + bytes * (ranks - 1.0) / 400e3;
  if (strategy == "TWOSHOT") return 5.0 + bytes * 2.0 / 400e3;
  if (strategy == "NCCL_SYMMETRIC") return 7.0 + bytes * 1.5 / 400e3;
  return 12.0 + bytes * 1.4 / 400e3;
}

inline Dataset engine_sweep(const EngineSweep& sweep) {
  Dataset data(Machine{"sm90", {{"gpu", "NVIDIA H200"}}});
  std::mt19937 random(sweep.seed);
  std::uniform_real_distribution<double> factor(1.0 - sweep.noise, 1.0 + sweep.noise);
  for (const int tp_size : sweep.tp_sizes) {
    for (const std::string& fusion : sweep.fusions) {
      for (const std::int64_t hidden : {7, 128, 1024, 2880, 8192}) {
        for (const std::int64_t tokens : {1, 2, 3, 8, 40, 64, 333, 512, 2048, 4096}) {
          for (const char* strategy : {"NCCL", "NCCL_SYMMETRIC", "ONESHOT", "TWOSHOT"}) {
            const Problem problem{tp_size, DType::bfloat16, fusion, hidden, tokens};
            Measurement row = decision_row(problem, strategy, engine_time(problem, strategy) * factor(random));
            row.setting.graph = sweep.graph;
            data.add(row);
          }
        }
      }
    }
  }
  return data;
}

/// The path that a consumer selects for each problem.
using Answers = std::map<Problem, std::string>;

/// The answers of a Python interpreter: `rule` defines choose(tp_size, fusion, num_tokens, hidden_size, itemsize), with
/// the names of `artefact` around it. Empty, with the output in `failure`, if Python or the artefact failed.
inline Answers python_answers(const std::filesystem::path& artefact, const std::string& rule, const Dataset& data,
                              std::string& failure) {
  std::vector<Problem> points;
  std::string text = fmt::format("import runpy\nglobals().update(runpy.run_path({:?}))\n{}\nfor point in [\n",
                                 artefact.string(), rule);
  for (const auto& [problem, cell] : data.cells()) {
    points.push_back(problem);
    text += fmt::format("  ({}, {:?}, {}, {}, {}),\n", problem.tp_size, problem.fusion, problem.num_tokens,
                        problem.hidden_size, size_of(problem.dtype));
  }
  text += "]:\n  print(choose(*point))\n";
  const TempDir dir;
  const auto finished = testing::run({"python3", dir.write("replay.py", text).string()});
  std::istringstream lines(finished.output);
  Answers answers;
  std::string line;
  for (const Problem& point : points) {
    if (!std::getline(lines, line)) break;
    answers[point] = line;
  }
  if (finished.exit_code == 0 && answers.size() == points.size()) return answers;
  failure = finished.output.empty() ? "python3 does not run" : finished.output;
  return {};
}

/// The regret of answers against the best of all paths, computed from the rows themselves.
struct Judgement {
  double mean = 0.0;
  double worst = 0.0;
  int cells = 0;
  int without_time = 0;

  /// As sinks state it.
  [[nodiscard]] std::string stated() const { return fmt::format("mean {:.2f} %,", 100.0 * mean); }
  [[nodiscard]] std::string stated_worst() const { return fmt::format("worst {:.2f} %", 100.0 * worst); }
};

/// `paths`: the strategies that stand for each answer.
inline Judgement judge(const Dataset& data, const Answers& answers,
                       const std::map<std::string, std::vector<std::string>>& paths) {
  constexpr double none = std::numeric_limits<double>::infinity();
  std::map<Problem, std::map<std::string, double>> times;
  for (const Measurement& row : data.rows()) {
    for (const auto& [path, strategies] : paths) {
      if (!row.usable() || std::ranges::find(strategies, row.strategy) == strategies.end()) continue;
      double& time = times[row.problem].try_emplace(path, none).first->second;
      time = std::min(time, row.time_us);
    }
  }
  Judgement judgement;
  for (const auto& [problem, by_path] : times) {
    double best = none;
    for (const auto& [path, time] : by_path) best = std::min(best, time);
    const auto chosen = by_path.find(answers.at(problem));
    if (chosen == by_path.end()) {
      ++judgement.without_time;
      continue;
    }
    ++judgement.cells;
    judgement.mean += chosen->second / best - 1.0;
    judgement.worst = std::max(judgement.worst, chosen->second / best - 1.0);
  }
  judgement.mean /= judgement.cells;
  return judgement;
}

/// The first line said that contains `text`; empty if there is none.
inline std::string line_with(const std::vector<std::string>& said, const std::string& text) {
  const auto line = std::ranges::find_if(said, [&](const std::string& s) { return s.find(text) != std::string::npos; });
  return line == said.end() ? std::string() : *line;
}

}  // namespace arbiter::test
