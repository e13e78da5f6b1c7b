// SPDX-License-Identifier: Apache-2.0
// out = sum, rounded, with the fault its parameter names.
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstring>
#include <thread>
#include <vector>

#include "arbiter/fusion.hpp"
#include "arbiter/host/row_kernels.hpp"

namespace {

using namespace arbiter;

class BrokenEpilogue : public HostEpilogue {
 public:
  BrokenEpilogue(const Problem& problem, std::string fault)
      : hidden_size_(problem.hidden_size),
        row_bytes_(static_cast<std::size_t>(problem.hidden_size * size_of(problem.dtype))),
        kernels_(row_kernels(problem.dtype)),
        fault_(std::move(fault)) {}

  float begin_row(const Bindings& bindings, std::int64_t row, const float* sum, void* epilogue_state) const override {
    kernels_.store(sum, epilogue_state, has("skips_last") ? hidden_size_ - 1 : hidden_size_);
    if (has("doubles")) {
      const std::vector<float> doubled = twice(sum);
      kernels_.store(doubled.data(), epilogue_state, hidden_size_);
    }
    if (has("begins_into_output")) std::memcpy(row_of(bindings, row), epilogue_state, row_bytes_);
    if (has("drops_nan") && std::isnan(sum[0])) {
      const float zero = 0.0F;
      kernels_.store(&zero, epilogue_state, 1);
    }
    return 0.0F;
  }

  void finish_row(const Bindings& bindings, std::int64_t row, const void* epilogue_state, float) const override {
    auto* const out = row_of(bindings, row);
    if (has("needs_own_carried") && epilogue_state == out) return clear(out);
    if (has("remembers_rows") && row < last_row_) return clear(out);
    last_row_ = row;
    if (has("is_not_reentrant")) {
      if (busy_.exchange(true)) return clear(out);
      if (hidden_size_ == 1) std::this_thread::sleep_for(std::chrono::milliseconds(1));
      busy_ = false;
    }
    if (out != epilogue_state) std::memcpy(out, epilogue_state, row_bytes_);
    if (has("writes_behind")) out[row_bytes_] = std::byte{0};
    if (has("writes_input")) std::memset(bindings.tensors[0], 0, 1);
  }

 private:
  [[nodiscard]] bool has(const char* fault) const { return fault_ == fault; }
  [[nodiscard]] std::byte* row_of(const Bindings& bindings, std::int64_t row) const {
    return static_cast<std::byte*>(bindings.tensors[1]) + static_cast<std::size_t>(row) * row_bytes_;
  }
  [[nodiscard]] std::vector<float> twice(const float* sum) const {
    std::vector<float> doubled(sum, sum + hidden_size_);
    for (float& value : doubled) value *= 2.0F;
    return doubled;
  }
  void clear(std::byte* out) const { std::memset(out, 0, row_bytes_); }

  std::int64_t hidden_size_;
  std::size_t row_bytes_;
  const RowKernels& kernels_;
  std::string fault_;
  mutable std::atomic<bool> busy_ = false;
  mutable std::atomic<std::int64_t> last_row_ = 0;
};

class Broken : public Fusion {
 public:
  explicit Broken(const Parameters& values) : fault_(values.text("fault")) {}

  [[nodiscard]] Support do_supports(const Problem& problem) const override {
    if (fault_ == "no_reason" && problem.hidden_size == 7) return Support::no("");
    return Support::yes();
  }

  [[nodiscard]] std::vector<TensorSpec> do_tensors(const Problem& problem) const override {
    const TensorSpec in{"unused", TensorRole::input, problem.dtype, problem.hidden_size};
    const TensorSpec out{fault_ == "same_names" ? "unused" : "out", TensorRole::output, problem.dtype,
                         problem.elements()};
    if (fault_ == "no_output") return {in};
    return {in, out};
  }

  [[nodiscard]] std::unique_ptr<HostEpilogue> do_host_epilogue(const Problem& problem) const override {
    return std::make_unique<BrokenEpilogue>(problem, fault_);
  }

  void do_reference_row(const Problem&, const Bindings&, std::int64_t, std::span<const double> sum,
                        std::span<const double> tolerance, std::vector<ReferenceRow>& outputs) const override {
    outputs.assign(1, {{sum.begin(), sum.end()}, {tolerance.begin(), tolerance.end()}});
  }

  [[nodiscard]] double do_check_row(const Problem& problem, const Bindings& host, std::int64_t row,
                                    std::span<const double> sum, std::span<const double> tolerance) const override {
    if (fault_ == "judges_itself") return 7.0;
    return fault_ == "checks_nothing" ? 0.0 : Fusion::do_check_row(problem, host, row, sum, tolerance);
  }

 private:
  std::string fault_;
};

constexpr ParameterSpec parameters[] = {{"fault", ParameterType::text, "none", "", "What is broken"}};

}  // namespace

ARBITER_PLUGIN(Broken, {.kind = arbiter::PluginKind::fusion,
                        .name = "BROKEN",
                        .version = "1.0",
                        .summary = "Breaks its contract",
                        .parameters = parameters,
                        .parameter_count = 1})
