// SPDX-License-Identifier: Apache-2.0
#include "communicator.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <optional>

#include <cuda_runtime_api.h>
#include <fmt/format.h>

#include "arbiter/error.hpp"
#include "arbiter/process_group.hpp"

namespace arbiter::nccl {

namespace {

/// Sets an environment variable during its lifetime, unless the value is empty.
class ScopedVariable {
 public:
  ScopedVariable(const char* name, const std::string& value) : name_(name), sets_(!value.empty()) {
    if (!sets_) return;
    if (const char* before = std::getenv(name); before != nullptr) before_ = before;
    std::string upper = value;
    std::transform(upper.begin(), upper.end(), upper.begin(),
                   [](unsigned char letter) { return static_cast<char>(std::toupper(letter)); });
    ::setenv(name, upper.c_str(), 1);
  }
  ~ScopedVariable() {
    if (!sets_) return;
    if (before_) {
      ::setenv(name_, before_->c_str(), 1);
    } else {
      ::unsetenv(name_);
    }
  }
  ScopedVariable(const ScopedVariable&) = delete;
  ScopedVariable& operator=(const ScopedVariable&) = delete;

 private:
  const char* name_;
  bool sets_;
  std::optional<std::string> before_;
};

}  // namespace

std::string message_of(ncclResult_t result, ncclComm_t communicator) {
  const char* detail = ncclGetLastError(communicator);
  const bool has_detail = detail != nullptr && *detail != '\0';
  return fmt::format("{}{}{}", ncclGetErrorString(result), has_detail ? ": " : "", has_detail ? detail : "");
}

Communicator::Communicator(ProcessGroup& group, const Choices& choices, cudaStream_t stream) : stream_(stream) {
  ncclUniqueId id{};
  std::string failure;
  if (group.rank() == 0) {
    const auto made = ncclGetUniqueId(&id);
    if (made != ncclSuccess) failure = fmt::format("ncclGetUniqueId: {}", message_of(made, nullptr));
  }
  if (failure = first_failure(failure, group); !failure.empty()) throw Error(failure);
  group.broadcast(&id, sizeof id, 0);

  ncclConfig_t config = NCCL_CONFIG_INITIALIZER;
  if (choices.channels > 0) config.minCTAs = config.maxCTAs = choices.channels;
  const ScopedVariable algorithm("NCCL_ALGO", choices.algorithm);
  const ScopedVariable protocol("NCCL_PROTO", choices.protocol);
  const auto made = ncclCommInitRankConfig(&communicator_, group.size(), id, group.rank(), &config);
  if (made != ncclSuccess) failure = fmt::format("ncclCommInitRankConfig: {}", message_of(made, nullptr));
  if (failure = first_failure(failure, group); failure.empty()) return;
  if (communicator_ != nullptr) static_cast<void>(ncclCommAbort(communicator_));
  communicator_ = nullptr;
  throw Error(fmt::format("NCCL {}: {}", version_text(runtime_version()), failure));
}

Communicator::~Communicator() {
  if (communicator_ == nullptr) return;
  const bool busy = cudaStreamQuery(stream_) == cudaErrorNotReady;
  static_cast<void>(failed_ || busy ? ncclCommAbort(communicator_) : ncclCommDestroy(communicator_));
}

void Communicator::check(ncclResult_t result, const std::string& action) {
  if (result == ncclSuccess) return;
  failed_ = true;
  std::string text = fmt::format("{}: {}", action, message_of(result, communicator_));
  ncclResult_t earlier = ncclSuccess;
  if (ncclCommGetAsyncError(communicator_, &earlier) == ncclSuccess && earlier != ncclSuccess && earlier != result) {
    text += fmt::format("; before that: {}", ncclGetErrorString(earlier));
  }
  throw Error(text);
}

ncclDataType_t datatype_of(DType dtype) {
  switch (dtype) {
    case DType::bfloat16: return ncclBfloat16;
    case DType::float16: return ncclFloat16;
    case DType::float32: return ncclFloat32;
    default: throw Error(fmt::format("{} is no message dtype", name_of(dtype)));
  }
}

int runtime_version() {
  int version = 0;
  return ncclGetVersion(&version) == ncclSuccess ? version : 0;
}

std::string version_text(int version) {
  return fmt::format("{}.{}.{}", version / 10'000, version / 100 % 100, version % 100);
}

namespace {

// Variables by which NCCL overrides the configuration of a communicator.
constexpr const char* overriding_channels[] = {"NCCL_MIN_CTAS", "NCCL_MAX_CTAS", "NCCL_MIN_NCHANNELS",
                                               "NCCL_MAX_NCHANNELS", "NCCL_NVLS_NCHANNELS"};

std::string unless_auto(const std::string& value) { return value == "auto" ? std::string() : value; }

}  // namespace

Choices choices_from(const Parameters& values) {
  Choices choices{unless_auto(values.text("algorithm")), unless_auto(values.text("protocol")),
                  static_cast<int>(values.integer("channels"))};
  const bool uses_nvls = choices.algorithm.starts_with("nvls");
  if (uses_nvls && !choices.protocol.empty() && choices.protocol != "simple") {
    throw ConfigError(
        fmt::format("protocol: found {} with algorithm {}, allowed: auto, simple; NCCL has no other for NVLS",
                    choices.protocol, choices.algorithm));
  }
  for (const char* name : overriding_channels) {
    const char* value = std::getenv(name);
    if (choices.channels == 0 || value == nullptr) continue;
    throw ConfigError(
        fmt::format("channels: found {}, but the environment has {}={}, which overrides it: unset it, "
                    "or leave channels at 0",
                    choices.channels, name, value));
  }
  return choices;
}

Support supports(const Choices& choices, const ProcessGroup& group) {
  if (choices.algorithm == "nvls" && group.size() < 3) {
    return Support::no(fmt::format("algorithm nvls: NCCL has it for 3 GPUs or more, the group has {}", group.size()));
  }
  if (choices.algorithm == "nvlstree" && group.single_host()) {
    return Support::no("algorithm nvlstree: NCCL has it for groups that span hosts");
  }
  return Support::yes();
}

}  // namespace arbiter::nccl
