// SPDX-License-Identifier: Apache-2.0
// Adds right, through shared memory, and says that it takes as long as its parameter.
#include <cstring>
#include <vector>

#include "arbiter/host/row_kernels.hpp"
#include "arbiter/host/shared_segment.hpp"
#include "arbiter/strategy.hpp"
#include "made_up_time.hpp"

namespace {

using namespace arbiter;

class WaitingOperation : public Operation, public testing::MadeUpTime {
 public:
  WaitingOperation(double us, const Preparation& preparation)
      : us_(us),
        problem_(preparation.problem),
        group_(preparation.group),
        segment_(group_, static_cast<std::size_t>(problem_.message_bytes())),
        sum_(static_cast<std::size_t>(problem_.elements())) {
    for (int rank = 0; rank < group_.size(); ++rank) inputs_.push_back(segment_.of(rank));
  }

  void enqueue(const Bindings& bindings) override {
    std::memcpy(segment_.of(group_.rank()), bindings.input, static_cast<std::size_t>(problem_.message_bytes()));
    group_.barrier();
    const auto& kernels = row_kernels(problem_.dtype);
    kernels.reduce(inputs_.data(), group_.size(), problem_.elements(), sum_.data());
    kernels.store(sum_.data(), bindings.tensors[0], problem_.elements());
    group_.barrier();
  }
  [[nodiscard]] double us() const override { return us_; }

 private:
  double us_;
  Problem problem_;
  ProcessGroup& group_;
  SharedSegment segment_;
  std::vector<const void*> inputs_;
  std::vector<float> sum_;
};

constexpr ParameterSpec specs[] = {{"us", ParameterType::real, "1", "0.1..100000", "what it seems to take"}};

class Waits : public Strategy {
 public:
  explicit Waits(const Parameters& parameters) : us_(parameters.real("us")) {}
  [[nodiscard]] bool fuses(const Problem& /*problem*/) const override { return false; }
  [[nodiscard]] Support do_supports(const Problem& problem, const ProcessGroup& group) const override {
    return supports_message(problem, group);
  }
  [[nodiscard]] std::unique_ptr<Operation> do_prepare(const Preparation& preparation) override {
    return std::make_unique<WaitingOperation>(us_, preparation);
  }

 private:
  double us_;
};

}  // namespace

ARBITER_PLUGIN(Waits, {.kind = PluginKind::strategy,
                       .name = "WAITS",
                       .version = "1",
                       .summary = "Takes as long as you like",
                       .backend = "slow_machine",
                       .table_id = 104,
                       .parameters = specs,
                       .parameter_count = 1})
