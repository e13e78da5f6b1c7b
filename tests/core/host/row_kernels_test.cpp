// SPDX-License-Identifier: Apache-2.0
#include "arbiter/host/row_kernels.hpp"

#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <tuple>

#include <gtest/gtest.h>

#include "arbiter/error.hpp"
#include "arbiter/host/number_formats.hpp"
#include "host/isa.hpp"
#include "host/row_kernels_isa.hpp"
#include "support/rows_special_values.hpp"

namespace arbiter {
namespace {

using test::hostile_floats;

/// A tensor's elements as codes: fp32's are its bits.
std::uint32_t encode(DType dtype, float value) {
  if (dtype == DType::bfloat16) return float_to_bfloat16(value);
  if (dtype == DType::float16) return float_to_float16(value);
  return std::isnan(value) ? 0x7fffffffU : std::bit_cast<std::uint32_t>(value);
}
float decode(DType dtype, std::uint32_t code) {
  if (dtype == DType::bfloat16) return bfloat16_to_float(static_cast<std::uint16_t>(code));
  if (dtype == DType::float16) return float16_to_float(static_cast<std::uint16_t>(code));
  return std::bit_cast<float>(code);
}

class Row {
 public:
  /// Guard bytes on both sides; `shift` elements off any alignment.
  Row(DType dtype, std::size_t count, std::size_t shift = 1)
      : dtype_(dtype), size_(static_cast<std::size_t>(size_of(dtype))), offset_((16 + shift) * size_) {
    bytes_.assign(offset_ + (count + 32) * size_, 0x5a);
    end_ = offset_ + count * size_;
  }
  static Row of(DType dtype, const std::vector<float>& values) {
    Row row(dtype, values.size());
    for (std::size_t i = 0; i < values.size(); ++i) row.set(i, encode(dtype, values[i]));
    return row;
  }
  void* data() { return bytes_.data() + offset_; }
  void set(std::size_t i, std::uint32_t code) { std::memcpy(&bytes_[offset_ + i * size_], &code, size_); }
  [[nodiscard]] std::uint32_t code(std::size_t i) const {
    std::uint32_t code = 0;
    std::memcpy(&code, &bytes_[offset_ + i * size_], size_);
    return code;
  }
  [[nodiscard]] float value(std::size_t i) const { return decode(dtype_, code(i)); }
  [[nodiscard]] bool guards_intact() const {
    for (std::size_t i = 0; i < bytes_.size(); ++i) {
      if ((i < offset_ || i >= end_) && bytes_[i] != 0x5a) return false;
    }
    return true;
  }

 private:
  DType dtype_;
  std::size_t size_;
  std::size_t offset_;
  std::size_t end_ = 0;
  std::vector<unsigned char> bytes_;
};

class RowKernelsOf : public testing::TestWithParam<std::tuple<Isa, DType>> {
 protected:
  void SetUp() override {
    const auto [isa, dtype] = GetParam();
    if (isa > processor_isa()) GTEST_SKIP() << "this processor has no " << name_of(isa);
    dtype_ = dtype;
    kernels_ = &row_kernels(dtype, isa);
  }
  DType dtype_ = DType::bfloat16;
  const RowKernels* kernels_ = nullptr;
};

TEST_P(RowKernelsOf, LoadEveryCode) {
  const std::size_t count = dtype_ == DType::float32 ? 4099 : 65536;
  const std::vector<float> values = hostile_floats(count, 3);
  Row row(dtype_, count);
  for (std::size_t i = 0; i < count; ++i) {
    row.set(i, dtype_ == DType::float32 ? std::bit_cast<std::uint32_t>(values[i]) : static_cast<std::uint32_t>(i));
  }
  Row loaded(DType::float32, count);
  kernels_->load(row.data(), static_cast<float*>(loaded.data()), static_cast<std::int64_t>(count));
  for (std::size_t i = 0; i < count; ++i) {
    ASSERT_EQ(loaded.code(i), std::bit_cast<std::uint32_t>(row.value(i))) << "code " << row.code(i);
  }
}

TEST_P(RowKernelsOf, StoreRoundsLikeTheScalarConversion) {
  const std::vector<float> values = hostile_floats(200'000, 11);
  Row row(dtype_, values.size());
  kernels_->store(values.data(), row.data(), static_cast<std::int64_t>(values.size()));
  for (std::size_t i = 0; i < values.size(); ++i) ASSERT_EQ(row.code(i), encode(dtype_, values[i])) << values[i];
}

TEST_P(RowKernelsOf, StoreAndLoadTouchNothingOutsideTheRow) {
  for (std::size_t count = 0; count <= 67; ++count) {
    const std::vector<float> values = hostile_floats(count, static_cast<std::uint32_t>(count));
    Row row(dtype_, count);
    kernels_->store(values.data(), row.data(), static_cast<std::int64_t>(count));
    Row loaded(DType::float32, count);
    kernels_->load(row.data(), static_cast<float*>(loaded.data()), static_cast<std::int64_t>(count));
    ASSERT_TRUE(row.guards_intact() && loaded.guards_intact()) << count;
    for (std::size_t i = 0; i < count; ++i) {
      ASSERT_EQ(row.code(i), encode(dtype_, values[i])) << count << " " << i;
      ASSERT_EQ(loaded.code(i), std::bit_cast<std::uint32_t>(row.value(i))) << count << " " << i;
    }
  }
}

TEST_P(RowKernelsOf, ReduceAddsInRankOrder) {
  for (int ranks = 1; ranks <= 11; ++ranks) {
    for (std::size_t count = 0; count <= 67; ++count) {
      std::vector<Row> rows;
      std::vector<const void*> inputs;
      rows.reserve(static_cast<std::size_t>(ranks));
      inputs.reserve(static_cast<std::size_t>(ranks));
      for (int r = 0; r < ranks; ++r) {
        rows.push_back(Row::of(dtype_, hostile_floats(count, static_cast<std::uint32_t>(100 * ranks + r), r > 1)));
      }
      for (Row& row : rows) inputs.push_back(row.data());
      Row sum(DType::float32, count);
      kernels_->reduce(inputs.data(), ranks, static_cast<std::int64_t>(count), static_cast<float*>(sum.data()));
      ASSERT_TRUE(sum.guards_intact());
      for (std::size_t i = 0; i < count; ++i) {
        float expected = rows[0].value(i);
        for (std::size_t r = 1; r < rows.size(); ++r) expected += rows[r].value(i);
        if (std::isnan(expected)) {
          ASSERT_TRUE(std::isnan(sum.value(i))) << ranks << " " << count << " " << i;
        } else {
          ASSERT_EQ(sum.code(i), std::bit_cast<std::uint32_t>(expected)) << ranks << " " << count << " " << i;
        }
      }
    }
  }
}

TEST_P(RowKernelsOf, AccumulateRoundsEachSum) {
  for (std::size_t count = 0; count <= 67; ++count) {
    Row from = Row::of(dtype_, hostile_floats(count, static_cast<std::uint32_t>(count)));
    Row into = Row::of(dtype_, hostile_floats(count, static_cast<std::uint32_t>(count + 1000)));
    const Row before = into;
    kernels_->accumulate(from.data(), into.data(), static_cast<std::int64_t>(count));
    ASSERT_TRUE(from.guards_intact() && into.guards_intact());
    for (std::size_t i = 0; i < count; ++i) {
      ASSERT_EQ(into.code(i), encode(dtype_, before.value(i) + from.value(i))) << count << " " << i;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, RowKernelsOf,
                         testing::Combine(testing::ValuesIn(test::all_isas()),
                                          testing::Values(DType::bfloat16, DType::float16, DType::float32)),
                         [](const auto& test) {
                           return std::string(name_of(std::get<0>(test.param))) + "_" +
                                  std::string(name_of(std::get<1>(test.param)));
                         });

TEST(RowKernels, RefuseAFormatNoMessageHas) { EXPECT_THROW(static_cast<void>(row_kernels(DType::float8_e4m3)), Error); }

TEST(RowKernels, RefuseAnInstructionSetTheProcessorLacks) {
  if (processor_isa() == Isa::avx512) GTEST_SKIP() << "this processor has every instruction set";
  EXPECT_THROW(static_cast<void>(row_kernels(DType::bfloat16, Isa::avx512)), Error);
}

TEST(LoweredIsa, IsTheLowerOfProcessorAndSetting) {
  EXPECT_EQ(lowered_isa(Isa::avx512, ""), Isa::avx512);
  EXPECT_EQ(lowered_isa(Isa::avx512, "avx2"), Isa::avx2);
  EXPECT_EQ(lowered_isa(Isa::avx2, "portable"), Isa::portable);
  EXPECT_EQ(lowered_isa(Isa::avx2, "avx512"), Isa::avx2);
}

TEST(LoweredIsa, NamesTheVariableAndWhatIsAllowed) {
  try {
    static_cast<void>(lowered_isa(Isa::avx2, "sse9"));
    FAIL() << "sse9 was accepted";
  } catch (const ConfigError& error) {
    EXPECT_STREQ(error.what(), "environment variable ARBITER_ISA: found 'sse9', allowed portable, avx2, avx512");
  }
}

}  // namespace
}  // namespace arbiter
