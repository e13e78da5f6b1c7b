// SPDX-License-Identifier: Apache-2.0
// A strategy that adds up through MPI, and on one rank ends the process, or never returns, in the cells that its
// parameters name.
#include <csignal>
#include <cstdlib>
#include <string>

#include <mpi.h>
#include <unistd.h>

#include "arbiter/strategy.hpp"

namespace {

using namespace arbiter;

void do_it(const std::string& how) {
  if (how == "segfault") std::raise(SIGSEGV);
  if (how == "exit") ::_exit(7);
  if (how == "leave") ::_exit(0);
  if (how == "abort") std::abort();
  for (volatile bool forever = true; forever;) ::usleep(1000);
}

class BreakingOperation : public Operation {
 public:
  BreakingOperation(const Preparation& preparation, std::string how, std::int64_t runs)
      : how_(std::move(how)),
        runs_left_(runs),
        count_(static_cast<int>(preparation.problem.elements())),
        communicator_(*static_cast<MPI_Comm*>(preparation.group.mpi_comm())) {}

  ~BreakingOperation() override {
    if (!how_.empty() && runs_left_ == never) do_it(how_);
  }
  BreakingOperation(const BreakingOperation&) = delete;
  BreakingOperation& operator=(const BreakingOperation&) = delete;

  static constexpr std::int64_t never = -1;  // runs before it breaks: not while it runs, but in its destructor

  void enqueue(const Bindings& bindings) override {
    if (!how_.empty() && runs_left_ != never && runs_left_-- == 0) do_it(how_);
    MPI_Allreduce(bindings.input, bindings.tensors[0], count_, MPI_FLOAT, MPI_SUM, communicator_);
  }

 private:
  std::string how_;
  std::int64_t runs_left_;
  int count_;
  MPI_Comm communicator_;
};

class Breaks : public Strategy {
 public:
  explicit Breaks(const Parameters& values)
      : how_(values.text("how")),
        where_(values.text("where")),
        tokens_(values.integer("tokens")),
        rank_(static_cast<int>(values.integer("rank"))) {}

  [[nodiscard]] bool fuses(const Problem& /*problem*/) const override { return false; }
  [[nodiscard]] Support do_supports(const Problem& problem, const ProcessGroup& group) const override {
    return supports_message(problem, group);
  }
  [[nodiscard]] std::unique_ptr<Operation> do_prepare(const Preparation& preparation) override {
    const bool breaks =
        (tokens_ == 0 || preparation.problem.num_tokens == tokens_) && preparation.group.rank() == rank_;
    if (breaks && where_ == "prepare") do_it(how_);
    const std::int64_t runs = where_ == "destroy" ? BreakingOperation::never : where_ == "sample" ? 3 : 0;
    return std::make_unique<BreakingOperation>(preparation, breaks ? how_ : "", runs);
  }

 private:
  std::string how_;
  std::string where_;
  std::int64_t tokens_;
  int rank_;
};

constexpr ParameterSpec parameters[] = {
    {"how", ParameterType::text, "segfault", "segfault|exit|leave|abort|hang", "What the rank does"},
    {"where", ParameterType::text, "prepare", "prepare|verify|sample|destroy", "When it does it"},
    {"tokens", ParameterType::integer, "8", "0..1000000", "In problems of so many tokens; 0: in all"},
    {"rank", ParameterType::integer, "1", "0..64", "Which one"},
};

}  // namespace

ARBITER_PLUGIN(Breaks, {.kind = PluginKind::strategy,
                        .name = "BREAKS",
                        .version = "1",
                        .summary = "Ends a rank",
                        .backend = "host",
                        .table_id = 102,
                        .parameters = parameters,
                        .parameter_count = 4})
