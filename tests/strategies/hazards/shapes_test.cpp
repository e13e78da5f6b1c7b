// SPDX-License-Identifier: Apache-2.0
// Tails, fewer tokens than ranks, tokens that the ranks cannot own evenly, and memory that is only aligned to
// an element.
#include "measure/random_data.hpp"
#include "strategies/hazards/hazards_fixture.hpp"

namespace arbiter::testing {
namespace {

class HazardousShapes : public HazardsOfKernels {
 protected:
  static std::string failure_of(Strategy& strategy, const Problem& problem, int offset) {
    const auto fusion = Hazards::fusion(problem.fusion);
    if (!fusion->supports(problem)) return {};
    DeviceTrial trial(backend(), problem, *fusion, Data::random, static_cast<std::uint64_t>(problem.elements()),
                      offset);
    const auto operation = prepare(strategy, problem, *fusion);
    for (int turn = 0; turn < 2; ++turn) {
      if (auto failure = difference_after(*operation, trial); !failure.empty()) return failure;
    }
    return {};
  }
};

/// Tensors of a problem, which operations on fewer of its rows use too.
class Rows {
 public:
  Rows(Backend& backend, const Problem& problem, const Fusion& fusion, int rank) : backend_(backend) {
    row_bytes_ = static_cast<std::size_t>(problem.hidden_size * size_of(problem.dtype));
    message_ = filled(problem.dtype, problem.elements(), static_cast<std::uint64_t>(rank));
    std::uint64_t stream = 100;  // of tensors, which are the same on every rank
    for (const auto& spec : fusion.tensors(problem)) {
      tensors_.push_back(filled(spec.dtype, spec.units, ++stream));
      pointers_.push_back(tensors_.back()->data());
      if (spec.name == "norm_out") norm_ = tensors_.size() - 1;
    }
  }

  /// The bits of the first row's norm.
  std::vector<std::byte> first_row_after(Operation& operation) {
    backend_.fill(pointers_[norm_], 0xff, row_bytes_);
    backend_.run(operation, {message_->data(), pointers_});
    std::vector<std::byte> row(row_bytes_);
    backend_.copy_out(row.data(), pointers_[norm_], row_bytes_);
    return row;
  }

 private:
  [[nodiscard]] std::unique_ptr<Buffer> filled(DType dtype, std::int64_t units, std::uint64_t stream) {
    std::vector<std::byte> host(static_cast<std::size_t>(units * size_of(dtype)));
    random_elements({7, stream, -1.0, 1.0}, dtype, 0, units, host.data());
    auto buffer = backend_.allocate(host.size());
    backend_.copy_in(buffer->data(), host.data(), host.size());
    return buffer;
  }

  Backend& backend_;
  std::size_t row_bytes_ = 0;
  std::size_t norm_ = 0;
  std::unique_ptr<Buffer> message_;
  std::vector<std::unique_ptr<Buffer>> tensors_;
  std::vector<void*> pointers_;
};

TEST_P(HazardousShapes, MayHaveTailsAndAnyNumberOfTokens) {
  const auto strategy = HazardousShapes::strategy();
  for (const char* name : {"NONE", "RESIDUAL_RMS_NORM", "RESIDUAL_RMS_NORM_OUT_QUANT_DYNAMIC_FP8",
                           "RESIDUAL_RMS_NORM_OUT_QUANT_PER_TOKEN_GROUP_FP8"}) {
    for (const std::int64_t hidden : {1, 7, 8, 9, 15, 17, 1023, 1025, 2881}) {
      for (const std::int64_t tokens : {1, 2, 3, 5, 131}) {
        ASSERT_EQ(failure_of(*strategy, {world().size(), DType::bfloat16, name, hidden, tokens}, 0), "");
      }
    }
  }
}

TEST_P(HazardousShapes, MayBeginAtAnyElement) {
  const auto strategy = HazardousShapes::strategy();
  for (const char* name :
       {"NONE", "RESIDUAL_RMS_NORM", "RESIDUAL_RMS_NORM_QUANT_FP8", "RESIDUAL_RMS_NORM_OUT_QUANT_NVFP4",
        "RESIDUAL_RMS_NORM_OUT_QUANT_DYNAMIC_FP8", "RESIDUAL_RMS_NORM_OUT_QUANT_PER_TOKEN_GROUP_FP8"}) {
    for (const int offset : {1, 3, 4}) {
      for (const auto& [tokens, hidden] : {std::pair{3, 17}, {5, 1024}, {2, 1040}}) {
        ASSERT_EQ(failure_of(*strategy, {world().size(), DType::bfloat16, name, hidden, tokens}, offset), "");
      }
    }
  }
}

/// Also by more blocks than a row has vectors.
TEST_P(HazardousShapes, MayBeSharedByBlocks) {
  for (const char* blocks : {"1", "2", "4"}) {
    for (const char* exclusive_sm : {"yes", "no"}) {
      const auto strategy = cuda_strategy(GetParam(), {{"blocks_per_row", blocks}, {"exclusive_sm", exclusive_sm}});
      for (const char* name : {"RESIDUAL_RMS_NORM", "RESIDUAL_RMS_NORM_OUT_QUANT_NVFP4",
                               "RESIDUAL_RMS_NORM_QUANT_DYNAMIC_FP8", "RESIDUAL_RMS_NORM_QUANT_PER_TOKEN_GROUP_FP8"}) {
        for (const auto& [tokens, hidden] : {std::pair{3, 17}, {5, 264}, {300, 1040}, {150, 4096}, {3, 8192}}) {
          const Problem problem{world().size(), DType::bfloat16, name, hidden, often(tokens)};
          ASSERT_EQ(failure_of(*strategy, problem, 0), "") << blocks << " " << exclusive_sm;
        }
      }
    }
  }
}

/// With the largest number of tokens the rows have other numbers of blocks than with the smallest, unless asked.
TEST_P(HazardousShapes, HaveTheSameBitsInEveryBatchIfAsked) {
  const auto fusion = Hazards::fusion("RESIDUAL_RMS_NORM");
  const auto strategy = cuda_strategy(GetParam(), {{"batch_invariant", "true"}});
  for (const std::int64_t hidden : {4096, 8192, 12'288}) {
    const Problem whole{world().size(), DType::bfloat16, "RESIDUAL_RMS_NORM", hidden, often(300)};
    Rows rows(backend(), whole, *fusion, world().rank());
    const auto all = rows.first_row_after(*prepare(*strategy, whole, *fusion));
    for (const std::int64_t tokens : {1, 9, 140}) {
      if (tokens > whole.num_tokens) continue;
      const Problem part{world().size(), DType::bfloat16, "RESIDUAL_RMS_NORM", hidden, tokens};
      const bool same = rows.first_row_after(*prepare(*strategy, part, *fusion)) == all;
      ASSERT_EQ(agreed(same ? "" : to_string(part)), "");
    }
  }
}

/// So a row keeps its bits where a decision goes from one strategy to another with more tokens.
TEST_P(HazardousShapes, HaveTheSameBitsInOneBlockWithTwoVectorsAThreadAsInTwoBlocks) {
  if (world().size() > 4) GTEST_SKIP() << "no registers for two vectors";
  const auto fusion = Hazards::fusion("RESIDUAL_RMS_NORM");
  for (const std::int64_t hidden : {4104, 5120, 8192}) {
    const Problem problem{world().size(), DType::bfloat16, "RESIDUAL_RMS_NORM", hidden, 3};
    Rows rows(backend(), problem, *fusion, world().rank());
    const auto one = cuda_strategy(GetParam(), {{"blocks_per_row", "1"}});
    const auto two = cuda_strategy(GetParam(), {{"blocks_per_row", "2"}});
    const bool same = rows.first_row_after(*prepare(*one, problem, *fusion)) ==
                      rows.first_row_after(*prepare(*two, problem, *fusion));
    ASSERT_EQ(agreed(same ? "" : to_string(problem)), "");
  }
}

TEST_P(HazardousShapes, NeedNotFitABlockWithoutFusion) {
  const Problem problem{world().size(), DType::bfloat16, "NONE", 100'000, 3};
  EXPECT_EQ(failure_of(*HazardousShapes::strategy(), problem, 0), "");
  EXPECT_THAT(HazardousShapes::strategy()
                  ->supports({world().size(), DType::bfloat16, "RESIDUAL_RMS_NORM", 100'000, 3}, world())
                  .reason,
              ::testing::HasSubstr("a row fits a block up to 49152"));
}

TEST_P(HazardousShapes, AreRefusedWhereThereIsNothingToDo) {
  const auto strategy = HazardousShapes::strategy();
  for (const auto& [tokens, hidden] : {std::pair{0, 64}, {4, 0}}) {
    const Support can = strategy->supports({world().size(), DType::bfloat16, "NONE", hidden, tokens}, world());
    EXPECT_THAT(can.reason, ::testing::HasSubstr("empty"));
  }
}

INSTANTIATE_TEST_SUITE_P(Cuda, HazardousShapes, all_kernels, name_of_kernels);

}  // namespace
}  // namespace arbiter::testing
