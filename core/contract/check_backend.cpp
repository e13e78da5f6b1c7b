// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <cstdint>
#include <numeric>

#include <fmt/format.h>

#include "arbiter/backend.hpp"
#include "arbiter/units.hpp"
#include "contract/contract_checker.hpp"

namespace arbiter {

namespace {

class CountingOperation : public Operation {
 public:
  void enqueue(const Bindings&) override { ++runs; }
  int runs = 0;
};

std::string copy_and_fill(Backend& backend) {
  constexpr std::size_t alignment = 16;
  for (const std::size_t bytes : {1U, 255U, 4096U, 1048577U}) {
    const auto buffer = backend.allocate(bytes);
    if (reinterpret_cast<std::uintptr_t>(buffer->data()) % alignment != 0) {
      throw ContractViolation(fmt::format("a buffer of {} bytes is not aligned to {} bytes", bytes, alignment));
    }
    std::vector<unsigned char> in(bytes);
    std::iota(in.begin(), in.end(), static_cast<unsigned char>(7));
    std::vector<unsigned char> out(bytes);
    backend.copy_in(buffer->data(), in.data(), bytes);
    backend.copy_out(out.data(), buffer->data(), bytes);
    if (in != out) throw ContractViolation(fmt::format("{} bytes changed when they were copied in and out", bytes));
    backend.fill(buffer->data(), 0xab, bytes);
    backend.copy_out(out.data(), buffer->data(), bytes);
    if (out != std::vector<unsigned char>(bytes, 0xab))
      throw ContractViolation(fmt::format("{} bytes were not filled", bytes));
    backend.copy_in(buffer->data(), in.data(), 0);
  }
  return {};
}

std::string exhaust_memory(Backend& backend) {
  constexpr std::size_t too_much = std::size_t{1} << 55U;
  try {
    static_cast<void>(backend.allocate(too_much));
  } catch (const Error& error) {
    if (std::string_view(error.what()).empty()) throw ContractViolation("the Error has no message");
    return {};
  }
  throw ContractViolation("it allocated 32 PiB");
}

}  // namespace

void check_backend(PluginUnderTest& plugin) {
  auto& checker = plugin.checker;
  auto& group = plugin.world.all();
  std::shared_ptr<Backend> backend;
  checker.expect("available() says yes or gives a reason, and name() is the plugin's name", [&]() -> std::string {
    backend = plugin.make<Backend>();
    if (backend->name() != plugin.entry.name) throw ContractViolation(fmt::format("name() is {}", backend->name()));
    const auto available = backend->available();
    if (!available && available.reason == no_reason_given)
      throw ContractViolation("it is not available here and gives no reason");
    if (!available)
      throw ContractViolation("it is not available here, so the rest was not tested: " + available.reason);
    return {};
  });
  if (checker.violations() > 0) return;
  checker.expect("machine() names a platform, and free_bytes() is positive", [&] {
    const auto machine = backend->machine();
    const auto free = backend->free_bytes(group.size());
    if (free <= 0) throw ContractViolation(fmt::format("free_bytes() is {}", free));
    return fmt::format("{}, {} MiB for each of {} ranks", machine.platform, free >> 20, group.size());
  });
  checker.expect("copy_in(), copy_out() and fill() reach every byte", [&] { return copy_and_fill(*backend); });
  checker.expect("allocate() throws Error for more memory than there is", [&] { return exhaust_memory(*backend); });
  checker.expect("run() runs an operation once, and a sample's time is finite", [&] {
    CountingOperation operation;
    backend->run(operation, {});
    if (operation.runs != 1) throw ContractViolation(fmt::format("run() ran it {} times", operation.runs));
    const double us = backend->sample(operation, {}, 10, true)->time(group);
    if (!(us >= 0.0) || !std::isfinite(us)) throw ContractViolation(fmt::format("the time of a sample is {} us", us));
    return fmt::format("{} for 10 empty runs", time_text(us));
  });
  checker.expect("a destroyed buffer leaks nothing", [&] {
    expect_no_leak("16 buffers", 8, [&] {
      for (int i = 0; i < 16; ++i) static_cast<void>(backend->allocate(100'000));
    });
    return std::string{};
  });
}

}  // namespace arbiter
