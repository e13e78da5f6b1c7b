// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstring>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "arbiter/fusion.hpp"
#include "arbiter/host/row_kernels.hpp"
#include "plugin/plugin_host.hpp"

namespace arbiter::test {

/// A fusion, loaded from its shared object like in the runner, with one parameter set.
inline std::shared_ptr<Fusion> load_fusion(const std::string& name, const std::string& key = "",
                                           const std::string& yaml = "") {
  static PluginHost* host = [] {
    auto* made = new PluginHost;
    made->load_dir(BUILT_PLUGINS);
    return made;
  }();
  const PluginEntry* entry = host->find(PluginKind::fusion, name);
  if (entry == nullptr) throw std::runtime_error("no plugin " + name + " in " BUILT_PLUGINS);
  Parameters parameters(entry->parameters);
  for (const ParameterSpec& spec : entry->parameters) {
    if (key == spec.name) parameters.set_from_text(spec, yaml);
  }
  return host->create_as<Fusion>(*entry, parameters);
}

inline const std::vector<std::string>& fusion_names() {
  static const std::vector<std::string> names = {"NONE",
                                                 "RESIDUAL_RMS_NORM",
                                                 "RESIDUAL_RMS_NORM_QUANT_FP8",
                                                 "RESIDUAL_RMS_NORM_QUANT_NVFP4",
                                                 "RESIDUAL_RMS_NORM_OUT_QUANT_FP8",
                                                 "RESIDUAL_RMS_NORM_OUT_QUANT_NVFP4",
                                                 "RESIDUAL_RMS_NORM_QUANT_DYNAMIC_FP8",
                                                 "RESIDUAL_RMS_NORM_OUT_QUANT_DYNAMIC_FP8",
                                                 "RESIDUAL_RMS_NORM_QUANT_PER_TOKEN_GROUP_FP8",
                                                 "RESIDUAL_RMS_NORM_OUT_QUANT_PER_TOKEN_GROUP_FP8"};
  return names;
}

/// All but NONE.
inline std::vector<std::string> norm_names() { return {fusion_names().begin() + 1, fusion_names().end()}; }

/// The values of `scale_layout` besides the default one; none if the fusion has no such parameter.
inline std::vector<const char*> other_layouts_of(const std::string& fusion) {
  if (fusion.find("NVFP4") != std::string::npos) return {"linear"};
  if (fusion.find("PER_TOKEN_GROUP") != std::string::npos) return {"row_major", "column_major", "tma_aligned"};
  return {};
}

/// The memory of one problem: random messages of its ranks and random inputs; outputs and guards hold 0xff.
class FusionHarness {
 public:
  FusionHarness(const Fusion& fusion, const Problem& problem, std::uint32_t seed = 1)
      : fusion_(fusion), problem_(problem), specs_(fusion.tensors(problem)), random_(seed) {
    for (int rank = 0; rank < problem.tp_size; ++rank) {
      messages_.emplace_back(bytes(problem.message_bytes()));
      fill(problem.dtype, problem.elements(), -1.0, 1.0, messages_.back().data());
    }
    for (const TensorSpec& spec : specs_) {
      tensors_.emplace_back(bytes(spec.bytes()) + guard, poison);
      if (spec.role == TensorRole::input) {
        fill(spec.dtype, spec.units, spec.fill_low, spec.fill_high, tensors_.back().data());
      }
    }
    for (auto& tensor : tensors_) pointers_.push_back(tensor.data());
  }

  [[nodiscard]] Bindings bindings() const { return {nullptr, pointers_}; }
  [[nodiscard]] const Problem& problem() const { return problem_; }
  [[nodiscard]] const std::vector<TensorSpec>& specs() const { return specs_; }
  [[nodiscard]] std::size_t index(const std::string& name) const {
    for (std::size_t i = 0; i < specs_.size(); ++i) {
      if (specs_[i].name == name) return i;
    }
    throw std::runtime_error("no tensor " + name);
  }
  std::vector<std::uint8_t>& tensor(const std::string& name) { return tensors_.at(index(name)); }
  /// Element `i` of a 16- or 32-bit message.
  void* message(int rank, std::int64_t i) {
    return messages_.at(static_cast<std::size_t>(rank)).data() + i * size_of(problem_.dtype);
  }
  [[nodiscard]] std::vector<double> values(const std::string& name) const {
    const std::size_t i = index(name);
    std::vector<double> result(static_cast<std::size_t>(specs_[i].units));
    load_values(specs_[i].dtype, tensors_[i].data(), 0, result);
    return result;
  }

  /// Runs the epilogue on every row; with `in_place`, epilogue_state is the row of the first output.
  void run(const HostEpilogue& epilogue, bool in_place = false) {
    const std::size_t row_bytes = bytes(problem_.hidden_size * size_of(problem_.dtype));
    std::vector<std::uint8_t> epilogue_state(row_bytes);
    const std::size_t first_output = index(problem_.fusion == "NONE" ? "reduced" : "residual_out");
    for (std::int64_t row = 0; row < problem_.num_tokens; ++row) {
      const std::vector<float> sum = fp32_sum(row);
      void* place =
          in_place ? tensors_[first_output].data() + static_cast<std::size_t>(row) * row_bytes : epilogue_state.data();
      const float scalar = epilogue.begin_row(bindings(), row, sum.data(), place);
      epilogue.finish_row(bindings(), row, place, scalar);
    }
  }
  void run() { run(*fusion_.host_epilogue(problem_)); }

  /// The order in which ranks' messages were added in fp32.
  enum class Order { of_ranks, any };

  /// The worst check_row(). The tolerance of sums in the order of ranks is their actual fp32 error, so only errors of
  /// the fusion remain.
  [[nodiscard]] double check(Order order = Order::of_ranks) const {
    double worst = 0.0;
    for (std::int64_t row = 0; row < problem_.num_tokens; ++row) {
      const std::vector<float> fp32 = fp32_sum(row);
      std::vector<double> sum(fp32.size());
      std::vector<double> tolerance(fp32.size());
      std::vector<double> addend(fp32.size());
      std::vector<double> magnitude(fp32.size());
      for (const auto& message : messages_) {
        load_values(problem_.dtype, message.data(), row * problem_.hidden_size, addend);
        for (std::size_t i = 0; i < sum.size(); ++i) {
          sum[i] += addend[i];
          magnitude[i] += std::fabs(addend[i]);
        }
      }
      for (std::size_t i = 0; i < sum.size(); ++i) {
        if (!std::isfinite(sum[i])) continue;
        tolerance[i] = order == Order::any ? problem_.tp_size * 0x1p-24 * magnitude[i]
                                           : std::fabs(static_cast<double>(fp32[i]) - sum[i]);
      }
      worst = std::max(worst, fusion_.check_row(problem_, bindings(), row, sum, tolerance));
    }
    return worst;
  }

  [[nodiscard]] bool guards_intact() const {
    for (std::size_t i = 0; i < tensors_.size(); ++i) {
      for (std::size_t k = bytes(specs_[i].bytes()); k < tensors_[i].size(); ++k) {
        if (tensors_[i][k] != poison) return false;
      }
    }
    return true;
  }

  /// All output tensors, one after the other.
  [[nodiscard]] std::vector<std::uint8_t> outputs() const {
    std::vector<std::uint8_t> all;
    for (std::size_t i = 0; i < specs_.size(); ++i) {
      if (specs_[i].role == TensorRole::output) all.insert(all.end(), tensors_[i].begin(), tensors_[i].end());
    }
    return all;
  }

 private:
  static constexpr std::size_t guard = 64;
  static constexpr std::uint8_t poison = 0xff;
  static std::size_t bytes(std::int64_t count) { return static_cast<std::size_t>(count); }

  void fill(DType dtype, std::int64_t count, double low, double high, void* to) {
    std::uniform_real_distribution<float> uniform(static_cast<float>(low), static_cast<float>(high));
    std::vector<float> floats(bytes(count));
    for (float& value : floats) value = uniform(random_);
    row_kernels(dtype).store(floats.data(), to, count);
  }

  [[nodiscard]] std::vector<float> fp32_sum(std::int64_t row) const {
    std::vector<const void*> inputs;
    for (const auto& message : messages_) {
      inputs.push_back(message.data() + row * problem_.hidden_size * size_of(problem_.dtype));
    }
    std::vector<float> sum(bytes(problem_.hidden_size));
    row_kernels(problem_.dtype).reduce(inputs.data(), problem_.tp_size, problem_.hidden_size, sum.data());
    return sum;
  }

  const Fusion& fusion_;
  Problem problem_;
  std::vector<TensorSpec> specs_;
  std::mt19937 random_;
  std::vector<std::vector<std::uint8_t>> messages_;
  std::vector<std::vector<std::uint8_t>> tensors_;
  std::vector<void*> pointers_;
};

}  // namespace arbiter::test
