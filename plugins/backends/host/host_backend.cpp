// SPDX-License-Identifier: Apache-2.0
// The host backend: ranks are processes, memory is private to a rank, and an operation is complete when enqueue()
// returns.
#include <array>
#include <chrono>
#include <cstring>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include <mpi.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "arbiter/backend.hpp"
#include "arbiter/error.hpp"
#include "arbiter/host/host_memory.hpp"
#include "arbiter/host/row_kernels.hpp"
#include "host_prober.hpp"
#include "page_buffer.hpp"

namespace {

using namespace arbiter;

std::string cpu_model(const std::string& architecture) {
  std::ifstream cpuinfo("/proc/cpuinfo");
  for (std::string line; std::getline(cpuinfo, line);) {
    const std::size_t colon = line.find(": ");
    if (line.rfind("model name", 0) == 0 && colon != std::string::npos) return line.substr(colon + 2);
  }
  return architecture;
}

/// "Open MPI v4.1.4", the start of the library's version text.
std::string mpi_version() {
  std::array<char, MPI_MAX_LIBRARY_VERSION_STRING> text{};
  int length = 0;
  if (MPI_Get_library_version(text.data(), &length) != MPI_SUCCESS) return "unknown";
  const std::string version(text.data());
  return version.substr(0, version.find_first_of(",\n"));
}

/// Platform "cpu", and the facts cpu, cores, isa, mpi and kernel.
Machine machine_facts() {
  utsname system{};
  uname(&system);
  return {.platform = "cpu",
          .facts = {{"cpu", cpu_model(system.machine)},
                    {"cores", std::to_string(sysconf(_SC_NPROCESSORS_ONLN))},
                    {"isa", std::string(name_of(isa()))},
                    {"mpi", mpi_version()},
                    {"kernel", std::string(system.sysname) + " " + system.release}}};
}

/// The monotonic clock around the runs, which begin after a barrier of the ranks. Isolated runs have a barrier each,
/// which is not timed.
class HostSample : public Sample {
 public:
  HostSample(Operation& operation, SampleRequest request) : operation_(operation), request_(std::move(request)) {}

  [[nodiscard]] double time(ProcessGroup& group) override {
    using Clock = std::chrono::steady_clock;
    Clock::duration total{};
    const bool isolated = request_.context == Context::isolated;
    if (!isolated) group.barrier();
    auto start = Clock::now();
    for (const auto& iteration : request_.iterations) {
      if (isolated) {
        group.barrier();
        start = Clock::now();
      }
      operation_.enqueue(iteration.bindings);
      if (isolated) total += Clock::now() - start;
    }
    if (!isolated) total = Clock::now() - start;
    return std::chrono::duration<double, std::micro>(total).count();
  }

 private:
  Operation& operation_;
  SampleRequest request_;
};

/// Of the second-level cache of one core, which ranks do not share.
std::size_t own_cache_bytes() {
  const long bytes = sysconf(_SC_LEVEL2_CACHE_SIZE);
  return bytes > 0 ? static_cast<std::size_t>(bytes) : std::size_t{1} << 20U;
}

class HostBackend : public Backend {
 public:
  explicit HostBackend(const Parameters& /*none*/) {}

  [[nodiscard]] Support do_available() const override { return Support::yes(); }
  [[nodiscard]] std::string name() const override { return "host"; }
  [[nodiscard]] Machine do_machine() const override { return machine_facts(); }
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
    return host::make_machine_prober(group, timeout);
  }

  void run(Operation& operation, const Bindings& bindings) override { operation.enqueue(bindings); }

  [[nodiscard]] std::vector<Context> contexts() const override { return {Context::isolated, Context::back_to_back}; }
  [[nodiscard]] std::unique_ptr<Sample> do_sample(Operation* operation, const SampleRequest& request) override {
    if (operation == nullptr) throw Error("the host backend has no neighbours to time alone");
    return std::make_unique<HostSample>(*operation, request);
  }
  [[nodiscard]] std::vector<std::uint64_t> do_fingerprints(std::span<const MemoryRange> ranges) override {
    std::vector<std::uint64_t> values;
    values.reserve(ranges.size());
    for (const auto& range : ranges) values.push_back(host_fingerprint(range.data, range.bytes));
    return values;
  }
  [[nodiscard]] std::size_t cache_bytes() const override { return own_cache_bytes(); }
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
