// SPDX-License-Identifier: Apache-2.0
#include "sweep/assumed_gpus.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "arbiter/cuda/cuda_backend.hpp"
#include "arbiter/error.hpp"
#include "sdk/nearest.hpp"
#include "sdk/numbers.hpp"

namespace arbiter {

namespace {

struct Model {
  const char* name;
  int sm_version;
  int gib;
};

/// The smallest of each SM version first.
constexpr std::array<Model, 10> models = {{{"a100", 80, 40},
                                           {"a100_80gb", 80, 80},
                                           {"l4", 89, 24},
                                           {"l40s", 89, 48},
                                           {"h100", 90, 80},
                                           {"h200", 90, 141},
                                           {"b200", 100, 180},
                                           {"gb200", 100, 186},
                                           {"b300", 103, 288},
                                           {"rtx6000", 120, 96}}};
constexpr int gib_of_others = 16;
constexpr std::int64_t most_gpus = 1024;

[[noreturn]] void refuse(const std::string& text) {
  std::vector<std::string> names;
  names.reserve(models.size());
  for (const auto& model : models) names.emplace_back(model.name);
  const auto near = nearest(text.substr(0, text.rfind('x')), names);
  throw ConfigError(fmt::format(
      "--assume: found {}{}; allowed: an SM version from sm{} on or a model ({}), then x and how many GPUs the host "
      "has, as in sm90x4",
      text.empty() ? "nothing" : text, near ? fmt::format("; did you mean {}x4?", *near) : std::string(),
      cuda::oldest_sm_version, fmt::join(names, ", ")));
}

/// Plans only.
class AssumedBackend : public Backend {
 public:
  AssumedBackend(std::shared_ptr<Backend> real, const AssumedGpus& gpus) : real_(std::move(real)), gpus_(gpus) {}

  [[nodiscard]] std::string name() const override { return real_->name(); }
  [[nodiscard]] std::int64_t free_bytes(int ranks_on_host) const override {
    return gpus_.bytes / ((std::max(ranks_on_host, 1) - 1) / gpus_.count + 1);
  }
  [[nodiscard]] int ranks_per_host() const override { return gpus_.count; }
  void copy_in(void* /*destination*/, const void* /*host*/, std::size_t /*bytes*/) override { refuse_use(); }
  void copy_out(void* /*host*/, const void* /*source*/, std::size_t /*bytes*/) override { refuse_use(); }
  void fill(void* /*destination*/, unsigned char /*byte*/, std::size_t /*bytes*/) override { refuse_use(); }
  void run(Operation& /*operation*/, const Bindings& /*bindings*/) override { refuse_use(); }

 protected:
  [[nodiscard]] Support do_available() const override { return Support::yes(); }
  [[nodiscard]] Machine do_machine() const override {
    return {fmt::format("sm{}", gpus_.sm_version), {{"gpus", std::to_string(gpus_.count)}}};
  }
  [[nodiscard]] Support do_supports(const Fusion& fusion, const Problem& problem) const override {
    return real_->supports(fusion, problem);
  }
  [[nodiscard]] std::unique_ptr<Buffer> do_allocate(std::size_t /*bytes*/) override { refuse_use(); }
  [[nodiscard]] std::unique_ptr<Sample> do_sample(Operation* /*operation*/, const SampleRequest& /*request*/) override {
    refuse_use();
  }

 private:
  [[noreturn]] void refuse_use() const {
    throw Error(fmt::format("{} are assumed (--assume): nothing runs on them", to_string(gpus_)));
  }

  std::shared_ptr<Backend> real_;
  AssumedGpus gpus_;
};

}  // namespace

AssumedGpus parse_assumed_gpus(const std::string& text) {
  const auto cross = text.rfind('x');
  if (cross == std::string::npos) refuse(text);
  std::string model = text.substr(0, cross);
  std::ranges::transform(model, model.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const auto count = parse_integer(text.substr(cross + 1));
  if (!count || *count < 1 || *count > most_gpus) refuse(text);
  constexpr std::int64_t gib = std::int64_t{1} << 30U;
  if (const auto at = std::ranges::find(models, model, &Model::name); at != models.end()) {
    return {at->sm_version, static_cast<int>(*count), at->gib * gib};
  }
  const auto version = parse_integer(model.starts_with("sm") ? model.substr(2) : std::string());
  if (!version || *version < cuda::oldest_sm_version || *version > 999) refuse(text);
  const auto at = std::ranges::find(models, *version, &Model::sm_version);
  return {static_cast<int>(*version), static_cast<int>(*count), (at == models.end() ? gib_of_others : at->gib) * gib};
}

std::string to_string(const AssumedGpus& gpus) {
  return fmt::format("{} GPU{} of sm{} with {} GiB", gpus.count, gpus.count == 1 ? "" : "s", gpus.sm_version,
                     gpus.bytes >> 30U);
}

std::shared_ptr<Backend> assume_gpus(std::shared_ptr<Backend> real, const AssumedGpus& gpus) {
  return std::make_shared<AssumedBackend>(std::move(real), gpus);
}

}  // namespace arbiter
