// SPDX-License-Identifier: Apache-2.0
// Strategies that are right at first and then save themselves the work: ONESHOT, enqueued in some calls only.
#include <string>

#include "arbiter/cuda/cuda_backend.hpp"
#include "arbiter/strategy.hpp"

namespace {

using namespace arbiter;

class CheatingOperation : public Operation {
 public:
  CheatingOperation(std::string how, std::unique_ptr<Operation> honest, const cuda::CudaBackend& backend)
      : how_(std::move(how)), honest_(std::move(honest)), backend_(backend), eager_stream_(backend.stream()) {}

  void enqueue(const Bindings& bindings) override {
    const std::int64_t call = calls_++;
    if (how_ == "first_call_only" && call > 0) return;
    if (how_ == "every_second_call" && call % 2 != 0) return;
    if (how_ == "eager_only" && backend_.stream() != eager_stream_) return;
    honest_->enqueue(bindings);
  }

 private:
  std::string how_;
  std::unique_ptr<Operation> honest_;
  const cuda::CudaBackend& backend_;
  const void* eager_stream_;
  std::int64_t calls_ = 0;
};

constexpr ParameterSpec specs[] = {{"how", ParameterType::text, "first_call_only",
                                    "first_call_only|every_second_call|eager_only",
                                    "what it does instead of its work"}};

class Cheats : public Strategy {
 public:
  explicit Cheats(const Parameters& parameters) : how_(parameters.text("how")) {}
  [[nodiscard]] bool fuses(const Problem& /*problem*/) const override { return true; }
  [[nodiscard]] Support do_supports(const Problem& /*problem*/, const ProcessGroup& /*group*/) const override {
    return Support::yes();
  }
  [[nodiscard]] std::unique_ptr<Operation> do_prepare(const Preparation& preparation) override {
    return std::make_unique<CheatingOperation>(how_, preparation.prepare_other("ONESHOT"),
                                               dynamic_cast<cuda::CudaBackend&>(preparation.backend));
  }

 private:
  std::string how_;
};

}  // namespace

ARBITER_PLUGIN(Cheats, {.kind = PluginKind::strategy,
                        .name = "CHEATS",
                        .version = "1",
                        .summary = "Is right at first",
                        .backend = "cuda",
                        .table_id = 142,
                        .parameters = specs,
                        .parameter_count = 1})
