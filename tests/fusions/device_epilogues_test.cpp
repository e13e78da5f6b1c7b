// SPDX-License-Identifier: Apache-2.0
// The device epilogues of all fusions, compiled for the host, compared with their reference and their host epilogue.
#include <bit>
#include <tuple>

#include <gtest/gtest.h>

#include "arbiter/cuda/cuda_backend.hpp"
#include "on_host/epilogue_on_host.hpp"
#include "support/fusions_harness.hpp"
#include "support/rows_special_values.hpp"

namespace arbiter::test {

#define ARBITER_EXTERN(name) extern const EpilogueOnHost name##_0, name##_1, name##_2
ARBITER_EXTERN(none);
ARBITER_EXTERN(norm);
ARBITER_EXTERN(fp8);
ARBITER_EXTERN(nvfp4);
ARBITER_EXTERN(norm_fp8);
ARBITER_EXTERN(norm_nvfp4);
ARBITER_EXTERN(dynamic);
ARBITER_EXTERN(norm_dynamic);
ARBITER_EXTERN(group);
ARBITER_EXTERN(norm_group);
ARBITER_EXTERN(norm_bias);
ARBITER_EXTERN(fp8_bias);
ARBITER_EXTERN(nvfp4_bias);
ARBITER_EXTERN(norm_fp8_bias);
ARBITER_EXTERN(norm_nvfp4_bias);
ARBITER_EXTERN(dynamic_bias);
ARBITER_EXTERN(norm_dynamic_bias);
ARBITER_EXTERN(group_bias);
ARBITER_EXTERN(norm_group_bias);

namespace {

#define ARBITER_EACH_DTYPE(name) \
  { &name##_0, &name##_1, &name##_2 }

/// `with_bias`: the code for a weight bias.
const EpilogueOnHost& epilogue_of(const std::string& fusion, DType dtype, bool with_bias) {
  // In the order of fusion_names(); dtypes as ARBITER_DTYPE.
  static const EpilogueOnHost* const without[][3] = {
      ARBITER_EACH_DTYPE(none),       ARBITER_EACH_DTYPE(norm),         ARBITER_EACH_DTYPE(fp8),
      ARBITER_EACH_DTYPE(nvfp4),      ARBITER_EACH_DTYPE(norm_fp8),     ARBITER_EACH_DTYPE(norm_nvfp4),
      ARBITER_EACH_DTYPE(dynamic),    ARBITER_EACH_DTYPE(norm_dynamic), ARBITER_EACH_DTYPE(group),
      ARBITER_EACH_DTYPE(norm_group),
  };
  static const EpilogueOnHost* const with[][3] = {
      ARBITER_EACH_DTYPE(none),          ARBITER_EACH_DTYPE(norm_bias),
      ARBITER_EACH_DTYPE(fp8_bias),      ARBITER_EACH_DTYPE(nvfp4_bias),
      ARBITER_EACH_DTYPE(norm_fp8_bias), ARBITER_EACH_DTYPE(norm_nvfp4_bias),
      ARBITER_EACH_DTYPE(dynamic_bias),  ARBITER_EACH_DTYPE(norm_dynamic_bias),
      ARBITER_EACH_DTYPE(group_bias),    ARBITER_EACH_DTYPE(norm_group_bias),
  };
  const auto& names = fusion_names();
  const auto row = static_cast<std::size_t>(std::find(names.begin(), names.end(), fusion) - names.begin());
  return *(with_bias ? with : without)[row][dtype == DType::bfloat16 ? 0 : dtype == DType::float16 ? 1 : 2];
}

/// Lets the harness run a device epilogue.
class DeviceRows final : public HostEpilogue {
 public:
  /// With `scalars`, finish_row() gets the scalars of that epilogue.
  DeviceRows(const Fusion& fusion, const Problem& problem, const HostEpilogue* scalars = nullptr)
      : problem_(problem),
        epilogue_(fusion.device_epilogue(problem)),
        device_(
            epilogue_of(problem.fusion, problem.dtype, epilogue_.code.name.find("weight_bias") != std::string::npos)),
        scalars_(scalars),
        row_bytes_(static_cast<std::size_t>(problem.hidden_size * size_of(problem.dtype))) {}

  float begin_row(const Bindings& bindings, std::int64_t row, const float* sum, void* epilogue_state) const override {
    std::vector<Vector> vectors = room();
    const auto arguments = cuda::epilogue_arguments(problem_, bindings, epilogue_);
    const float statistic = device_.begin_row(arguments, row, sum, vectors.data());
    if (scalars_ != nullptr) return scalars_->begin_row(bindings, row, sum, epilogue_state);
    std::memcpy(epilogue_state, vectors.data(), row_bytes_);
    for (std::size_t i = row_bytes_; i < vectors.size() * sizeof(Vector); ++i) {
      EXPECT_EQ(vectors[i / 16].byte[i % 16], 0) << "after the row";
    }
    return device_.scalar(arguments, statistic);
  }

  void finish_row(const Bindings& bindings, std::int64_t row, const void* epilogue_state, float scalar) const override {
    std::vector<Vector> vectors = room();
    std::memcpy(vectors.data(), epilogue_state, row_bytes_);
    device_.finish_row(cuda::epilogue_arguments(problem_, bindings, epilogue_), row, vectors.data(), scalar);
  }

 private:
  struct alignas(16) Vector {
    std::uint8_t byte[16];
  };
  [[nodiscard]] std::vector<Vector> room() const { return std::vector<Vector>((row_bytes_ + 15) / 16); }

  Problem problem_;
  cuda::DeviceEpilogue epilogue_;
  const EpilogueOnHost& device_;
  const HostEpilogue* scalars_;
  std::size_t row_bytes_;
};

constexpr std::int64_t hidden_sizes[] = {1, 2, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 250, 255, 256, 257, 272, 1000};

class DeviceEpilogueOf : public testing::TestWithParam<std::tuple<std::string, DType>> {
 protected:
  [[nodiscard]] Problem problem(std::int64_t hidden_size, std::int64_t num_tokens = 3) const {
    return {3, std::get<1>(GetParam()), std::get<0>(GetParam()), hidden_size, num_tokens};
  }
  /// With each layout of scales, and with a weight bias.
  [[nodiscard]] std::vector<std::shared_ptr<Fusion>> forms() const {
    const std::string& name = std::get<0>(GetParam());
    std::vector<std::shared_ptr<Fusion>> forms = {load_fusion(name)};
    if (name != "NONE") forms.push_back(load_fusion(name, "weight_bias", "1"));
    for (const char* const layout : other_layouts_of(name)) forms.push_back(load_fusion(name, "scale_layout", layout));
    return forms;
  }
};

class DeviceEpilogueOfNorm : public DeviceEpilogueOf {};

TEST_P(DeviceEpilogueOf, IsInThePlugin) {
  const auto [name, dtype] = GetParam();
  const auto epilogue = load_fusion(name)->device_epilogue(problem(64));
  EXPECT_FALSE(epilogue.code.empty());
  EXPECT_NE(epilogue.code.name.find(name_of(dtype)), std::string::npos) << epilogue.code.name;
}

TEST_P(DeviceEpilogueOfNorm, HasCodeOfItsOwnForAWeightBias) {
  const auto& [name, dtype] = GetParam();
  const auto plain = load_fusion(name)->device_epilogue(problem(64));
  const auto biased = load_fusion(name, "weight_bias", "1")->device_epilogue(problem(64));
  EXPECT_FALSE(biased.code.empty());
  EXPECT_NE(biased.code.name, plain.code.name);
}

TEST_P(DeviceEpilogueOf, NeedsTheRowForNormsOnly) {
  const auto& [name, dtype] = GetParam();
  EXPECT_EQ(load_fusion(name)->device_epilogue(problem(64)).needs_row, name != "NONE");
}

TEST_P(DeviceEpilogueOf, PassesTheFusionsCheckForAnyHiddenSize) {
  for (const auto& fusion : forms()) {
    for (const std::int64_t hidden : hidden_sizes) {
      FusionHarness harness(*fusion, problem(hidden), static_cast<std::uint32_t>(hidden));
      harness.run(DeviceRows(*fusion, problem(hidden)));
      EXPECT_LE(harness.check(), 1.0) << hidden;
      EXPECT_TRUE(harness.guards_intact()) << hidden;
    }
  }
}

/// Scalars may differ between host and device; with equal scalars outputs must be bit-identical.
TEST_P(DeviceEpilogueOf, GivesTheHostsBitsForTheSameScalarOnHostileRows) {
  for (const auto& fusion : forms()) {
    for (const bool with_nan : {false, true}) {
      for (const std::int64_t hidden : hidden_sizes) {
        const Problem shape = problem(hidden, hidden == 33 ? 140 : 3);
        FusionHarness host(*fusion, shape);
        FusionHarness device(*fusion, shape);
        for (FusionHarness* const harness : {&host, &device}) {
          for (int rank = 0; rank < shape.tp_size; ++rank) {
            const auto values = hostile_floats(static_cast<std::size_t>(shape.elements()),
                                               static_cast<std::uint32_t>(100 * hidden + rank), with_nan);
            row_kernels(shape.dtype).store(values.data(), harness->message(rank, 0), shape.elements());
          }
        }
        const auto epilogue = fusion->host_epilogue(shape);
        host.run(*epilogue);
        device.run(DeviceRows(*fusion, shape, epilogue.get()));
        ASSERT_EQ(device.outputs(), host.outputs()) << hidden << (with_nan ? " with NaN" : "");
        EXPECT_TRUE(device.guards_intact());
      }
    }
  }
}

const auto by_fusion_and_dtype = [](const auto& test) {
  return std::get<0>(test.param) + "_" + std::string(name_of(std::get<1>(test.param)));
};
const auto dtypes = testing::Values(DType::bfloat16, DType::float16, DType::float32);
INSTANTIATE_TEST_SUITE_P(All, DeviceEpilogueOf, testing::Combine(testing::ValuesIn(fusion_names()), dtypes),
                         by_fusion_and_dtype);
INSTANTIATE_TEST_SUITE_P(All, DeviceEpilogueOfNorm, testing::Combine(testing::ValuesIn(norm_names()), dtypes),
                         by_fusion_and_dtype);

}  // namespace
}  // namespace arbiter::test
