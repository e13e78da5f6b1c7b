// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "arbiter/backend.hpp"
#include "arbiter/error.hpp"
#include "arbiter/host/row_kernels.hpp"
#include "plugin/plugin_host.hpp"
#include "plugin/search_path.hpp"

namespace {

using namespace arbiter;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

std::shared_ptr<Backend> host_backend() {
  static PluginHost plugins;
  if (plugins.entries().empty()) plugins.load_file(built_in_plugin_dir() / "backend_host.so");
  const PluginEntry* entry = plugins.find(PluginKind::backend, "host");
  if (entry == nullptr) throw PluginError(plugins.entries().front().refused);
  return plugins.create_as<Backend>(*entry, Parameters());
}

TEST(HostBackend, IsAvailableEverywhereAndKnowsItsMachine) {
  const auto backend = host_backend();
  EXPECT_TRUE(backend->available());
  EXPECT_EQ(backend->name(), "host");
  const Machine machine = backend->machine();
  EXPECT_EQ(machine.platform, "cpu");
  EXPECT_FALSE(machine.facts.at("cpu").empty());
  EXPECT_EQ(machine.facts.at("cores"), std::to_string(sysconf(_SC_NPROCESSORS_ONLN)));
  EXPECT_EQ(machine.facts.at("isa"), name_of(isa()));
  EXPECT_THAT(machine.facts.at("mpi"), HasSubstr("MPI"));
  utsname system{};
  uname(&system);
  EXPECT_THAT(machine.facts.at("kernel"), HasSubstr(system.release));
}

TEST(HostBackend, GivesWholePagesOfZeroesOfAnySize) {
  const auto backend = host_backend();
  for (const std::size_t bytes : {std::size_t{0}, std::size_t{1}, std::size_t{4097}, std::size_t{5} << 20U}) {
    const auto buffer = backend->allocate(bytes);
    EXPECT_EQ(buffer->bytes(), bytes);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(buffer->data()) % static_cast<std::uintptr_t>(getpagesize()), 0U);
    const auto* at = static_cast<const std::byte*>(buffer->data());
    EXPECT_TRUE(std::all_of(at, at + bytes, [](std::byte byte) { return byte == std::byte{0}; }));
  }
}

TEST(HostBackend, CopiesInFillsAndCopiesOut) {
  const auto backend = host_backend();
  const auto buffer = backend->allocate(64);
  const std::string text = "a message";
  backend->fill(buffer->data(), 0x7f, 64);
  backend->copy_in(buffer->data(), text.data(), text.size());
  std::string back(text.size() + 1, ' ');
  backend->copy_out(back.data(), buffer->data(), back.size());
  EXPECT_EQ(back, text + '\x7f');
}

TEST(HostBackend, SaysWhatIsFreeInsteadOfTakingMoreThanThereIs) {
  const auto backend = host_backend();
  const auto much = static_cast<std::size_t>(backend->free_bytes(1)) * 2;
  EXPECT_THAT([&] { static_cast<void>(backend->allocate(much)); },
              ThrowsMessage<Error>(AllOf(HasSubstr(std::to_string(much) + " bytes"), HasSubstr("are free"))));
  EXPECT_THROW(static_cast<void>(backend->allocate(SIZE_MAX)), Error);
}

TEST(HostBackend, SharesWhatIsFreeBetweenTheRanksOfAHost) {
  const auto backend = host_backend();
  const std::int64_t alone = backend->free_bytes(1);
  EXPECT_GT(alone, 0);
  EXPECT_LT(backend->free_bytes(1000), alone / 2);
}

/// One rank alone: what time() needs of a group.
class Alone : public ProcessGroup {
 public:
  using ProcessGroup::all_gather;
  using ProcessGroup::broadcast;
  using ProcessGroup::max;
  [[nodiscard]] int rank() const override { return 0; }
  [[nodiscard]] int size() const override { return 1; }
  [[nodiscard]] bool single_host() const override { return true; }
  void barrier() override { ++barriers; }
  void broadcast(void* /*data*/, std::size_t /*bytes*/, int /*root*/) override {}
  void all_gather(const void* in, void* out, std::size_t bytes) override { std::memcpy(out, in, bytes); }
  void max(std::span<double> /*values*/) override {}
  [[nodiscard]] void* mpi_comm() override { return nullptr; }

  int barriers = 0;
};

struct Sleep : Operation {
  void enqueue(const Bindings& /*bindings*/) override {
    ++runs;
    usleep(1000);
  }
  int runs = 0;
};

TEST(HostBackend, TimesAllRepetitionsAfterLiningUp) {
  const auto backend = host_backend();
  Alone group;
  Sleep sleep;
  const double microseconds = backend->sample(sleep, {}, 5, false)->time(group);
  EXPECT_EQ(sleep.runs, 5);
  EXPECT_EQ(group.barriers, 1);
  EXPECT_GE(microseconds, 5000.0);
  backend->run(sleep, {});
  EXPECT_EQ(sleep.runs, 6);
}

}  // namespace
