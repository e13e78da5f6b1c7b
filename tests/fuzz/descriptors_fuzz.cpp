// SPDX-License-Identifier: Apache-2.0
// What the loader looks at before a plugin's code runs: the file's format (inputs that begin with ELF's magic), and the
// descriptor with its parameters (all others).
#include <fuzzer/FuzzedDataProvider.h>

#include "arbiter/error.hpp"
#include "fuzz_input.hpp"
#include "plugin/plugin_checks.hpp"

using namespace arbiter;

namespace {

/// A text that lives as long as `texts`; sometimes null.
const char* take_text(FuzzedDataProvider& bytes, std::vector<std::unique_ptr<std::string>>& texts) {
  if (bytes.ConsumeIntegralInRange(0, 7) == 0) return nullptr;
  return texts.emplace_back(std::make_unique<std::string>(bytes.ConsumeRandomLengthString(64)))->c_str();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzz::Folder folder;
  const auto input = fuzz::text_of(data, size);
  if (input.starts_with("\x7f"
                        "ELF")) {
    try {
      check_file_format(folder.write("plugin.so", input));
    } catch (const PluginError&) {
    }
    return 0;
  }
  FuzzedDataProvider bytes(data, size);
  std::vector<std::unique_ptr<std::string>> texts;
  PluginDescriptor descriptor;
  if (bytes.ConsumeBool()) descriptor.abi_version = bytes.ConsumeIntegral<std::uint32_t>();
  if (bytes.ConsumeBool()) descriptor.build.problem = bytes.ConsumeIntegral<std::uint32_t>();
  // The loader reads the number that a file has there.
  const auto kind = bytes.ConsumeIntegralInRange<std::uint32_t>(0, 8);
  std::memcpy(&descriptor.kind, &kind, sizeof kind);
  descriptor.name = take_text(bytes, texts);
  descriptor.backend = take_text(bytes, texts);
  std::vector<ParameterSpec> specs(bytes.ConsumeIntegralInRange<std::size_t>(0, 4));
  for (auto& spec : specs) {
    const auto type = bytes.ConsumeIntegralInRange<std::uint8_t>(0, 7);
    std::memcpy(&spec.type, &type, sizeof type);
    spec.name = take_text(bytes, texts);
    spec.default_value = take_text(bytes, texts);
    spec.allowed = take_text(bytes, texts);
    spec.help = take_text(bytes, texts);
  }
  const bool has_list = bytes.ConsumeBool();
  descriptor.parameters = has_list && !specs.empty() ? specs.data() : nullptr;
  descriptor.parameter_count = bytes.ConsumeBool() ? specs.size() : bytes.ConsumeIntegral<std::size_t>();
  if (descriptor.parameters != nullptr && descriptor.parameter_count <= 1000) {
    descriptor.parameter_count = specs.size();  // what lies behind a list nobody can tell
  }
  const auto value = bytes.ConsumeRandomLengthString(64);
  try {
    check_descriptor(descriptor);
    const std::vector<ParameterSpec> copy(descriptor.parameters, descriptor.parameters + descriptor.parameter_count);
    Parameters parameters(copy);
    for (const auto& spec : copy) parameters.set_from_text(spec, value);
  } catch (const PluginError&) {
  } catch (const ConfigError&) {
  }
  return 0;
}
