// SPDX-License-Identifier: Apache-2.0
// What kernels do before they wait for the kernel in front, read in their machine code for sm_90; no device is needed.
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include <elf.h>
#include <gtest/gtest.h>

#include "link/device_link.hpp"
#include "plugins/backends/cuda/link/recording_backend.hpp"
#include "support/strategies_plugins.hpp"

namespace arbiter::testing {
namespace {

/// One instruction of sm_70 to sm_90: the opcode, and the scoreboards that its result sets and that it waits for.
struct Instruction {
  unsigned opcode;
  unsigned sets;       ///< 7: none
  unsigned waits_for;  ///< one bit each

  static constexpr unsigned load = 0x980;           // generic
  static constexpr unsigned load_global = 0x981;    // LDG
  static constexpr unsigned barrier = 0xb1d;        // BAR
  static constexpr unsigned wait_in_front = 0x82e;  // ACQBULK, which is griddepcontrol.wait

  [[nodiscard]] bool loads() const { return opcode == load || opcode == load_global; }
};

template <class Record>
Record record(std::span<const std::byte> bytes, std::size_t offset) {
  Record result;
  std::memcpy(&result, bytes.subspan(offset, sizeof result).data(), sizeof result);
  return result;
}

std::vector<Instruction> instructions_of(std::span<const std::byte> cubin, const std::string& kernel) {
  const auto header = record<Elf64_Ehdr>(cubin, 0);
  const auto section = [&](std::size_t i) {
    return record<Elf64_Shdr>(cubin, header.e_shoff + i * sizeof(Elf64_Shdr));
  };
  const Elf64_Shdr names = section(header.e_shstrndx);
  std::vector<Instruction> all;
  for (std::size_t i = 0; i < header.e_shnum; ++i) {
    const Elf64_Shdr each = section(i);
    if (reinterpret_cast<const char*>(cubin.data()) + names.sh_offset + each.sh_name != ".text." + kernel) continue;
    all.reserve(each.sh_size / 16);
    for (std::size_t at = each.sh_offset; at < each.sh_offset + each.sh_size; at += 16) {
      const auto low = record<std::uint64_t>(cubin, at);
      const auto control = record<std::uint64_t>(cubin, at + 8) >> 41U;
      all.push_back({static_cast<unsigned>(low & 0xfffU), static_cast<unsigned>(control >> 5U & 7U),
                     static_cast<unsigned>(control >> 11U & 63U)});
    }
  }
  return all;
}

class Prologue : public ::testing::TestWithParam<const char*> {};

TEST_P(Prologue, LoadsTheEpochOnlyAndHasItBeforeTheBarrier) {
  const auto fusion = make<Fusion>(PluginKind::fusion, "RESIDUAL_RMS_NORM");
  cuda::RecordingBackend backend(90);
  cuda::EqualRanks group(2);
  const auto strategy = make<Strategy>(PluginKind::strategy, GetParam(), {}, "cuda");
  for (const std::int64_t hidden : {512, 8192, 32'768}) {
    const Problem problem{2, DType::bfloat16, "RESIDUAL_RMS_NORM", hidden, 16};
    static_cast<void>(strategy->prepare({problem, group, backend, *fusion, std::chrono::seconds(1), {}}));
  }
  ASSERT_GE(backend.links().size(), 4U);
  for (const auto& [name, link] : backend.links()) {
    const auto code = instructions_of(cuda::link_device_code(link.parts, link.entry, 90).cubin, link.entry);
    std::size_t loads = 0;
    unsigned epoch = 7;
    bool waited = false;
    bool met_barrier = false;
    std::size_t at = 0;
    for (; at < code.size() && code[at].opcode != Instruction::wait_in_front; ++at) {
      waited = waited || (epoch != 7 && (code[at].waits_for >> epoch & 1U) != 0);
      if (code[at].opcode == Instruction::barrier && !met_barrier) {
        met_barrier = true;
        EXPECT_TRUE(waited) << name << ": threads enter the barrier before they have the epoch";
      }
      if (!code[at].loads()) continue;
      ++loads;
      epoch = code[at].sets;
    }
    EXPECT_LT(at, code.size()) << name << " does not wait for the kernel in front";
    EXPECT_TRUE(met_barrier) << name;
    EXPECT_EQ(loads, 1U) << name << " loads more than the epoch before it waits for the kernel in front";
  }
}

INSTANTIATE_TEST_SUITE_P(Cuda, Prologue, ::testing::Values("ONESHOT", "TWOSHOT"),
                         [](const auto& strategy) { return std::string(strategy.param); });

}  // namespace
}  // namespace arbiter::testing
