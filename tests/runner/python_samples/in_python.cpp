// SPDX-License-Identifier: Apache-2.0
// A strategy that adds up through MPI, but only in ranks that run in the Python it names, which it asks to make an
// adapter: when it is made itself, or when it prepares a problem of so many tokens.
#include <array>
#include <fstream>
#include <string>

#include <mpi.h>

#include "arbiter/error.hpp"
#include "arbiter/python_bridge.hpp"
#include "arbiter/strategy.hpp"

namespace {

using namespace arbiter;

class Sum : public Operation {
 public:
  explicit Sum(const Preparation& preparation)
      : count_(static_cast<int>(preparation.problem.elements())),
        communicator_(*static_cast<MPI_Comm*>(preparation.group.mpi_comm())) {}
  void enqueue(const Bindings& bindings) override {
    MPI_Allreduce(bindings.input, bindings.tensors[0], count_, MPI_FLOAT, MPI_SUM, communicator_);
  }

 private:
  int count_;
  MPI_Comm communicator_;
};

class InPython : public Strategy {
 public:
  explicit InPython(const Parameters& values)
      : adapter_(values.text("adapter")), tokens_(values.integer("tokens")), trace_(values.text("trace")) {
    if (values.text("when") == "made") make_adapter();
  }

  [[nodiscard]] bool fuses(const Problem& /*problem*/) const override { return false; }
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> versions() const override {
    return {{"engine", "7.1"}};
  }
  [[nodiscard]] Support do_supports(const Problem& problem, const ProcessGroup& group) const override {
    if (python_bridge() == nullptr) return Support::no("these ranks do not run in Python");
    if (problem.hidden_size == 100) return Support::no("rows of 100 are beyond it");
    return supports_message(problem, group);
  }
  [[nodiscard]] std::unique_ptr<Operation> do_prepare(const Preparation& preparation) override {
    if (!trace_.empty() && preparation.group.rank() == 0) {
      std::ofstream(trace_, std::ios::app) << preparation.group.size() << " " << python_bridge()->interpreter << "\n";
    }
    if (preparation.problem.num_tokens == tokens_ && preparation.group.rank() == 1) make_adapter();
    return std::make_unique<Sum>(preparation);
  }

 private:
  void make_adapter() const {
    if (python_bridge() == nullptr || adapter_.empty()) return;
    const std::string request = R"({"call": "create", "adapter": ")" + adapter_ + R"(", "options": {}})";
    std::array<char, 4096> reply{};
    if (python_bridge()->call(request.c_str(), reply.data(), reply.size()) != 0) throw Error(reply.data());
  }

  std::string adapter_;
  std::int64_t tokens_;
  std::string trace_;
};

constexpr ParameterSpec parameters[] = {
    {"python", ParameterType::text, "python-that-nobody-has", "", "The interpreter"},
    {"adapter", ParameterType::text, "", "", "A file with a class Adapter"},
    {"when", ParameterType::text, "prepared", "made|prepared", "When it is asked for"},
    {"tokens", ParameterType::integer, "8", "0..1000000", "prepared: in problems of so many tokens, on rank 1"},
    {"trace", ParameterType::text, "", "", "A file that gets a line for each problem: tp size, interpreter"},
};

}  // namespace

ARBITER_PLUGIN(InPython, {.kind = PluginKind::strategy,
                          .name = "IN_PYTHON",
                          .version = "1",
                          .summary = "Needs an interpreter",
                          .backend = "host",
                          .table_id = 140,
                          .parameters = parameters,
                          .parameter_count = 5})
