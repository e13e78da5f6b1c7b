// SPDX-License-Identifier: Apache-2.0
// What all plugins share: the type information of the SDK's classes, and the public calls that check what goes into a
// plugin's hook and what comes out of it. Fusions, which check more, are in fusion.cpp.
#include "arbiter/plugin.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <limits>
#include <span>
#include <stdexcept>
#include <vector>

#include <fmt/format.h>

#include "arbiter/backend.hpp"
#include "arbiter/cuda/cuda_backend.hpp"
#include "arbiter/error.hpp"
#include "arbiter/fusion.hpp"
#include "arbiter/heuristic.hpp"
#include "arbiter/sink.hpp"
#include "arbiter/strategy.hpp"

namespace arbiter {

namespace {

template <class Pointer>
Pointer not_null(Pointer pointer, const char* message) {
  if (pointer == nullptr) throw PluginError(message);
  return pointer;
}

}  // namespace

// Defined here, so that each class has its type information once, in libarbiter, for all plugins.
Plugin::~Plugin() = default;
Operation::~Operation() = default;
Buffer::~Buffer() = default;
Sample::~Sample() = default;
MachineProber::~MachineProber() = default;
cuda::Kernel::~Kernel() = default;
cuda::PeerMemory::~PeerMemory() = default;
HostEpilogue::~HostEpilogue() = default;
Selector::~Selector() = default;

std::string_view name_of(PluginKind kind) {
  switch (kind) {
    case PluginKind::backend: return "backend";
    case PluginKind::strategy: return "strategy";
    case PluginKind::fusion: return "fusion";
    case PluginKind::heuristic: return "heuristic";
    case PluginKind::sink: return "sink";
  }
  return "unknown";
}

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
  if (reduction == nullptr) throw PluginError("with_epilogue_pass() got no reduction");
  return not_null(do_with_epilogue_pass(std::move(reduction), fusion, problem),
                  "with_epilogue_pass() made no operation");
}

std::unique_ptr<Sample> Backend::sample(Operation* operation, const SampleRequest& request) {
  if (request.iterations.empty()) throw Error("a sample of 0 iterations; allowed: from 1 up");
  const auto allowed = contexts();
  if (std::ranges::find(allowed, request.context) == allowed.end()) {
    throw Error(fmt::format("the backend {} has no context {}", name(), name_of(request.context)));
  }
  return not_null(do_sample(operation, request), "sample() made no sample");
}

std::unique_ptr<Sample> Backend::sample(Operation& operation, const Bindings& bindings,
                                        std::int64_t iterations_per_sample, bool graph) {
  if (iterations_per_sample < 1) {
    throw Error(fmt::format("a sample of {} iterations; allowed: from 1 up", iterations_per_sample));
  }
  SampleRequest request;
  request.graph = graph;
  request.iterations.resize(static_cast<std::size_t>(iterations_per_sample),
                            Iteration{bindings, nullptr, nullptr, 0.0});
  return not_null(do_sample(&operation, request), "sample() made no sample");
}

std::vector<std::uint64_t> Backend::fingerprints(std::span<const MemoryRange> ranges) {
  auto values = do_fingerprints(ranges);
  if (values.size() != ranges.size()) {
    throw PluginError(fmt::format("fingerprints() gave {} values for {} ranges", values.size(), ranges.size()));
  }
  return values;
}

std::vector<std::uint64_t> Backend::do_fingerprints(std::span<const MemoryRange> ranges) {
  std::vector<std::uint64_t> values;
  values.reserve(ranges.size());
  for (const auto& range : ranges) {
    std::vector<std::byte> host(range.bytes);
    copy_out(host.data(), range.data, range.bytes);
    values.push_back(host_fingerprint(host.data(), range.bytes));
  }
  return values;
}

std::uint64_t host_fingerprint(const void* data, std::size_t bytes) {
  // FNV-1a over words, four lanes at a time: a dependent multiplication for each word would bound the speed.
  std::array<std::uint64_t, 4> lanes{0xcbf29ce484222325U, 0x9e3779b97f4a7c15U, 0xbf58476d1ce4e5b9U, bytes};
  const auto add = [](std::uint64_t& hash, std::uint64_t word) {
    hash = (hash ^ word ^ (hash >> 29U)) * 0x100000001b3U;
  };
  const auto* const from = static_cast<const std::byte*>(data);
  std::size_t at = 0;
  for (std::array<std::uint64_t, 4> words{}; at + sizeof words <= bytes; at += sizeof words) {
    std::memcpy(words.data(), from + at, sizeof words);
    for (std::size_t i = 0; i < lanes.size(); ++i) add(lanes[i], words[i]);
  }
  for (; at < bytes; ++at) add(lanes[3], static_cast<std::uint64_t>(from[at]));
  for (std::size_t i = 1; i < lanes.size(); ++i) add(lanes[0], lanes[i]);
  return lanes[0];
}

int Backend::ranks_per_host() const { return std::numeric_limits<int>::max(); }

std::unique_ptr<MachineProber> Backend::machine_prober(ProcessGroup& /*group*/, std::chrono::milliseconds /*timeout*/) {
  return nullptr;
}

Support Strategy::supports(const Problem& problem, const ProcessGroup& group) const {
  return do_supports(problem, group).with_reason();
}

std::unique_ptr<Operation> Strategy::prepare(const Preparation& preparation) {
  return not_null(do_prepare(preparation), "it prepared nothing");
}

Support supports_message(const Problem& problem, const ProcessGroup& group) {
  if (problem.tp_size != group.size()) {
    return Support::no(fmt::format("tp_size is {}, the group has {} ranks", problem.tp_size, group.size()));
  }
  if (problem.num_tokens < 1 || problem.hidden_size < 1) {
    return Support::no(
        fmt::format("{} tokens x {} elements: the message is empty", problem.num_tokens, problem.hidden_size));
  }
  switch (problem.dtype) {
    case DType::bfloat16:
    case DType::float16:
    case DType::float32: return Support::yes();
    default: return Support::no(fmt::format("{} is no message dtype", name_of(problem.dtype)));
  }
}

double Selector::predict(const Problem& /*problem*/, const std::string& /*strategy*/) const {
  return std::numeric_limits<double>::quiet_NaN();
}

std::shared_ptr<const Selector> Heuristic::fit(const Dataset& dataset) const {
  auto selector = not_null(do_fit(dataset), "fit() made no selector");
  if (const DecisionTable* table = selector->table()) {
    if (const std::string fault = fault_of(*table); !fault.empty())
      throw PluginError("its table has a fault: " + fault);
  }
  return selector;
}

void Sink::begin(const RunInfo& run) { do_begin(run); }

void Sink::probed(const MachineProbe& probe) { do_probed(probe); }

void Sink::measured(const Measurement& row) { do_measured(row); }

void Sink::skipped(const Problem& problem, const std::string& strategy, const std::string& reason) {
  if (reason.empty()) throw std::invalid_argument("Sink::skipped() needs a reason");
  do_skipped(problem, strategy, reason);
}

void Sink::write(const Report& report) {
  if (!report.say) throw std::invalid_argument("Sink::write() needs Report::say");
  do_write(report);
}

}  // namespace arbiter
