// SPDX-License-Identifier: Apache-2.0
// A strategy that forgets the other ranks: it gives back its own message.
#include <cstring>

#include "arbiter/strategy.hpp"

namespace {

class CopyInput : public arbiter::Operation {
 public:
  explicit CopyInput(std::size_t bytes) : bytes_(bytes) {}
  void enqueue(const arbiter::Bindings& bindings) override { std::memcpy(bindings.tensors[0], bindings.input, bytes_); }

 private:
  std::size_t bytes_;
};

class WrongResult : public arbiter::Strategy {
 public:
  explicit WrongResult(const arbiter::Parameters&) {}
  [[nodiscard]] bool fuses(const arbiter::Problem& /*problem*/) const override { return false; }
  [[nodiscard]] arbiter::Support do_supports(const arbiter::Problem& problem,
                                             const arbiter::ProcessGroup&) const override {
    return problem.num_tokens > 8 ? arbiter::Support::no("more than 8 tokens") : arbiter::Support::yes();
  }
  [[nodiscard]] std::unique_ptr<arbiter::Operation> do_prepare(const arbiter::Preparation& preparation) override {
    return std::make_unique<CopyInput>(static_cast<std::size_t>(preparation.problem.message_bytes()));
  }
};

}  // namespace

ARBITER_PLUGIN(WrongResult, {.kind = arbiter::PluginKind::strategy,
                             .name = "WRONG",
                             .version = "1",
                             .summary = "Gives back its own message",
                             .backend = "host",
                             .table_id = 100})
