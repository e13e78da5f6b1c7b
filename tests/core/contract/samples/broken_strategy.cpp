// SPDX-License-Identifier: Apache-2.0
// A simple AllReduce through shared memory that breaks its contract in the way its parameter says.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include "arbiter/error.hpp"
#include "arbiter/host/row_kernels.hpp"
#include "arbiter/host/shared_segment.hpp"
#include "arbiter/strategy.hpp"

namespace {

using namespace arbiter;

class Broken : public Strategy {
 public:
  explicit Broken(const Parameters& values) : fault_(values.text("fault")) {}

  [[nodiscard]] bool fuses(const Problem& /*problem*/) const override { return false; }
  [[nodiscard]] Numerics numerics() const override {
    return has("rounds_per_hop") || has("adds_backwards") ? Numerics::fp32_rank_order : Numerics::library;
  }

  [[nodiscard]] Support do_supports(const Problem& problem, const ProcessGroup& group) const override {
    if (has("supports_by_rank") && group.rank() == 1) return Support::no("rank 1 has no wish to");
    if (has("no_reason") && problem.hidden_size == 7) return Support::no("");
    if (has("communicates")) const_cast<ProcessGroup&>(group).barrier();
    if (has("supports_nothing")) return Support::no("not today");
    return problem.tp_size == group.size() ? Support::yes() : Support::no("another group");
  }

  [[nodiscard]] std::unique_ptr<Operation> do_prepare(const Preparation& preparation) override;

  [[nodiscard]] bool has(const char* fault) const { return fault_ == fault; }
  std::int64_t last_prepared = 0;

 private:
  std::string fault_;
};

class BrokenOperation : public Operation {
 public:
  BrokenOperation(const Broken& strategy, const Preparation& preparation)
      : strategy_(strategy),
        problem_(preparation.problem),
        group_(preparation.group),
        kernels_(row_kernels(problem_.dtype)),
        segment_(group_, static_cast<std::size_t>(problem_.message_bytes())),
        inputs_(static_cast<std::size_t>(group_.size())),
        sum_(static_cast<std::size_t>(problem_.elements()) + 1) {}

  void enqueue(const Bindings& bindings) override {
    if (has("runs_once") && runs_++ > 0) return;
    if (has("crashes")) *static_cast<volatile int*>(nullptr) = 1;
    if (has("throws_on_rank_1")) {
      if (group_.rank() == 1) throw Error("boom");
      throw TimeoutError("waited 1000 ms for rank 1");
    }
    while (has("hangs")) std::this_thread::yield();
    std::int64_t count =
        has("forgets_shape") ? std::min(strategy_.last_prepared, problem_.elements()) : problem_.elements();
    const auto element = static_cast<std::size_t>(size_of(problem_.dtype));
    std::memcpy(segment_.of(group_.rank()), bindings.input, static_cast<std::size_t>(count) * element);
    if (!has("does_not_wait")) group_.barrier();
    for (int rank = 0; rank < group_.size(); ++rank) {
      inputs_[static_cast<std::size_t>(rank)] = segment_.of(rank);
    }
    if (has("adds_backwards")) std::ranges::reverse(inputs_);
    kernels_.reduce(inputs_.data(), group_.size(), count, sum_.data());
    if (has("rounds_per_hop")) add_per_hop(count);
    if (has("drops_nan")) {
      for (auto& value : sum_) value = std::isnan(value) ? 0.0F : value;
    }
    if (has("skips_last")) --count;
    if (has("writes_behind")) ++count;
    kernels_.store(sum_.data(), bindings.tensors[0], count);
    if (has("rounds_by_rank") && group_.rank() == 1) *static_cast<unsigned char*>(bindings.tensors[0]) ^= 1U;
    if (has("writes_before")) static_cast<std::byte*>(bindings.tensors[0])[-1] = std::byte{1};
    if (has("writes_input")) std::memset(const_cast<void*>(bindings.input), 0, element);
    if (!has("does_not_wait")) group_.barrier();
  }

 private:
  [[nodiscard]] bool has(const char* fault) const { return strategy_.has(fault); }

  void add_per_hop(std::int64_t count) {
    std::vector<std::byte> sum(static_cast<std::size_t>(problem_.message_bytes()));
    std::memcpy(sum.data(), inputs_[0], sum.size());
    for (std::size_t rank = 1; rank < inputs_.size(); ++rank) kernels_.accumulate(inputs_[rank], sum.data(), count);
    kernels_.load(sum.data(), sum_.data(), count);
  }

  const Broken& strategy_;
  Problem problem_;
  ProcessGroup& group_;
  const RowKernels& kernels_;
  SharedSegment segment_;
  std::vector<const void*> inputs_;
  std::vector<float> sum_;
  int runs_ = 0;
};

std::unique_ptr<Operation> Broken::do_prepare(const Preparation& preparation) {
  if (has("refuses_late") && preparation.problem.hidden_size % 2 == 1) throw Error("odd rows are beyond it");
  if (has("throws_a_number")) throw 42;
  if (has("prepares_nothing")) return nullptr;
  if (has("forks")) static_cast<void>(::fork());
  if (has("leaves_thread")) std::thread([] { std::this_thread::sleep_for(std::chrono::hours(1)); }).detach();
  if (has("leaks_descriptor")) static_cast<void>(!::open("/dev/null", O_RDONLY));
  last_prepared = preparation.problem.elements();
  return std::make_unique<BrokenOperation>(*this, preparation);
}

constexpr ParameterSpec parameters[] = {{"fault", ParameterType::text, "none", "", "What is broken"}};

}  // namespace

ARBITER_PLUGIN(Broken, {.kind = arbiter::PluginKind::strategy,
                        .name = "BROKEN",
                        .version = "1.0",
                        .summary = "Breaks its contract",
                        .backend = "host",
                        .table_id = 177,
                        .parameters = parameters,
                        .parameter_count = 1})
