// SPDX-License-Identifier: Apache-2.0
// Programmatic dependent launch: a kernel in front that is still writing what the operation reads, and one behind that
// reads what the operation is still writing.
#include <array>

#include "strategies/hazards/hazards_fixture.hpp"

namespace arbiter::testing {
namespace {

using Bytes = std::vector<std::byte>;

/// An operation behind a kernel that triggers its dependents at once, and only then copies a tensor to where it is.
class BehindLateWriter : public Operation {
 public:
  BehindLateWriter(std::shared_ptr<cuda::Kernel> writer, Operation& operation, const void* from, void* to,
                   std::size_t bytes)
      : writer_(std::move(writer)),
        operation_(operation),
        from_(from),
        to_(to),
        bytes_(static_cast<std::int64_t>(bytes)) {}
  void enqueue(const Bindings& bindings) override {
    const std::array<void*, 4> arguments{&from_, &to_, &bytes_, &nanoseconds_};
    writer_->launch({.grid = 1, .block = 512}, arguments);
    operation_.enqueue(bindings);
  }

 private:
  std::shared_ptr<cuda::Kernel> writer_;
  Operation& operation_;
  const void* from_;
  void* to_;
  std::int64_t bytes_;
  std::uint64_t nanoseconds_ = 500'000;
};

/// An operation and a kernel behind it that copies its first output, before its own wait or after.
class InFrontOfReader : public Operation {
 public:
  InFrontOfReader(std::shared_ptr<cuda::Kernel> reader, Operation& operation, void* to, std::size_t bytes, bool waits)
      : reader_(std::move(reader)),
        operation_(operation),
        to_(to),
        bytes_(static_cast<std::int64_t>(bytes)),
        waits_(waits) {}
  void enqueue(const Bindings& bindings) override {
    operation_.enqueue(bindings);
    void* from = bindings.tensors[0];
    const std::array<void*, 4> arguments{&from, &to_, &bytes_, &waits_};
    reader_->launch({.grid = 8, .block = 512, .programmatic = true}, arguments);
  }

 private:
  std::shared_ptr<cuda::Kernel> reader_;
  Operation& operation_;
  void* to_;
  std::int64_t bytes_;
  bool waits_;
};

class Overlap : public HazardsOfKernels {
 protected:
  void SetUp() override {
    HazardsOfKernels::SetUp();
    if (!IsSkipped() && backend().sm_version() < 90) GTEST_SKIP() << "no programmatic launches before sm_90";
  }
  static Bytes bytes_of(const void* from, std::size_t bytes) {
    Bytes copy(bytes);
    backend().copy_out(copy.data(), from, bytes);
    return copy;
  }
};

TEST_P(Overlap, WithAKernelInFrontThatWritesTheMessageOrAnyOtherInput) {
  const auto strategy = Overlap::strategy();
  const auto fusion = Hazards::fusion("RESIDUAL_RMS_NORM");
  // Rows in registers, of one block and of two, and in shared memory.
  for (const std::int64_t hidden : {512, 8192, 32'768}) {
    const Problem problem{world().size(), DType::bfloat16, "RESIDUAL_RMS_NORM", hidden, 5};
    DeviceTrial trial(backend(), problem, *fusion, Data::random, 11);
    const auto operation = prepare(*strategy, problem, *fusion);
    ASSERT_EQ(difference_after(*operation, trial), "");
    const auto specs = fusion->tensors(problem);
    for (std::size_t which = 0; which <= specs.size(); ++which) {
      const bool is_message = which == specs.size();
      if (!is_message && specs[which].role == TensorRole::output) continue;
      trial.restore_input();
      trial.poison_outputs();
      const Bindings bindings = trial.bindings();
      void* const place = is_message ? const_cast<void*>(bindings.input) : bindings.tensors[which];
      const auto size = static_cast<std::size_t>(is_message ? problem.message_bytes() : specs[which].bytes());
      const Bytes right = bytes_of(place, size);
      const auto kept = backend().allocate(size);
      backend().copy_in(kept->data(), right.data(), size);
      backend().fill(place, 0x3c, size);
      BehindLateWriter behind(kernel("hazard_write_late"), *operation, kept->data(), place, size);
      backend().run(behind, bindings);
      ASSERT_EQ(agreed(trial.difference()), "") << (is_message ? "the message" : specs[which].name) << ", " << hidden;
    }
  }
}

TEST_P(Overlap, WithAKernelBehindThatReadsWholeOutputs) {
  const auto none = Hazards::fusion("NONE");
  struct Case {
    const char* trigger;  // null: the default
    bool waits;
  };
  for (const Case& each : {Case{nullptr, true}, {"early", true}, {"late", false}, {"none", false}, {"late", true}}) {
    Settings settings;
    if (each.trigger != nullptr) settings.emplace_back("trigger", each.trigger);
    const auto strategy = cuda_strategy(GetParam(), settings);
    for (const std::int64_t tokens : {1, 64, 700}) {
      const Problem problem{world().size(), DType::bfloat16, "NONE", 4096, tokens};
      DeviceTrial trial(backend(), problem, *none, Data::random, 12);
      const auto operation = prepare(*strategy, problem, *none);
      ASSERT_EQ(difference_after(*operation, trial), "");
      const auto size = static_cast<std::size_t>(problem.message_bytes());
      const auto read = backend().allocate(size);
      InFrontOfReader in_front(kernel("hazard_read"), *operation, read->data(), size, each.waits);
      for (int turn = 0; turn < often(40); ++turn) {
        trial.restore_input();
        trial.poison_outputs();
        const Bindings bindings = trial.bindings();
        backend().run(in_front, bindings);
        std::string wrong = trial.difference();
        if (bytes_of(read->data(), size) != bytes_of(bindings.tensors[0], size)) wrong += "half of it was read";
        ASSERT_EQ(agreed(wrong), "") << (each.trigger != nullptr ? each.trigger : "default") << ", " << tokens;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Cuda, Overlap, ::testing::Values("ONESHOT", "TWOSHOT"), name_of_kernels);

}  // namespace
}  // namespace arbiter::testing
