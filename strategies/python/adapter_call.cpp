// SPDX-License-Identifier: Apache-2.0
#include "adapter_call.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "arbiter/error.hpp"

namespace arbiter::python {

namespace {

using nlohmann::json;

constexpr std::size_t reply_bytes = 65536;
constexpr std::size_t error_bytes = 4096;
constexpr int gathered = 0;  // the counter of SharedSlots

const ArbiterPythonBridge& bridge() {
  const auto* found = python_bridge();
  if (found == nullptr) throw Error("this process does not run in Python");
  return *found;
}

void throw_if_failed(int status, const char* text) {
  switch (static_cast<PythonStatus>(status)) {
    case PythonStatus::done: return;
    case PythonStatus::timed_out: throw TimeoutError(text);
    case PythonStatus::failed: break;
  }
  throw Error(text);
}

json call(const json& request) {
  std::vector<char> reply(reply_bytes);
  throw_if_failed(bridge().call(request.dump().c_str(), reply.data(), reply.size()), reply.data());
  return json::parse(reply.data());
}

json json_of(const Problem& problem) {
  return {{"tp_size", problem.tp_size},
          {"dtype", name_of(problem.dtype)},
          {"fusion", problem.fusion},
          {"hidden_size", problem.hidden_size},
          {"num_tokens", problem.num_tokens}};
}

}  // namespace

RankChannel::RankChannel(std::shared_ptr<SharedSlots> slots, std::chrono::milliseconds timeout)
    : slots_(std::move(slots)),
      spin_(slots_->rank(), slots_->yields_at_once(), timeout),
      group_{this, slots_->rank(), slots_->ranks(), all_gather_for_python} {}

// Two slots are enough: whoever writes chunk k + 2 has waited for all ranks in chunk k + 1, and they had read chunk k.
void RankChannel::all_gather(const void* in, void* out, std::size_t bytes) {
  const std::size_t room = slots_->slot_bytes();
  const std::size_t chunks = std::max<std::size_t>(1, (bytes + room - 1) / room);
  const std::uint64_t first = slots_->begin();
  for (std::size_t chunk = 0; chunk < chunks; ++chunk) {
    const std::size_t at = chunk * room;
    const std::size_t length = std::min(room, bytes - at);
    std::memcpy(slots_->slot(slots_->rank(), first + chunk), static_cast<const std::byte*>(in) + at, length);
    slots_->publish(gathered, first + chunk + 1);
    slots_->wait_for_all(gathered, first + chunk + 1, spin_);
    for (int rank = 0; rank < slots_->ranks(); ++rank) {
      std::memcpy(static_cast<std::byte*>(out) + static_cast<std::size_t>(rank) * bytes + at,
                  slots_->slot(rank, first + chunk), length);
    }
  }
  slots_->end(chunks);
}

int RankChannel::all_gather_for_python(void* context, const void* in, void* out, std::size_t bytes, char* error,
                                       std::size_t room) noexcept {
  const auto failure = failure_of([&] { static_cast<RankChannel*>(context)->all_gather(in, out, bytes); });
  if (failure.empty()) return static_cast<int>(PythonStatus::done);
  if (room > 0) error[failure.copy(error, room - 1)] = '\0';
  return static_cast<int>(failure.timed_out ? PythonStatus::timed_out : PythonStatus::failed);
}

AdapterCall::AdapterCall(const AdapterChoice& choice) {
  const json made = call({{"call", "create"}, {"adapter", choice.adapter}, {"options", choice.options}});
  number_ = made.at("adapter").get<std::int64_t>();
  accumulation_ = made.at("accumulation").get<std::string>();
  for (const auto& [package, version] : made.at("versions").items()) {
    versions_.emplace_back(package, version.get<std::string>());
  }
}

AdapterCall::~AdapterCall() {
  try {
    call({{"call", "release"}, {"adapter", number_}});
  } catch (...) {
    // It is let go; there is nobody to tell.
  }
}

std::string AdapterCall::why_not(const Problem& problem) const {
  return call({{"call", "supports"}, {"adapter", number_}, {"problem", json_of(problem)}})
      .at("reason")
      .get<std::string>();
}

bool AdapterCall::fuses(const std::string& fusion) const {
  return call({{"call", "fuses"}, {"adapter", number_}, {"fusion", fusion}}).at("fuses").get<bool>();
}

std::int64_t AdapterCall::prepare(const Problem& problem, const std::vector<TensorSpec>& tensors,
                                  const Placement& placement, const RankChannel& channel) {
  json specs = json::array();
  for (const auto& tensor : tensors) {
    specs.push_back({{"name", tensor.name},
                     {"dtype", name_of(tensor.dtype)},
                     {"units", tensor.units},
                     {"role", tensor.role == TensorRole::input ? "input" : "output"}});
  }
  const json request = {{"adapter", number_},
                        {"problem", json_of(problem)},
                        {"device", placement.device < 0 ? json() : json(placement.device)},
                        {"tensors", std::move(specs)}};
  std::vector<char> reply(reply_bytes);
  throw_if_failed(bridge().prepare(request.dump().c_str(), &channel.group(), reply.data(), reply.size()), reply.data());
  return json::parse(reply.data()).at("operation").get<std::int64_t>();
}

void AdapterCall::run(std::int64_t operation, const Bindings& bindings, void* stream) {
  std::array<char, error_bytes> error{};
  throw_if_failed(bridge().run(operation, bindings.input, bindings.tensors.data(), stream, error.data(), error.size()),
                  error.data());
}

void AdapterCall::release(std::int64_t operation) noexcept {
  try {
    call({{"call", "release"}, {"operation", operation}});
  } catch (...) {
    // Likewise.
  }
}

}  // namespace arbiter::python
