// SPDX-License-Identifier: Apache-2.0
// A machine that says an operation takes 1 ms to start. Operations run, but their times are what they say themselves.
// Its clock falls while it is looked at.
#include <cstring>

#include "arbiter/backend.hpp"
#include "made_up_time.hpp"

namespace {

using namespace arbiter;
using arbiter::testing::MadeUpTime;

class HeapBuffer : public Buffer {
 public:
  explicit HeapBuffer(std::size_t bytes) : bytes_(bytes), data_(new std::byte[bytes]) {}
  [[nodiscard]] void* data() const override { return data_.get(); }
  [[nodiscard]] std::size_t bytes() const override { return bytes_; }

 private:
  std::size_t bytes_;
  std::unique_ptr<std::byte[]> data_;
};

class Said : public Sample {
 public:
  Said(Operation& operation, std::vector<Iteration> iterations)
      : operation_(operation), iterations_(std::move(iterations)) {}
  [[nodiscard]] double time(ProcessGroup& group) override {
    group.barrier();
    for (const auto& iteration : iterations_) operation_.enqueue(iteration.bindings);
    return dynamic_cast<const MadeUpTime&>(operation_).us() * static_cast<double>(iterations_.size());
  }

 private:
  Operation& operation_;
  std::vector<Iteration> iterations_;
};

class Starts : public Operation, public MadeUpTime {
 public:
  void enqueue(const Bindings& /*none*/) override {}
  [[nodiscard]] double us() const override { return 1000.0; }
};

class Prober : public MachineProber {
 public:
  [[nodiscard]] std::vector<ProbeCase> cases() const override {
    return {{.kind = ProbeKind::launch},
            {.kind = ProbeKind::one_way, .from = 0, .to = 1, .round_trips = 1000},
            {.kind = ProbeKind::push, .bytes = 1U << 30U}};
  }
  [[nodiscard]] std::unique_ptr<Operation> probe(const ProbeCase& /*what*/) override {
    return std::make_unique<Starts>();
  }
  void clear() override {}
  [[nodiscard]] std::string missing(const ProbeCase& /*what*/) override { return {}; }
};

class SlowMachine : public Backend {
 public:
  explicit SlowMachine(const Parameters& /*none*/) {}
  [[nodiscard]] Support do_available() const override { return Support::yes(); }
  [[nodiscard]] std::string name() const override { return "slow_machine"; }
  [[nodiscard]] Machine do_machine() const override { return {"slow", {}}; }
  [[nodiscard]] std::int64_t free_bytes(int /*ranks*/) const override { return std::int64_t{1} << 28U; }
  [[nodiscard]] std::unique_ptr<Buffer> do_allocate(std::size_t bytes) override {
    return std::make_unique<HeapBuffer>(bytes);
  }
  void copy_in(void* to, const void* from, std::size_t bytes) override {
    if (bytes > 0) std::memcpy(to, from, bytes);
  }
  void copy_out(void* to, const void* from, std::size_t bytes) override {
    if (bytes > 0) std::memcpy(to, from, bytes);
  }
  void fill(void* to, unsigned char byte, std::size_t bytes) override {
    if (bytes > 0) std::memset(to, byte, bytes);
  }
  void run(Operation& operation, const Bindings& bindings) override { operation.enqueue(bindings); }
  [[nodiscard]] std::unique_ptr<Sample> do_sample(Operation* operation, const SampleRequest& request) override {
    return std::make_unique<Said>(*operation, request.iterations);
  }
  [[nodiscard]] std::unique_ptr<MachineProber> machine_prober(ProcessGroup& /*group*/,
                                                              std::chrono::milliseconds /*timeout*/) override {
    return std::make_unique<Prober>();
  }
  /// Asked before and after a cell: the first cell begins at 2000 MHz, the second at 1600 MHz, and each loses 200 MHz.
  [[nodiscard]] SpeedState speed_state() override {
    const int time = asked_++;
    return {2000.0 - 200.0 * time, time == 1 ? "temperature" : ""};
  }

 private:
  int asked_ = 0;
};

}  // namespace

ARBITER_PLUGIN(SlowMachine, {.kind = arbiter::PluginKind::backend,
                             .name = "slow_machine",
                             .version = "1",
                             .summary = "Seems to start operations slowly",
                             .backend = "",
                             .table_id = -1,
                             .parameters = nullptr,
                             .parameter_count = 0})
