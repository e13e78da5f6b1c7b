// The host backend: ranks are processes, memory is theirs, an operation is over when enqueue() returns.
#include <cstring>

#include "arbiter/backend.hpp"
#include "arbiter/host/host_memory.hpp"
#include "host_prober.hpp"
#include "host_sample.hpp"
#include "machine_facts.hpp"
#include "page_buffer.hpp"

namespace {

using namespace arbiter;

class HostBackend : public Backend {
 public:
  explicit HostBackend(const Parameters& /*none*/) {}

  [[nodiscard]] Support do_available() const override { return Support::yes(); }
  [[nodiscard]] std::string name() const override { return "host"; }
  [[nodiscard]] Machine do_machine() const override { return host::machine_facts(); }
  [[nodiscard]] bool needs_a_core() const override { return true; }
  [[nodiscard]] std::int64_t free_bytes(int ranks_per_host) const override {
    return free_host_memory() / (ranks_per_host < 1 ? 1 : ranks_per_host);
  }

  [[nodiscard]] std::unique_ptr<Buffer> do_allocate(std::size_t bytes) override {
    return std::make_unique<host::PageBuffer>(bytes);
  }
  void copy_in(void* destination, const void* source, std::size_t bytes) override {
    if (bytes > 0) std::memcpy(destination, source, bytes);
  }
  void copy_out(void* destination, const void* source, std::size_t bytes) override {
    if (bytes > 0) std::memcpy(destination, source, bytes);
  }
  void fill(void* destination, unsigned char byte, std::size_t bytes) override {
    if (bytes > 0) std::memset(destination, byte, bytes);
  }

  [[nodiscard]] std::unique_ptr<MachineProber> machine_prober(ProcessGroup& group,
                                                              std::chrono::milliseconds timeout) override {
    return host::make_limit_prober(group, timeout);
  }

  void run(Operation& operation, const Bindings& bindings) override { operation.enqueue(bindings); }

  [[nodiscard]] std::unique_ptr<Sample> do_sample(Operation& operation, const Bindings& bindings,
                                                  std::int64_t iterations_per_sample, bool /*graph*/) override {
    return std::make_unique<host::HostSample>(operation, bindings, iterations_per_sample);
  }
};

}  // namespace

ARBITER_PLUGIN(HostBackend, {.kind = arbiter::PluginKind::backend,
                             .name = "host",
                             .version = "1.0",
                             .summary = "This machine's processors and memory; needs no GPU",
                             .backend = "",
                             .table_id = -1,
                             .parameters = nullptr,
                             .parameter_count = 0})
