// SPDX-License-Identifier: Apache-2.0
#include "measure/problem_tensors.hpp"

#include <algorithm>
#include <cstring>
#include <set>

#include <gtest/gtest.h>

#include "plugin/plugin_host.hpp"

namespace arbiter {
namespace {

/// 300 elements: messages of 600 bytes, outputs of 600; guards of 256 or, to the next output, 424.
const Problem small{2, DType::bfloat16, "NONE", 100, 3};
const TestData test_data{7, false};

class ProblemTensorsTest : public ::testing::Test {
 protected:
  ProblemTensorsTest() {
    plugins_.load_dir(BUILT_PLUGINS);
    const auto* host = plugins_.find(PluginKind::backend, "host");
    backend_ = plugins_.create_as<Backend>(*host, Parameters(host->parameters));
    none_ = fusion("NONE");
    norm_ = fusion("RESIDUAL_RMS_NORM");
  }

  std::shared_ptr<Fusion> fusion(const std::string& name) {
    const auto* entry = plugins_.find(PluginKind::fusion, name);
    return plugins_.create_as<Fusion>(*entry, Parameters(entry->parameters));
  }
  ProblemTensors made(TensorSets sets, int rank = 0) { return {small, *none_, *backend_, rank, test_data, sets}; }
  ProblemTensors made_for_norm(int rank = 0) { return {small, *norm_, *backend_, rank, test_data, {2, false}}; }

  /// Host memory here.
  static std::byte* output(const ProblemTensors& tensors, std::int64_t set) {
    return static_cast<std::byte*>(tensors.iterations(set + 1).back().bindings.tensors[0]);
  }
  static std::ptrdiff_t bytes_between(const void* from, const void* to) {
    return static_cast<const std::byte*>(to) - static_cast<const std::byte*>(from);
  }

  PluginHost plugins_;
  std::shared_ptr<Backend> backend_;
  std::shared_ptr<Fusion> none_;
  std::shared_ptr<Fusion> norm_;
};

TEST_F(ProblemTensorsTest, IterationsUseSetsAndMessagesInTurn) {
  const auto tensors = made({3, false});
  EXPECT_EQ(tensors.sets(), 3);
  EXPECT_EQ(tensors.messages(), 4);
  const auto iterations = tensors.iterations(9);
  ASSERT_EQ(iterations.size(), 9U);
  for (std::size_t i = 0; i < 9; ++i) {
    const auto index = static_cast<std::ptrdiff_t>(i);
    EXPECT_EQ(bytes_between(iterations[0].bindings.input, iterations[i].bindings.input), index % 4 * 128) << i;
    EXPECT_EQ(bytes_between(iterations[0].bindings.tensors[0], iterations[i].bindings.tensors[0]), index % 3 * 1024);
    EXPECT_EQ(iterations[i].message_to, nullptr);
    EXPECT_EQ(iterations[i].message_from, nullptr);
    EXPECT_EQ(iterations[i].delay_us, 0.0);
  }
  EXPECT_EQ(tensors.bindings().input, iterations[0].bindings.input);
  EXPECT_EQ(tensors.bindings().tensors[0], iterations[0].bindings.tensors[0]);
}

TEST_F(ProblemTensorsTest, NeighboursCopyEachMessageToTheInputOfItsSet) {
  const auto tensors = made({3, true});
  const auto plain = tensors.iterations(9);
  const auto copied = tensors.iterations(9, true);
  for (std::size_t i = 0; i < 9; ++i) {
    EXPECT_EQ(copied[i].message_from, plain[i].bindings.input) << i;
    EXPECT_EQ(copied[i].message_to, copied[i].bindings.input) << i;
    EXPECT_EQ(bytes_between(copied[0].message_to, copied[i].message_to), static_cast<std::ptrdiff_t>(i % 3) * 1024);
    EXPECT_EQ(copied[i].bindings.tensors.data(), plain[i].bindings.tensors.data());
    EXPECT_NE(copied[i].message_to, copied[i].message_from);
  }
}

TEST_F(ProblemTensorsTest, TellsWhichIterationWasTheLastOnASet) {
  const auto tensors = made({3, false});
  const auto last = [&](std::int64_t count) {
    return std::vector<std::int64_t>{tensors.last_on_set(0, count), tensors.last_on_set(1, count),
                                     tensors.last_on_set(2, count)};
  };
  EXPECT_EQ(last(1), (std::vector<std::int64_t>{0, -1, -1}));
  EXPECT_EQ(last(2), (std::vector<std::int64_t>{0, 1, -1}));
  EXPECT_EQ(last(3), (std::vector<std::int64_t>{0, 1, 2}));
  EXPECT_EQ(last(4), (std::vector<std::int64_t>{3, 1, 2}));
  EXPECT_EQ(last(8), (std::vector<std::int64_t>{6, 7, 5}));
}

TEST_F(ProblemTensorsTest, EachMessageBeginsAFewElementsFurtherOnInTheRanksRandomData) {
  for (const int rank : {0, 1}) {
    const auto tensors = made({3, false}, rank);
    const auto iterations = tensors.iterations(5);
    for (const std::int64_t i : {0, 1, 2, 3, 4}) {
      EXPECT_EQ(tensors.first_element(i), i % 4 * 64);
      std::vector<std::byte> expected(600);
      random_elements({7, static_cast<std::uint64_t>(rank)}, DType::bfloat16, i % 4 * 64, 300, expected.data());
      EXPECT_EQ(std::memcmp(iterations[static_cast<std::size_t>(i)].bindings.input, expected.data(), 600), 0) << i;
    }
  }
}

TEST_F(ProblemTensorsTest, InputTensorsAreTheSameForAllSetsAndRanksAndDifferFromEachOther) {
  const auto first = made_for_norm(0);
  const auto second = made_for_norm(1);
  const auto iterations = first.iterations(2);
  for (const std::size_t input : {0U, 1U}) {  // residual, gamma
    EXPECT_EQ(iterations[0].bindings.tensors[input], iterations[1].bindings.tensors[input]);
    EXPECT_EQ(std::memcmp(first.bindings().tensors[input], second.bindings().tensors[input], 200), 0);
    std::vector<std::byte> expected(200);
    const RandomStream stream{7, (std::uint64_t{1} << 32U) + input, input == 0 ? -1.0 : 0.5, input == 0 ? 1.0 : 1.5};
    random_elements(stream, DType::bfloat16, 0, 100, expected.data());
    EXPECT_EQ(std::memcmp(first.bindings().tensors[input], expected.data(), 200), 0) << input;
  }
  for (const std::size_t output : {2U, 3U}) {
    EXPECT_EQ(bytes_between(iterations[0].bindings.tensors[output], iterations[1].bindings.tensors[output]), 1024);
  }
}

TEST_F(ProblemTensorsTest, KnowWhetherAnOutputWasWrittenAndHowFar) {
  auto tensors = made({2, false});
  for (const std::int64_t set : {0, 1}) {
    for (const std::size_t byte : {0U, 599U, 600U, 855U, 1023U}) {
      tensors.poison_outputs();
      EXPECT_TRUE(tensors.copy_out(set).untouched);
      EXPECT_TRUE(tensors.copy_out(set).guards_intact);
      output(tensors, set)[byte] = std::byte{0x7f};
      const auto copy = tensors.copy_out(set);
      EXPECT_EQ(copy.untouched, byte >= 600) << byte;
      EXPECT_EQ(copy.guards_intact, byte < 600) << byte;
      EXPECT_EQ(copy.storage[0][byte], std::byte{0x7f});
      EXPECT_TRUE(tensors.copy_out(1 - set).untouched);
      EXPECT_TRUE(tensors.copy_out(1 - set).guards_intact);
    }
  }
}

TEST_F(ProblemTensorsTest, CopyInputsOnceBeforeARunMaySpoilThem) {
  auto tensors = made_for_norm(0);
  ProblemTensors::HostCopy copy;
  tensors.copy_inputs(copy);
  const std::vector<std::byte> residual(copy.storage[0].get(), copy.storage[0].get() + 200);
  EXPECT_EQ(std::memcmp(tensors.bindings().tensors[0], residual.data(), 200), 0);
  std::memset(tensors.bindings().tensors[0], 0x11, 200);
  std::memset(tensors.bindings().tensors[2], 0x22, 200);
  tensors.copy_out(0, copy);
  EXPECT_EQ(std::memcmp(copy.pointers[0], residual.data(), 200), 0);
  EXPECT_EQ(copy.storage[2][0], std::byte{0x22}) << "outputs are copied each time";
  tensors.copy_inputs(copy);
  EXPECT_EQ(std::memcmp(copy.pointers[0], residual.data(), 200), 0);
}

TEST_F(ProblemTensorsTest, CopyOutIntoTheMemoryOfAnEarlierCopy) {
  auto tensors = made({2, false});
  tensors.poison_outputs();
  auto copy = tensors.copy_out(0);
  const auto* const memory = copy.pointers.front();
  output(tensors, 1)[0] = std::byte{0x7f};
  output(tensors, 1)[700] = std::byte{0x7f};
  tensors.copy_out(1, copy);
  EXPECT_EQ(copy.pointers, (std::vector<void*>{copy.storage[0].get()}));
  EXPECT_EQ(copy.pointers.front(), memory);
  EXPECT_EQ(copy.storage[0][0], std::byte{0x7f});
  EXPECT_FALSE(copy.untouched);
  EXPECT_FALSE(copy.guards_intact);
  tensors.copy_out(0, copy);
  EXPECT_TRUE(copy.untouched);
  EXPECT_TRUE(copy.guards_intact);
}

TEST_F(ProblemTensorsTest, OfSeveralOutputsAllMustBeUntouchedAndKeepTheirGuards) {
  auto tensors = made_for_norm();
  const auto pointers = tensors.bindings().tensors;
  for (const std::size_t tensor : {2U, 3U}) {
    tensors.poison_outputs();
    auto* const bytes = static_cast<std::byte*>(pointers[tensor]);
    bytes[0] = std::byte{1};
    EXPECT_FALSE(tensors.copy_out().untouched);
    EXPECT_TRUE(tensors.copy_out().guards_intact);
    bytes[600] = std::byte{1};
    EXPECT_FALSE(tensors.copy_out().guards_intact);
  }
  // Inputs are not poisoned, and what is written to them is no output's.
  tensors.poison_outputs();
  EXPECT_TRUE(tensors.copy_out().untouched);
  EXPECT_EQ(std::memcmp(tensors.copy_out().pointers[1], pointers[1], 200), 0);
}

TEST_F(ProblemTensorsTest, TheFingerprintIsOfAllOutputsOfASetAndTheirGuards) {
  auto tensors = made_for_norm();
  tensors.poison_outputs();
  const auto poisoned = tensors.fingerprints()[0];
  EXPECT_EQ(tensors.fingerprints()[1], poisoned);
  const auto pointers = tensors.bindings().tensors;
  for (const std::size_t tensor : {2U, 3U}) {
    for (const std::size_t byte : {0U, 599U, 855U, 1023U}) {
      auto& value = static_cast<std::byte*>(pointers[tensor])[byte];
      value = std::byte{0};
      EXPECT_NE(tensors.fingerprints()[0], poisoned) << tensor << ", " << byte;
      EXPECT_EQ(tensors.fingerprints()[1], poisoned);
      value = std::byte{0xff};
    }
  }
  *static_cast<std::byte*>(pointers[0]) ^= std::byte{1};
  EXPECT_EQ(tensors.fingerprints()[0], poisoned) << "inputs do not count";
}

TEST_F(ProblemTensorsTest, NameWhatWasWrittenThatIsNoOutputAndRepairIt) {
  auto tensors = made_for_norm();
  const auto pointers = tensors.bindings().tensors;
  struct Place {
    const void* from;
    std::ptrdiff_t byte;
    const char* name;
  };
  const auto* const message = tensors.bindings().input;
  constexpr std::ptrdiff_t all_messages = 600 + 2 * 128;
  const std::vector<Place> places{{message, 0, "the message"},
                                  {message, all_messages - 1, "the message"},
                                  {message, -1, "the memory before the message"},
                                  {message, -256, "the memory before the message"},
                                  {message, all_messages, "the memory behind the message"},
                                  {message, all_messages + 255, "the memory behind the message"},
                                  {pointers[0], 599, "the input residual"},
                                  {pointers[0], -1, "the memory before the input residual"},
                                  {pointers[0], 600, "the memory behind the input residual"},
                                  {pointers[1], 0, "the input gamma"},
                                  {pointers[2], -1, "the memory before the output residual_out"},
                                  {pointers[3], -256, "the memory before the output norm_out"}};
  for (const auto& [from, byte, name] : places) {
    EXPECT_EQ(tensors.take_written(), "");
    auto& value = static_cast<std::byte*>(const_cast<void*>(from))[byte];
    const auto before = value;
    value ^= std::byte{1};
    EXPECT_EQ(tensors.take_written(), name) << byte;
    EXPECT_EQ(value, before);
  }
  static_cast<std::byte*>(pointers[2])[0] = std::byte{1};
  EXPECT_EQ(tensors.take_written(), "") << "outputs may be written";
}

TEST_F(ProblemTensorsTest, WhatWasWrittenBeforeOutputsArePoisonedIsOfRunsBefore) {
  auto tensors = made({2, false});
  *static_cast<std::byte*>(const_cast<void*>(tensors.bindings().input)) ^= std::byte{1};
  tensors.poison_outputs();
  EXPECT_EQ(tensors.take_written(), "");
}

TEST_F(ProblemTensorsTest, GuardTheMemoryAroundTheMessagesThatNeighboursCopy) {
  auto tensors = made({2, true});
  const auto iterations = tensors.iterations(2, true);
  for (const auto& iteration : iterations) {
    for (const std::ptrdiff_t byte : {-1, 600, 855}) {
      static_cast<std::byte*>(iteration.message_to)[byte] = std::byte{1};
      EXPECT_EQ(tensors.take_written(), "the memory around the message") << byte;
      EXPECT_EQ(tensors.take_written(), "");
    }
    static_cast<std::byte*>(iteration.message_to)[599] = std::byte{1};
    EXPECT_EQ(tensors.take_written(), "") << "neighbours write it";
  }
}

TEST_F(ProblemTensorsTest, NeedTheBytesOfAllSets) {
  const auto bytes = [&](const Fusion& fusion, TensorSets sets) {
    return ProblemTensors::bytes_needed(small, fusion, sets);
  };
  EXPECT_EQ(bytes(*none_, {1, false}), 512 + 600 + 128 + 256 + 856);
  EXPECT_EQ(bytes(*none_, {3, false}), 512 + 600 + 3 * 128 + 256 + 3 * 856);
  EXPECT_EQ(bytes(*none_, {3, true}), 512 + 600 + 3 * 128 + 256 + 3 * 856 + 256 + 3 * 856);
  // Inputs once, residual and gamma; outputs for each set, residual_out and norm_out.
  EXPECT_EQ(bytes(*norm_, {3, false}), 512 + 600 + 3 * 128 + (256 + 856) + (256 + 200 + 256) + 2 * (256 + 3 * 856));
}

TEST_F(ProblemTensorsTest, TakeAsManySetsAsHalfOfTheCacheAndAThirdOfTheMemoryHold) {
  const auto sets = [&](std::size_t cache, std::int64_t free_bytes, bool copied = false) {
    const auto usual = ProblemTensors::usual_sets(small, *none_, cache, free_bytes, copied);
    EXPECT_EQ(usual.copied_inputs, copied);
    return usual.count;
  };
  constexpr std::size_t large_cache = 1'000'000;
  constexpr std::int64_t much = 1'000'000;
  const auto needed = [](std::int64_t count) { return 512 + 600 + 256 + count * (128 + 856); };
  EXPECT_EQ(sets(large_cache, much), 8);
  EXPECT_EQ(sets(0, much), 2);
  for (const std::int64_t count : {3, 5, 8}) {
    const auto cache = static_cast<std::size_t>(2 * needed(count));
    EXPECT_EQ(sets(cache, much), count);
    EXPECT_EQ(sets(cache - 1, much), count - 1);
    EXPECT_EQ(sets(large_cache, 3 * needed(count)), count);
    EXPECT_EQ(sets(large_cache, 3 * needed(count) - 1), count - 1);
  }
  EXPECT_EQ(sets(0, 3 * needed(2)), 2);
  EXPECT_EQ(sets(large_cache, 3 * needed(2) - 1), 1);
  EXPECT_EQ(sets(large_cache, 3 * (needed(3) + 256 + std::int64_t{3} * 856), true), 3);
  EXPECT_EQ(sets(large_cache, 3 * (needed(3) + 256 + std::int64_t{3} * 856) - 1, true), 2);
  EXPECT_EQ(sets(large_cache, 0, true), 1);
}

TEST_F(ProblemTensorsTest, MessagesThatSeveralThreadsMakeAreThoseThatOneMakes) {
  // Worth a thread for each 65536 elements; how many there are depends on the cores.
  const Problem large{1, DType::float32, "NONE", 1024, 512};
  ProblemTensors tensors(large, *none_, *backend_, 0, test_data, {1, false});
  const auto bytes = static_cast<std::size_t>(large.message_bytes());
  std::vector<std::byte> expected(bytes);
  random_elements({7, 0}, DType::float32, 0, large.elements(), expected.data());
  EXPECT_EQ(std::memcmp(tensors.bindings().input, expected.data(), bytes), 0);
  EXPECT_EQ(tensors.take_written(), "");
}

}  // namespace
}  // namespace arbiter
