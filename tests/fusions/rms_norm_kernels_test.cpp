// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <bit>
#include <cmath>
#include <tuple>

#include <gtest/gtest.h>

#include "arbiter/host/number_formats.hpp"
#include "host/row_kernels_isa.hpp"
#include "rms_norm/rms_norm_epilogue.hpp"
#include "support/rows_special_values.hpp"

namespace arbiter {
namespace {

using test::hostile_floats;

/// One row of special values, and its tensors for one form.
struct Rows {
  Rows(DType dtype, std::int64_t hidden_size, const RmsNormForm& form, bool with_nan)
      : problem{2, dtype, "", hidden_size, 1}, specs(form.tensors(problem)) {
    const auto seed = static_cast<std::uint32_t>(hidden_size);
    sum = hostile_floats(static_cast<std::size_t>(hidden_size), seed, with_nan);
    for (std::size_t i = 0; i < specs.size(); ++i) {
      memory.emplace_back(static_cast<std::size_t>(specs[i].bytes()) + 64, 0xee);
      if (specs[i].role == TensorRole::output) continue;
      std::vector<float> values =
          hostile_floats(static_cast<std::size_t>(specs[i].units), seed + 77 * static_cast<std::uint32_t>(i), with_nan);
      if (i == RmsNormForm::quant_scale) values.front() = form.quantization == Quantization::fp8 ? 0.01F : 350.0F;
      row_kernels(specs[i].dtype, Isa::portable).store(values.data(), memory.back().data(), specs[i].units);
    }
    for (auto& tensor : memory) pointers.push_back(tensor.data());
  }

  /// All bytes written with an instruction set, including epilogue_state and the scalar.
  std::vector<std::uint8_t> run(const RmsNormForm& form, Isa isa) {
    const RmsNormEpilogue epilogue(problem, form, isa);
    const Bindings bindings{nullptr, pointers};
    std::vector<std::uint8_t> all(static_cast<std::size_t>(problem.message_bytes()) + 16, 0xee);
    const float scalar = epilogue.begin_row(bindings, 0, sum.data(), all.data());
    epilogue.finish_row(bindings, 0, all.data(), scalar);
    const auto bits = std::bit_cast<std::array<std::uint8_t, 4>>(scalar);
    all.insert(all.end(), bits.begin(), bits.end());
    for (const auto& tensor : memory) all.insert(all.end(), tensor.begin(), tensor.end());
    return all;
  }

  Problem problem;
  std::vector<TensorSpec> specs;
  std::vector<float> sum;
  std::vector<std::vector<std::uint8_t>> memory;
  std::vector<void*> pointers;
};

class RmsNormOf : public testing::TestWithParam<std::tuple<Isa, DType, Quantization>> {
 protected:
  void SetUp() override {
    if (std::get<0>(GetParam()) > processor_isa()) {
      GTEST_SKIP() << "this processor has no " << name_of(std::get<0>(GetParam()));
    }
  }
};

TEST_P(RmsNormOf, GivesThePortableBitsForHostileRowsOfAnyLength) {
  const auto [isa, dtype, quantization] = GetParam();
  std::vector<std::int64_t> sizes = {255, 256, 257, 511, 512, 1040, 2880, 4099};
  for (std::int64_t size = 1; size <= 67; ++size) sizes.push_back(size);
  for (const bool with_nan : {false, true}) {
    for (const bool norm_out : {false, true}) {
      for (const int layout : {0, 1, 2, 3}) {
        RmsNormForm form{norm_out || quantization == Quantization::none, quantization};
        form.scale_layout = static_cast<ScaleLayout>(layout % 2);
        form.group_scale_layout = static_cast<GroupScaleLayout>(layout);
        form.weight_bias = layout >= 2 ? 1.0 : 0.0;
        for (const std::int64_t size : sizes) {
          Rows expected(dtype, size, form, with_nan);
          Rows actual(dtype, size, form, with_nan);
          ASSERT_EQ(actual.run(form, isa), expected.run(form, Isa::portable)) << size << (with_nan ? " with NaN" : "");
        }
      }
    }
  }
}

class QuantizersOf : public RmsNormOf {};

TEST_P(QuantizersOf, AgreeWithTheScalarConversions) {
  const auto [isa, dtype, quantization] = GetParam();
  // With gamma, scalar and scale of 1 the norm is epilogue_state.
  const std::vector<float> epilogue_state = hostile_floats(4096, 5);
  const std::vector<float> gamma(epilogue_state.size(), 1.0F);
  std::vector<std::uint8_t> quant(epilogue_state.size());
  std::vector<std::uint8_t> scales(epilogue_state.size() / 16);
  const FinishRow row{epilogue_state.data(), nullptr, gamma.data(), nullptr, quant.data(),
                      scales.data(),         4,       1.0F,         1.0F};
  rms_norm_kernels(dtype, isa).finish(false, quantization)(row, 4096);
  for (std::size_t i = 0; i < epilogue_state.size(); ++i) {
    if (quantization == Quantization::fp8) {
      ASSERT_EQ(quant[i], float_to_e4m3(epilogue_state[i])) << epilogue_state[i];
      continue;
    }
    float largest = 0.0F;
    for (std::size_t k = i / 16 * 16; k < i / 16 * 16 + 16; ++k) {
      if (!(std::fabs(epilogue_state[k]) <= largest) && !std::isnan(largest)) largest = std::fabs(epilogue_state[k]);
    }
    const std::uint8_t scale = float_to_e4m3(largest * (1.0F / 6.0F));
    ASSERT_EQ(scales[i / 16], scale) << largest;
    const auto code = static_cast<std::uint8_t>(quant[i / 2] >> (i % 2 * 4) & 0xf);
    // e2m1 has no NaN: the scale is NaN, and the codes of its block are arbitrary. Zeros keep their sign.
    if (scale == 0x7f) continue;
    const float factor = scale == 0 ? 0.0F : 1.0F / e4m3_to_float(scale);
    ASSERT_EQ(code, float_to_e2m1(epilogue_state[i] * factor)) << epilogue_state[i] << " " << largest;
  }
}

struct Tie {
  float value;
  std::uint8_t code;
};

TEST_P(QuantizersOf, RoundTiesToTheEvenCode) {
  const auto [isa, dtype, quantization] = GetParam();
  const std::array<Tie, 16> e4m3 = {{{1.0625F, 0x38},
                                     {1.1875F, 0x3a},
                                     {-1.0625F, 0xb8},
                                     {-1.1875F, 0xba},
                                     {2.5F, 0x42},
                                     {17.0F, 0x58},
                                     {19.0F, 0x5a},
                                     {400.0F, 0x7c},
                                     {432.0F, 0x7e},
                                     {0x1p-10F, 0x00},
                                     {0x3p-10F, 0x02},
                                     {0x5p-10F, 0x02},
                                     {0xfp-10F, 0x08},
                                     {0x11p-10F, 0x08},
                                     {-0x1p-10F, 0x80},
                                     {-0x3p-10F, 0x82}}};
  const std::array<Tie, 16> e2m1 = {{{0.25F, 0x0},
                                     {0.75F, 0x2},
                                     {1.25F, 0x2},
                                     {1.75F, 0x4},
                                     {2.5F, 0x4},
                                     {3.5F, 0x6},
                                     {5.0F, 0x6},
                                     {6.0F, 0x7},
                                     {-0.25F, 0x8},
                                     {-0.75F, 0xa},
                                     {-1.25F, 0xa},
                                     {-1.75F, 0xc},
                                     {-2.5F, 0xc},
                                     {-3.5F, 0xe},
                                     {-5.0F, 0xe},
                                     {-6.0F, 0xf}}};
  const bool fp8 = quantization == Quantization::fp8;
  std::array<float, 16> epilogue_state{};
  for (std::size_t i = 0; i < 16; ++i) epilogue_state[i] = fp8 ? e4m3[i].value : e2m1[i].value;
  const std::vector<float> gamma(16, 1.0F);
  std::array<std::uint8_t, 16> quant{};
  std::array<std::uint8_t, 4> scales{};
  const FinishRow row{epilogue_state.data(), nullptr, gamma.data(), nullptr, quant.data(),
                      scales.data(),         4,       1.0F,         1.0F};
  rms_norm_kernels(dtype, isa).finish(false, quantization)(row, 16);
  EXPECT_EQ(scales[0], fp8 ? 0 : 0x38);  // 1: the largest of the block is 6
  for (std::size_t i = 0; i < 16; ++i) {
    const int code = fp8 ? quant[i] : quant[i / 2] >> (i % 2 * 4) & 0xf;
    EXPECT_EQ(code, fp8 ? e4m3[i].code : e2m1[i].code) << epilogue_state[i];
  }
}

std::string name_of_case(const testing::TestParamInfo<RmsNormOf::ParamType>& test) {
  constexpr const char* quantization[] = {"none", "fp8", "nvfp4", "dynamic_fp8", "group_fp8"};
  return std::string(name_of(std::get<0>(test.param))) + "_" + std::string(name_of(std::get<1>(test.param))) + "_" +
         quantization[static_cast<int>(std::get<2>(test.param))];
}

INSTANTIATE_TEST_SUITE_P(All, RmsNormOf,
                         testing::Combine(testing::ValuesIn(test::all_isas()),
                                          testing::Values(DType::bfloat16, DType::float16, DType::float32),
                                          testing::Values(Quantization::none, Quantization::fp8, Quantization::nvfp4,
                                                          Quantization::dynamic_fp8, Quantization::group_fp8)),
                         name_of_case);

INSTANTIATE_TEST_SUITE_P(All, QuantizersOf,
                         testing::Combine(testing::ValuesIn(test::all_isas()), testing::Values(DType::float32),
                                          testing::Values(Quantization::fp8, Quantization::nvfp4)),
                         name_of_case);

}  // namespace
}  // namespace arbiter
