// SPDX-License-Identifier: Apache-2.0
// AllReduce of the host strategies compared with MPI. Run under mpirun. Samples of the candidates alternate, because
// machines with few cores drift more between runs than the candidates differ.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "arbiter/error.hpp"
#include "arbiter/strategy.hpp"
#include "comm/world.hpp"
#include "config/values.hpp"
#include "measure/problem_tensors.hpp"
#include "measure/statistics.hpp"
#include "plugin/plugin_host.hpp"
#include "plugin/search_path.hpp"

namespace {

using namespace arbiter;

constexpr std::int64_t hidden_size = 4096;
constexpr const char* fusion_name = "RESIDUAL_RMS_NORM";
constexpr int samples_per_candidate = 61;
constexpr double microseconds_per_sample = 1500.0;

struct Candidate {
  std::string label;
  const char* strategy;
  std::vector<std::pair<const char*, std::string>> settings;
  bool ours;
};

const std::vector<Candidate>& candidates() {
  static const std::vector<Candidate> all = {
      {"MPI", "MPI", {}, false},
      {"MPI_ring", "MPI", {{"algorithm", "ring"}}, false},
      {"ONESHOT", "ONESHOT", {}, true},
      {"TWOSHOT", "TWOSHOT", {}, true},
  };
  return all;
}

const std::vector<std::pair<std::string, std::int64_t>>& sizes() {
  static const std::vector<std::pair<std::string, std::int64_t>> all = {
      {"8KB", 1}, {"64KB", 8}, {"1MB", 128}, {"8MB", 1024}};
  return all;
}

/// The candidates and their samples, on one rank.
class Race {
 public:
  explicit Race(ProcessGroup& group) : group_(group) {
    plugins_.load_dir(built_in_plugin_dir());
    backend_ = make<Backend>(PluginKind::backend, "host", {});
    fusion_ = make<Fusion>(PluginKind::fusion, fusion_name, {});
    none_ = make<Fusion>(PluginKind::fusion, "NONE", {});
    for (const Candidate& candidate : candidates()) {
      strategies_.push_back(make<Strategy>(PluginKind::strategy, candidate.strategy, candidate.settings));
    }
  }

  [[nodiscard]] ProcessGroup& group() { return group_; }
  [[nodiscard]] bool has_measured_all() const { return samples_.size() == sizes().size(); }

  /// The samples of each candidate for one token count, in microseconds per operation.
  const std::vector<std::vector<double>>& samples(std::int64_t tokens) {
    auto& samples = samples_[tokens];
    if (samples.empty()) samples = measure(tokens);
    return samples;
  }

 private:
  template <class Kind>
  std::shared_ptr<Kind> make(PluginKind kind, const char* name,
                             const std::vector<std::pair<const char*, std::string>>& settings) {
    const PluginEntry* entry = plugins_.find(kind, name, kind == PluginKind::strategy ? "host" : "");
    if (entry == nullptr) throw Error(fmt::format("no plugin {} in {}", name, built_in_plugin_dir().string()));
    Parameters parameters(entry->parameters);
    for (const auto& [key, value] : settings) {
      for (const ParameterSpec& spec : entry->parameters) {
        if (std::string(spec.name) == key) set_from_yaml(parameters, spec, value);
      }
    }
    return plugins_.create_as<Kind>(*entry, parameters);
  }

  std::vector<std::vector<double>> measure(std::int64_t tokens) {
    const Problem problem{group_.size(), DType::bfloat16, fusion_name, hidden_size, tokens};
    const ProblemTensors tensors(problem, *fusion_, *backend_, group_.rank(), {1, false});
    std::vector<std::unique_ptr<Operation>> operations;
    std::vector<std::int64_t> iterations;
    for (const auto& strategy : strategies_) {
      operations.push_back(prepare(*strategy, problem));
      Operation& operation = *operations.back();
      static_cast<void>(time(operation, tensors, 20));
      const double once = std::max(0.1, time(operation, tensors, 20) / 20);
      iterations.push_back(std::clamp<std::int64_t>(std::llround(microseconds_per_sample / once), 2, 200));
    }
    std::vector<std::vector<double>> samples(operations.size());
    for (int turn = 0; turn < samples_per_candidate; ++turn) {
      for (std::size_t place = 0; place < operations.size(); ++place) {
        // Varies the order, so that no candidate always finds the cache that the same other one left.
        const std::size_t at =
            (place * (turn % 2 == 0 ? 1 : operations.size() - 1) + static_cast<std::size_t>(turn)) % operations.size();
        samples[at].push_back(time(*operations[at], tensors, iterations[at]) / static_cast<double>(iterations[at]));
      }
    }
    return samples;
  }

  std::unique_ptr<Operation> prepare(Strategy& strategy, const Problem& problem) {
    const bool fuses = strategy.fuses(problem);
    Preparation preparation{problem, group_, *backend_, fuses ? *fusion_ : *none_, std::chrono::seconds(10), {}};
    auto operation = strategy.prepare(preparation);
    return fuses ? std::move(operation) : backend_->with_epilogue_pass(std::move(operation), *fusion_, problem);
  }

  double time(Operation& operation, const ProblemTensors& tensors, std::int64_t iterations) {
    return group_.max(backend_->sample(operation, tensors.bindings(), iterations, false)->time(group_));
  }

  ProcessGroup& group_;
  PluginHost plugins_;
  std::shared_ptr<Backend> backend_;
  std::shared_ptr<Fusion> fusion_;
  std::shared_ptr<Fusion> none_;
  std::vector<std::shared_ptr<Strategy>> strategies_;
  std::map<std::int64_t, std::vector<std::vector<double>>> samples_;
};

void register_all(Race& race) {
  for (const auto& [label, tokens] : sizes()) {
    for (std::size_t at = 0; at < candidates().size(); ++at) {
      const std::string name =
          fmt::format("host_allreduce/tp{}/{}/{}", race.group().size(), label, candidates()[at].label);
      const auto replay = [&race, tokens = tokens, at](benchmark::State& state) {
        const std::vector<double>& samples = race.samples(tokens)[at];
        std::size_t next = 0;
        for ([[maybe_unused]] auto iteration : state) state.SetIterationTime(samples[next++] * 1e-6);
        state.counters["median_us"] = summarise(samples).median;
        state.counters["min_us"] = summarise(samples).minimum;
      };
      benchmark::RegisterBenchmark(name.c_str(), replay)
          ->Iterations(samples_per_candidate)
          ->UseManualTime()
          ->Unit(benchmark::kMicrosecond);
    }
  }
}

/// Medians in microseconds, and the speed-up of our best strategy over the best of MPI.
void print_table(Race& race) {
  std::string header =
      fmt::format("\ntp {}, bfloat16, {}, hidden {}\n{:>6}", race.group().size(), fusion_name, hidden_size, "size");
  for (const Candidate& candidate : candidates()) header += fmt::format(" {:>12}", candidate.label);
  fmt::print("{} {:>12}\n", header, "speed-up");
  double log_sum = 0.0;
  double lowest = HUGE_VAL;
  for (const auto& [label, tokens] : sizes()) {
    double ours = HUGE_VAL;
    double theirs = HUGE_VAL;
    std::string line = fmt::format("{:>6}", label);
    for (std::size_t at = 0; at < candidates().size(); ++at) {
      const double median = summarise(race.samples(tokens)[at]).median;
      line += fmt::format(" {:>9.1f} us", median);
      double& best = candidates()[at].ours ? ours : theirs;
      best = std::min(best, median);
    }
    fmt::print("{} {:>11.2f}x\n", line, theirs / ours);
    log_sum += std::log(theirs / ours);
    lowest = std::min(lowest, theirs / ours);
  }
  fmt::print("geometric mean {:.2f}x, lowest {:.2f}x\n", std::exp(log_sum / static_cast<double>(sizes().size())),
             lowest);
}

class NullReporter : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context& /*context*/) override { return true; }
  void ReportRuns(const std::vector<Run>& /*report*/) override {}
};

}  // namespace

int main(int argc, char** argv) {
  try {
    World world;
    if (world.all().size() < 2) throw Error("one rank has nothing to reduce: run under mpirun -n 2 or -n 4");
    // Only rank 0 reports; the others would overwrite its file.
    const auto writes_file = [](const char* argument) {
      return std::string_view(argument).starts_with("--benchmark_out");
    };
    if (world.all().rank() != 0) argc = static_cast<int>(std::remove_if(argv, argv + argc, writes_file) - argv);
    benchmark::Initialize(&argc, argv);
    Race race(world.all());
    register_all(race);
    NullReporter silent;
    const bool reports = world.all().rank() == 0;
    const std::size_t ran = reports ? benchmark::RunSpecifiedBenchmarks() : benchmark::RunSpecifiedBenchmarks(&silent);
    if (ran > 0 && race.has_measured_all() && reports) print_table(race);
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    World::abort(EXIT_FAILURE);
  }
  return EXIT_SUCCESS;
}
