// SPDX-License-Identifier: Apache-2.0
#include "python_strategy.hpp"

#include <fmt/format.h>

#include "arbiter/error.hpp"

namespace arbiter::python {

namespace {

constexpr int slots_needed = 2;
constexpr std::size_t slot_bytes = std::size_t{256} << 10U;

AdapterChoice choice_from(const Parameters& values) {
  AdapterChoice choice{values.text("adapter"), {}};
  if (choice.adapter.empty()) {
    throw ConfigError("adapter: found nothing; allowed: the name of an adapter or the path of a .py file");
  }
  if (values.text("shot") != "default") choice.options["shot"] = values.text("shot");
  if (!values.text("kernel").empty()) choice.options["kernel"] = values.text("kernel");
  for (const auto& option : values.texts("options")) {
    const auto equals = option.find('=');
    if (equals == std::string::npos || equals == 0) {
      throw ConfigError(fmt::format("options: found {}; allowed: key=value", option));
    }
    choice.options[option.substr(0, equals)] = option.substr(equals + 1);
  }
  return choice;
}

}  // namespace

class PythonStrategy::PreparedOperation : public Operation {
 public:
  PreparedOperation(std::shared_ptr<AdapterCall> adapter, std::shared_ptr<Shared> shared, StreamNow stream,
                    std::chrono::milliseconds timeout)
      : adapter_(std::move(adapter)),
        shared_(std::move(shared)),
        stream_(std::move(stream)),
        channel_(shared_->slots, timeout) {}
  ~PreparedOperation() override {
    if (prepared_) AdapterCall::release(number_);
  }
  PreparedOperation(const PreparedOperation&) = delete;
  PreparedOperation& operator=(const PreparedOperation&) = delete;

  /// Collective.
  void prepare(const Problem& problem, const std::vector<TensorSpec>& tensors, const Placement& placement) {
    number_ = adapter_->prepare(problem, tensors, placement, channel_);
    prepared_ = true;
  }

  void enqueue(const Bindings& bindings) override {
    shared_->sound = false;
    AdapterCall::run(number_, bindings, stream_());
    shared_->sound = true;
  }

 private:
  std::shared_ptr<AdapterCall> adapter_;
  std::shared_ptr<Shared> shared_;
  StreamNow stream_;
  RankChannel channel_;
  std::int64_t number_ = 0;
  bool prepared_ = false;
};

PythonStrategy::PythonStrategy(const Parameters& values)
    : python_(values.text("python")), choice_(choice_from(values)), own_fusions_(values.text("fusions") == "own") {}

PythonStrategy::~PythonStrategy() = default;

AdapterCall& PythonStrategy::adapter() const {
  if (!adapter_) {
    if (why_no_adapter_.empty()) {
      why_no_adapter_ = failure_of([&] { adapter_ = std::make_shared<AdapterCall>(choice_); });
    }
    if (!why_no_adapter_.empty()) throw Error(why_no_adapter_);
  }
  return *adapter_;
}

bool PythonStrategy::fuses(const Problem& problem) const {
  return own_fusions_ && python_bridge() != nullptr && adapter().fuses(problem.fusion);
}

Numerics PythonStrategy::numerics() const {
  if (python_bridge() == nullptr) return Numerics::library;
  const auto& said = adapter().accumulation();
  const auto numerics = parse_numerics(said);
  if (!numerics || *numerics == Numerics::unknown) {
    throw Error(
        fmt::format("the adapter {} says accumulation = \"{}\"; allowed: fp32_rank_order, fp32, per_hop, library",
                    choice_.adapter, said));
  }
  return *numerics;
}

std::vector<std::pair<std::string, std::string>> PythonStrategy::versions() const {
  if (python_bridge() == nullptr) return {};
  return adapter().versions();
}

Support PythonStrategy::do_supports(const Problem& problem, const ProcessGroup& group) const {
  if (auto shared = SharedSlots::supports(problem, group); !shared) return shared;
  if (python_bridge() == nullptr) return Support::no(fmt::format("these ranks do not run in {}", python_));
  const auto failure = failure_of([&] { static_cast<void>(numerics()); });
  if (!failure.empty()) return Support::no(failure);
  auto reason = adapter().why_not(problem);
  return reason.empty() ? Support::yes() : Support::no(std::move(reason));
}

std::unique_ptr<Operation> PythonStrategy::do_prepare(const Preparation& preparation) {
  auto& group = preparation.group;
  if (!group.all(shared_ && shared_->sound)) {
    shared_ = std::make_shared<Shared>();
    adapter_.reset();
  }
  shared_->slots = SharedSlots::reuse_or_make(shared_->slots, group, slots_needed, slot_bytes);
  Place here;
  const auto failure = first_failure(failure_of([&] {
                                       here = place(preparation.backend);
                                       static_cast<void>(adapter());
                                     }),
                                     group);
  if (!failure.empty()) throw Error(failure);
  auto operation = std::make_unique<PreparedOperation>(adapter_, shared_, std::move(here.stream), preparation.timeout);
  shared_->sound = false;
  operation->prepare(preparation.problem, preparation.fusion.tensors(preparation.problem), here.placement);
  shared_->sound = true;
  return operation;
}

}  // namespace arbiter::python
