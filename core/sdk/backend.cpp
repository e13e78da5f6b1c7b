#include "arbiter/backend.hpp"

#include <limits>

#include <fmt/format.h>

#include "arbiter/error.hpp"

namespace arbiter {

Support Backend::available() const { return do_available().with_reason(); }

Machine Backend::machine() const {
  auto machine = do_machine();
  if (machine.platform.empty()) throw PluginError("its machine's platform is empty");
  return machine;
}

Support Backend::supports(const Fusion& fusion, const Problem& problem) const {
  return do_supports(fusion, problem).with_reason();
}

Support Backend::do_supports(const Fusion& /*fusion*/, const Problem& /*problem*/) const { return Support::yes(); }

std::unique_ptr<Buffer> Backend::allocate(std::size_t bytes) {
  auto buffer = do_allocate(bytes);
  if (buffer == nullptr || buffer->bytes() < bytes) {
    throw PluginError(fmt::format("asked for {} bytes, it gave {}", bytes, buffer == nullptr ? 0 : buffer->bytes()));
  }
  return buffer;
}

std::unique_ptr<Operation> Backend::with_epilogue_pass(std::unique_ptr<Operation> reduction, const Fusion& fusion,
                                                       const Problem& problem) {
  if (reduction == nullptr) throw PluginError("there is no reduction to follow with an epilogue pass");
  auto operation = do_with_epilogue_pass(std::move(reduction), fusion, problem);
  if (operation == nullptr) throw PluginError("it made no operation of the reduction and its epilogue pass");
  return operation;
}

std::unique_ptr<Sample> Backend::sample(Operation& operation, const Bindings& bindings,
                                        std::int64_t iterations_per_sample, bool graph) {
  if (iterations_per_sample < 1) {
    throw Error(fmt::format("a sample of {} iterations; allowed: from 1 up", iterations_per_sample));
  }
  auto sample = do_sample(operation, bindings, iterations_per_sample, graph);
  if (sample == nullptr) throw PluginError("it made no sample");
  return sample;
}

int Backend::ranks_per_host() const { return std::numeric_limits<int>::max(); }

std::unique_ptr<MachineProber> Backend::machine_prober(ProcessGroup& /*group*/, std::chrono::milliseconds /*timeout*/) {
  return nullptr;
}

}  // namespace arbiter
