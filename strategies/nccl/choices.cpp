#include "choices.hpp"

#include <cstdlib>

#include <fmt/format.h>

#include "arbiter/error.hpp"

namespace arbiter::nccl {

namespace {

// Read by NCCL after what a communicator is asked for, and put in its place.
constexpr const char* before_channels[] = {"NCCL_MIN_CTAS", "NCCL_MAX_CTAS", "NCCL_MIN_NCHANNELS", "NCCL_MAX_NCHANNELS",
                                           "NCCL_NVLS_NCHANNELS"};

std::string unless_auto(const std::string& value) { return value == "auto" ? std::string() : value; }

}  // namespace

Choices choices_from(const Parameters& values) {
  Choices choices{unless_auto(values.text("algorithm")), unless_auto(values.text("protocol")),
                  static_cast<int>(values.integer("channels"))};
  const bool in_the_switch = choices.algorithm.starts_with("nvls");
  if (in_the_switch && !choices.protocol.empty() && choices.protocol != "simple") {
    throw ConfigError(
        fmt::format("protocol: found {} with algorithm {}, allowed: auto, simple; NCCL has no other there",
                    choices.protocol, choices.algorithm));
  }
  for (const char* name : before_channels) {
    const char* value = std::getenv(name);
    if (choices.channels == 0 || value == nullptr) continue;
    throw ConfigError(
        fmt::format("channels: found {}, but the environment has {}={}, which NCCL puts in its place: "
                    "unset it, or leave channels at 0",
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
