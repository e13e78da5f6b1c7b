#include <cmath>
#include <cstdint>
#include <numeric>

#include <fmt/format.h>

#include "arbiter/backend.hpp"
#include "contract/plugin_under_test.hpp"
#include "contract/process_resources.hpp"

namespace arbiter {

namespace {

class Nothing : public Operation {
 public:
  void enqueue(const Bindings&) override { ++runs; }
  int runs = 0;
};

std::string keep_bytes(Backend& backend) {
  constexpr std::size_t alignment = 16;
  for (const std::size_t bytes : {1U, 255U, 4096U, 1048577U}) {
    const auto buffer = backend.allocate(bytes);
    if (buffer->bytes() < bytes)
      throw ContractViolation(fmt::format("{} bytes asked, {} there", bytes, buffer->bytes()));
    if (reinterpret_cast<std::uintptr_t>(buffer->data()) % alignment != 0) {
      throw ContractViolation(fmt::format("{} bytes are not aligned to {}", bytes, alignment));
    }
    std::vector<unsigned char> in(bytes);
    std::iota(in.begin(), in.end(), static_cast<unsigned char>(7));
    std::vector<unsigned char> out(bytes);
    backend.copy_in(buffer->data(), in.data(), bytes);
    backend.copy_out(out.data(), buffer->data(), bytes);
    if (in != out) throw ContractViolation(fmt::format("{} bytes, copied in and out, are others", bytes));
    backend.fill(buffer->data(), 0xab, bytes);
    backend.copy_out(out.data(), buffer->data(), bytes);
    if (out != std::vector<unsigned char>(bytes, 0xab))
      throw ContractViolation(fmt::format("{} bytes were not filled", bytes));
    backend.copy_in(buffer->data(), in.data(), 0);
  }
  return {};
}

std::string refuse_too_much(Backend& backend) {
  constexpr std::size_t too_much = std::size_t{1} << 55U;
  try {
    static_cast<void>(backend.allocate(too_much));
  } catch (const Error& error) {
    if (std::string_view(error.what()).empty()) throw ContractViolation("an Error without a text");
    return {};
  }
  throw ContractViolation("it gave 32 PiB");
}

}  // namespace

void check_backend(PluginUnderTest& subject) {
  auto& clauses = subject.clauses;
  auto& group = subject.world.all();
  std::shared_ptr<Backend> backend;
  clauses.hold("it can be used here, or says why not, and has the name the YAML knows", [&]() -> std::string {
    backend = subject.make<Backend>();
    if (backend->name() != subject.entry.name)
      throw ContractViolation(fmt::format("it calls itself {}", backend->name()));
    const auto available = backend->available();
    if (!available && available.reason == no_reason_given)
      throw ContractViolation("it cannot be used here and gives no reason");
    if (!available) throw ContractViolation("it cannot be used here, so the rest was not tried: " + available.reason);
    return {};
  });
  if (clauses.broken() > 0) return;
  clauses.hold("it says what machine this is and how much memory is free", [&] {
    const auto machine = backend->machine();
    if (machine.platform.empty()) throw ContractViolation("its platform, a part of file names, is empty");
    const auto free = backend->free_bytes(group.size());
    if (free <= 0) throw ContractViolation(fmt::format("{} bytes are free", free));
    return fmt::format("{}, {} MiB for each of {} ranks", machine.platform, free >> 20, group.size());
  });
  clauses.hold("what is copied in comes out, and fill() fills", [&] { return keep_bytes(*backend); });
  clauses.hold("memory it does not have is refused with an Error", [&] { return refuse_too_much(*backend); });
  clauses.hold("run() runs an operation once, a sample as often as it is told", [&] {
    Nothing operation;
    backend->run(operation, {});
    if (operation.runs != 1) throw ContractViolation(fmt::format("run() ran it {} times", operation.runs));
    const double us = backend->sample(operation, {}, 10, true)->time(group);
    if (!(us >= 0.0) || !std::isfinite(us)) throw ContractViolation(fmt::format("a sample took {} us", us));
    return fmt::format("{:.3g} us for 10 runs of nothing", us);
  });
  clauses.hold("what it allocates goes with the buffer", [&] {
    constexpr int rounds = 8;
    const auto left = leak_of(rounds, [&] {
      for (int i = 0; i < 16; ++i) static_cast<void>(backend->allocate(100'000));
    });
    if (!left.empty()) throw ContractViolation("16 buffers leave " + left);
    return std::string{};
  });
}

}  // namespace arbiter
