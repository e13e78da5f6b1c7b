// SPDX-License-Identifier: Apache-2.0
#include "device_ranks.hpp"

#include <algorithm>
#include <barrier>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <stdexcept>
#include <thread>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace arbiter::test {

namespace {

constexpr std::size_t guard = 64;

void check(cudaError_t code, const char* what) {
  if (code != cudaSuccess) throw std::runtime_error(fmt::format("{}: {}", what, cudaGetErrorString(code)));
}

/// NONE's reference.
class Sum final : public Fusion {
 protected:
  [[nodiscard]] std::vector<TensorSpec> do_tensors(const Problem& problem) const override {
    return {{"reduced", TensorRole::output, problem.dtype, problem.elements()}};
  }
  [[nodiscard]] std::unique_ptr<HostEpilogue> do_host_epilogue(const Problem& /*problem*/) const override {
    return nullptr;
  }
  void do_reference_row(const Problem& /*problem*/, const Bindings& /*host*/, std::int64_t /*row*/,
                        std::span<const double> sum, std::span<const double> tolerance,
                        std::vector<ReferenceRow>& outputs) const override {
    outputs.assign(1, {{sum.begin(), sum.end()}, {tolerance.begin(), tolerance.end()}});
  }
};

std::unique_ptr<Fusion> fusion_of(arbiter_fusion fusion) {
  if (fusion == ARBITER_NONE) return std::make_unique<Sum>();
  RmsNormForm form;
  form.norm_out = fusion == ARBITER_RESIDUAL_RMS_NORM;
  if (fusion == ARBITER_RESIDUAL_RMS_NORM_QUANT_FP8) form.quantization = Quantization::fp8;
  if (fusion == ARBITER_RESIDUAL_RMS_NORM_QUANT_NVFP4) form.quantization = Quantization::nvfp4;
  return std::make_unique<RmsNormFusion>(form);
}

const char* name_of(arbiter_fusion fusion) {
  constexpr std::array names{"NONE", "RESIDUAL_RMS_NORM", "RESIDUAL_RMS_NORM_QUANT_FP8",
                             "RESIDUAL_RMS_NORM_QUANT_NVFP4"};
  return names.at(fusion);
}

}  // namespace

int gpus() {
  int number = 0;
  return cudaGetDeviceCount(&number) == cudaSuccess ? number : 0;
}

DecisionFile::DecisionFile(const std::string& strategy) {
  static std::atomic<int> number{0};
  path_ = fmt::format("{}/arbiter_decision.{}.{}.json", std::filesystem::temp_directory_path().string(), ::getpid(),
                      number++);
  const std::array<std::string, 4> mixed{"ONESHOT", "TWOSHOT_PLAIN", "ONESHOT_PLAIN", "TWOSHOT"};
  std::string steps;
  for (const int tp : {2, 4, 8}) {
    for (const char* dtype : {"bfloat16", "float16", "float32"}) {
      for (const arbiter_fusion fusion : {ARBITER_NONE, ARBITER_RESIDUAL_RMS_NORM, ARBITER_RESIDUAL_RMS_NORM_QUANT_FP8,
                                          ARBITER_RESIDUAL_RMS_NORM_QUANT_NVFP4}) {
        steps += fmt::format(R"({}{{"tp_size": {}, "dtype": "{}", "fusion": "{}", "steps": [[null, "{}"]]}})",
                             steps.empty() ? "" : ",\n", tp, dtype, name_of(fusion),
                             strategy == "MIXED" ? mixed.at(fusion) : strategy);
      }
    }
  }
  std::ofstream(path_) << fmt::format(
      R"({{"format": "arbiter-decision", "version": 1, "selectors": [{{"name": "test",
"table": {{"look_up": "nearest", "fallback": "NCCL", "grids": [], "steps": [{}]}}}}]}})",
      steps);
}

DecisionFile::~DecisionFile() {
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
}

struct Ranks::Exchange {
  explicit Exchange(int size) : barrier(size) {}
  std::barrier<> barrier;
  std::vector<std::byte> bytes;
};

struct Ranks::Member {
  Exchange* exchange;
  int rank;
  int size;

  static int gather(void* context, const void* send, void* receive, std::size_t bytes) {
    auto& own = *static_cast<Member*>(context);
    Exchange& exchange = *own.exchange;
    if (own.rank == 0) exchange.bytes.resize(bytes * static_cast<std::size_t>(own.size));
    exchange.barrier.arrive_and_wait();
    std::memcpy(exchange.bytes.data() + bytes * static_cast<std::size_t>(own.rank), send, bytes);
    exchange.barrier.arrive_and_wait();
    std::memcpy(receive, exchange.bytes.data(), bytes * static_cast<std::size_t>(own.size));
    exchange.barrier.arrive_and_wait();
    return 0;
  }
};

Ranks::Ranks(int size) : size_(size) {
  constexpr int channels = 4;
  for (int channel = 0; channel < channels; ++channel) {
    exchanges_.push_back(std::make_unique<Exchange>(size));
    for (int rank = 0; rank < size; ++rank) {
      members_.push_back(std::make_unique<Member>(Member{exchanges_.back().get(), rank, size}));
    }
  }
}
Ranks::~Ranks() = default;

void Ranks::run(const std::function<void(int)>& work) {
  std::vector<std::thread> threads;
  threads.reserve(static_cast<std::size_t>(size_));
  for (int rank = 0; rank < size_; ++rank) {
    threads.emplace_back([&work, rank] {
      try {
        check(cudaSetDevice(rank % gpus()), "cudaSetDevice");
        work(rank);
      } catch (const std::exception& error) {
        ADD_FAILURE() << "rank " << rank << ": " << error.what();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

arbiter_comm_options Ranks::options(int rank, const DecisionFile& decision, int channel) {
  arbiter_comm_options options = ARBITER_COMM_OPTIONS_INIT;
  options.rank = rank;
  options.size = size_;
  options.device = rank % gpus();
  options.all_gather = Member::gather;
  options.all_gather_context =
      members_.at(static_cast<std::size_t>(channel) * static_cast<std::size_t>(size_) + static_cast<std::size_t>(rank))
          .get();
  options.nccl_library = "";
  options.decision_path = decision.path();
  options.timeout_ms = 20000;
  // Kernels of ranks that share a GPU have to fit on it together.
  options.concurrent_communicators = 2 * ((size_ + gpus() - 1) / gpus());
  return options;
}

Trial::Trial(int rank, int ranks, const Shape& shape, std::uint32_t seed, bool in_place)
    : rank_(rank), in_place_(in_place), fusion_(fusion_of(shape.fusion)) {
  Problem problem;
  problem.tp_size = ranks;
  problem.dtype = static_cast<DType>(shape.dtype);
  problem.fusion = std::string(name_of(shape.fusion));
  problem.num_tokens = shape.hidden_size == 0 ? 1 : shape.num_tokens;
  problem.hidden_size = shape.hidden_size == 0 ? shape.num_tokens : shape.hidden_size;
  harness_ = std::make_unique<FusionHarness>(*fusion_, problem, seed);
  input_ = on_device(static_cast<std::size_t>(problem.message_bytes()));
  operation_.dtype = shape.dtype;
  operation_.fusion = shape.fusion;
  operation_.num_tokens = shape.num_tokens;
  operation_.hidden_size = shape.hidden_size;
  operation_.input = input_.get();
  for (const TensorSpec& spec : harness_->specs()) {
    std::shared_ptr<std::uint8_t> memory;
    if (in_place && (spec.name == "reduced" || spec.name == "norm_out")) memory = input_;
    if (in_place && spec.name == "residual_out") memory = tensors_.at(harness_->index("residual"));
    if (memory == nullptr) memory = on_device(harness_->tensor(spec.name).size());
    tensors_.push_back(memory);
    void* const address = memory.get();
    if (spec.name == "reduced") operation_.output = address;
    if (spec.name == "residual") operation_.residual_in = address;
    if (spec.name == "gamma") operation_.weight = address;
    if (spec.name == "scale" || spec.name == "global_scale") operation_.scale = static_cast<const float*>(address);
    if (spec.name == "residual_out") operation_.residual_out = address;
    if (spec.name == "norm_out") operation_.norm_out = address;
    if (spec.name == "quant_out") operation_.quant_out = address;
    if (spec.name == "scale_out") operation_.scales_out = address;
  }
  reset();
}

std::shared_ptr<std::uint8_t> Trial::on_device(std::size_t bytes) {
  void* memory = nullptr;
  check(cudaMalloc(&memory, bytes + guard), "cudaMalloc");
  return {static_cast<std::uint8_t*>(memory), [](std::uint8_t* of) { static_cast<void>(cudaFree(of)); }};
}

void Trial::reset() {
  const auto& specs = harness_->specs();
  for (const bool inputs : {false, true}) {
    for (std::size_t i = 0; i < specs.size(); ++i) {
      const auto& host = harness_->tensor(specs[i].name);
      if (inputs != (specs[i].role == TensorRole::input)) continue;
      if (in_place_ && !inputs && (tensors_[i] == input_ || specs[i].name == "residual_out")) continue;
      check(inputs ? cudaMemcpy(tensors_[i].get(), host.data(), host.size(), cudaMemcpyHostToDevice)
                   : cudaMemset(tensors_[i].get(), 0xff, host.size()),
            "upload");
    }
  }
  const auto bytes = static_cast<std::size_t>(harness_->problem().message_bytes());
  check(cudaMemcpy(input_.get(), harness_->message(rank_, 0), bytes, cudaMemcpyHostToDevice), "upload");
  check(cudaDeviceSynchronize(), "upload");
}

double Trial::worst(FusionHarness::Order order) {
  check(cudaDeviceSynchronize(), "run");
  const auto& specs = harness_->specs();
  outputs_.clear();
  bool intact = true;
  for (std::size_t i = 0; i < specs.size(); ++i) {
    if (specs[i].role == TensorRole::input) continue;
    auto& host = harness_->tensor(specs[i].name);
    const bool shared = in_place_ && (tensors_[i] == input_ || specs[i].name == "residual_out");
    const auto bytes = shared ? static_cast<std::size_t>(specs[i].bytes()) : host.size();
    check(cudaMemcpy(host.data(), tensors_[i].get(), bytes, cudaMemcpyDeviceToHost), "download");
    outputs_.insert(outputs_.end(), host.begin(), host.begin() + static_cast<std::ptrdiff_t>(specs[i].bytes()));
  }
  intact = harness_->guards_intact();
  return intact ? harness_->check(order) : std::numeric_limits<double>::infinity();
}

}  // namespace arbiter::test
