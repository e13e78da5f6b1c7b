// SPDX-License-Identifier: Apache-2.0
// NCCL's tuner plugin: it makes collectives run as the file in NCCL_TUNER_CONFIG_FILE says, which the sink nccl_tuner
// writes, and leaves everything else to NCCL: other collectives, other communicators, sizes without a line. The file
// must be the same on all ranks, as ranks that choose differently wait for each other for ever. A file that is refused
// counts as none, with a line in NCCL's log (NCCL_DEBUG=WARN).
#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <fstream>
#include <stdexcept>
#include <string>

#include "tuner_abi.hpp"
#include "tuning_rules.hpp"

namespace arbiter::tuner {

namespace {

constexpr const char* variable = "NCCL_TUNER_CONFIG_FILE";
constexpr std::size_t largest_file = std::size_t{1} << 20U;

/// What a communicator keeps; it does not change after init(), so any thread may read it.
struct Communicator {
  std::vector<Rule> rules;
};

void say(Log log, int level, const std::string& text) {
  if (log == nullptr) return;
  log(level, subsystem_init | subsystem_tuning, __FILE__, __LINE__, "TUNER/Arbiter: %s", text.c_str());
}

/// Throws std::invalid_argument: why not.
std::string contents_of(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::string text(largest_file + 1, '\0');
  if (!file || !file.read(text.data(), static_cast<std::streamsize>(text.size())).eof()) {
    const bool is_too_large = file.good() && static_cast<std::size_t>(file.gcount()) > largest_file;
    throw std::invalid_argument(is_too_large ? std::string("found more than 1 MiB, allowed: up to 1 MiB")
                                             : std::string("it cannot be read: ") + std::strerror(errno));
  }
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

/// The rules of the file for a communicator; none, with a line in the log, where there is no file or it is refused.
std::vector<Rule> rules_for(std::size_t nodes, std::size_t ranks, Log log) {
  const char* const path = std::getenv(variable);
  if (path == nullptr || *path == '\0') {
    say(log, log_info, std::string(variable) + " is not set, NCCL chooses");
    return {};
  }
  try {
    std::vector<Rule> rules = parse_rules(contents_of(path));
    const std::size_t all = rules.size();
    std::erase_if(rules, [&](const Rule& rule) { return !rule.is_for_communicator(nodes, ranks); });
    say(log, log_info,
        std::string(path) + ": " + std::to_string(rules.size()) + " of " + std::to_string(all) + " lines are for " +
            std::to_string(ranks) + " ranks on " + std::to_string(nodes) + " nodes; elsewhere NCCL chooses");
    return rules;
  } catch (const std::invalid_argument& error) {
    say(log, log_warn, std::string(path) + ": refused, NCCL chooses: " + error.what());
    return {};
  }
}

Result start(void** context, std::size_t nodes, std::size_t ranks, Log log) noexcept {
  try {
    *context = new Communicator{rules_for(nodes, ranks, log)};
    return success;
  } catch (const std::exception&) {  // no memory
    *context = nullptr;
    return system_error;
  }
}

Result init_v4(std::size_t ranks, std::size_t nodes, Log log, void** context) noexcept {
  return start(context, nodes, ranks, log);
}

Result init_v5(void** context, std::uint64_t /*communicator*/, std::size_t ranks, std::size_t nodes, Log log,
               void* /*nvl_domains*/, void* /*constants*/) noexcept {
  return start(context, nodes, ranks, log);
}

Result get_coll_info(void* context, int collective, std::size_t bytes, int pipe_ops, float** cost_table, int algorithms,
                     int protocols, int registered, int* channels) noexcept {
  if (context == nullptr) return success;
  auto* const costs = reinterpret_cast<float*>(cost_table);
  for (const Rule& rule : static_cast<const Communicator*>(context)->rules) {
    if (!rule.is_for_call(collective, bytes, pipe_ops, registered)) continue;
    if (rule.algorithm >= algorithms || rule.protocol >= protocols) continue;
    float& cost = costs[rule.algorithm * protocols + rule.protocol];
    if (cost < 0.0F) continue;  // NCCL cannot run it here; the next line may name what it can
    cost = 0.0F;
    if (rule.channels != any) *channels = rule.channels;
    break;
  }
  return success;
}

Result finish(void* context) noexcept {
  delete static_cast<Communicator*>(context);
  return success;
}

}  // namespace

}  // namespace arbiter::tuner

// NCCL's names, in the form that NCCL reads.
extern "C" {
__attribute__((visibility("default"))) extern const arbiter::tuner::TunerV4 ncclTunerPlugin_v4;
__attribute__((visibility("default"))) extern const arbiter::tuner::TunerV5 ncclTunerPlugin_v5;
const arbiter::tuner::TunerV4 ncclTunerPlugin_v4 = {"Arbiter", arbiter::tuner::init_v4, arbiter::tuner::get_coll_info,
                                                    arbiter::tuner::finish};
const arbiter::tuner::TunerV5 ncclTunerPlugin_v5 = {"Arbiter", arbiter::tuner::init_v5, arbiter::tuner::get_coll_info,
                                                    arbiter::tuner::finish};
}
