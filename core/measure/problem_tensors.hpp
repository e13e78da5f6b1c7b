// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "arbiter/backend.hpp"
#include "arbiter/fusion.hpp"
#include "arbiter/problem.hpp"
#include "arbiter/tensor.hpp"
#include "measure/random_data.hpp"

namespace arbiter {

/// How many sets of tensors the iterations of a sample use in turn.
struct TensorSets {
  std::int64_t count = 1;      ///< sets of outputs
  bool copied_inputs = false;  ///< each has an input, too, that a neighbour copies the message to
};

/// The memory of one problem on one rank: messages and the fusion's tensors, inputs filled with random data. Guards are
/// around all of it; a correct operation writes to its outputs alone.
///
/// There is one more message than there are sets, and iteration i uses set i % sets and message i % messages. So two
/// runs on the same set have different messages, and a set that holds the right result after the last iteration got it
/// from the last run on it: a run that does nothing does not go unnoticed. Messages are parts of one array, each a few
/// elements further on.
class ProblemTensors {
 public:
  static constexpr std::size_t alignment = 128;  ///< of every message and tensor, in bytes

  ProblemTensors(const Problem& problem, const Fusion& fusion, Backend& backend, int rank, const TestData& data,
                 TensorSets sets = {});

  [[nodiscard]] std::int64_t sets() const { return sets_.count; }
  [[nodiscard]] std::int64_t messages() const { return sets_.count + 1; }
  /// Of the first message and the first set.
  [[nodiscard]] Bindings bindings() const { return {message_address(0), pointers_.front()}; }
  /// With `behind_neighbours` the input of a set is where its neighbour copies the message to.
  [[nodiscard]] std::vector<Iteration> iterations(std::int64_t count, bool behind_neighbours = false) const;
  /// The last of `count` iterations that used the set; -1 if none did.
  [[nodiscard]] std::int64_t last_on_set(std::int64_t set, std::int64_t count) const;
  /// How many elements into the random data the message of an iteration begins.
  [[nodiscard]] std::int64_t first_element(std::int64_t iteration) const;
  [[nodiscard]] const std::vector<TensorSpec>& specs() const { return specs_; }
  [[nodiscard]] const TestData& data() const { return data_; }

  /// Overwrites every output of every set and the guard behind it, so that verification finds elements that are not
  /// written, and repairs what take_written() would name: it is then of the runs that follow.
  void poison_outputs();

  /// What was written that operations only read, or that is before outputs or around inputs: "the message", "the memory
  /// before the output norm_out". Empty if nothing was. Repairs it.
  [[nodiscard]] std::string take_written();

  /// Copies all tensors of a set but the message to host memory. `guards_intact`: no guard was overwritten.
  /// `untouched`: no output was written since it was poisoned.
  struct HostCopy {
    std::vector<std::unique_ptr<std::byte[]>> storage;
    std::vector<void*> pointers;
    bool has_inputs = false;  ///< of copy_inputs(); they are the same in all sets, and not copied again
    bool guards_intact = true;
    bool untouched = true;
  };
  [[nodiscard]] HostCopy copy_out(std::int64_t set = 0) const;
  /// Likewise into the memory of an earlier copy: the system takes longer to find memory than to copy to it.
  void copy_out(std::int64_t set, HostCopy& copy) const;
  /// The inputs alone, once.
  void copy_inputs(HostCopy& copy) const;

  /// One fingerprint for each set. It covers the outputs of the set and the guards behind them.
  [[nodiscard]] std::vector<std::uint64_t> fingerprints() const;

  /// Bytes one rank needs for a problem.
  [[nodiscard]] static std::int64_t bytes_needed(const Problem& problem, const Fusion& fusion, TensorSets sets = {});
  /// As many sets as half of the cache holds, from 2 to 8, or 1 if there is no memory for 2.
  [[nodiscard]] static TensorSets usual_sets(const Problem& problem, const Fusion& fusion, std::size_t cache_bytes,
                                             std::int64_t free_bytes, bool copied_inputs);

 private:
  [[nodiscard]] std::int64_t elements_of_all_messages() const;
  /// This rank's messages, as they were made.
  [[nodiscard]] std::vector<std::byte> all_messages() const;
  [[nodiscard]] const void* message_address(std::int64_t iteration) const;
  /// From the input of a set to that of the next.
  [[nodiscard]] std::size_t input_stride() const;
  [[nodiscard]] std::size_t message_bytes_of_set() const;

  /// Memory that no operation writes, how it is called, and how it is made.
  struct ReadOnly {
    std::byte* at;
    std::size_t bytes;
    std::string name;
    std::function<void()> make;
  };
  /// Make it, for the first time.
  void add_read_only(ReadOnly memory);
  [[nodiscard]] std::byte* room_for(std::size_t tensor, HostCopy& copy) const;
  void add_guard(std::byte* at, std::size_t bytes, const std::string& name);
  [[nodiscard]] std::vector<std::uint64_t> fingerprints_of_read_only() const;

  Backend& backend_;
  Problem problem_;
  int rank_;
  TestData data_;
  TensorSets sets_;
  std::vector<TensorSpec> specs_;
  std::vector<ReadOnly> read_only_;
  std::vector<std::uint64_t> intact_;  // the fingerprint of each as it was made
  std::unique_ptr<Buffer> input_;      // all messages
  std::unique_ptr<Buffer> inputs_;     // of all sets; null unless they are copied to
  std::vector<std::unique_ptr<Buffer>> buffers_;
  std::vector<std::vector<void*>> pointers_;  // by set, then by tensor; input tensors are the same in each
};

}  // namespace arbiter
