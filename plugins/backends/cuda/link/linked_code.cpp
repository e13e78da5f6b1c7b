#include "link/linked_code.hpp"

#include <algorithm>
#include <regex>
#include <sstream>

#include "link/cubin_functions.hpp"

namespace arbiter::cuda {

namespace {

/// The number before `words`, 0 if they are not in the line.
int number_before(const std::string& line, const std::string& words) {
  std::smatch found;
  return std::regex_search(line, found, std::regex("(\\d+) " + words)) ? std::stoi(found[1]) : 0;
}

}  // namespace

const KernelFacts* LinkedCode::kernel(std::string_view name) const {
  const auto found =
      std::find_if(kernels.begin(), kernels.end(), [&](const KernelFacts& kernel) { return kernel.name == name; });
  return found == kernels.end() ? nullptr : &*found;
}

std::vector<KernelFacts> kernel_facts(std::string_view log) {
  // Functions that were not inlined have lines of their own, which are not the kernel's.
  static const std::regex entry("Compiling entry function '([^']+)'");
  static const std::regex subject("Function properties for (\\S+)");
  std::vector<KernelFacts> kernels;
  bool of_kernel = false;
  std::istringstream lines{std::string(log)};
  for (std::string line; std::getline(lines, line);) {
    std::smatch found;
    if (std::regex_search(line, found, entry)) {
      kernels.push_back({.name = found[1]});
      of_kernel = true;
    } else if (std::regex_search(line, found, subject)) {
      of_kernel = !kernels.empty() && found[1] == kernels.back().name;
    } else if (of_kernel && line.find("spill stores") != std::string::npos) {
      kernels.back().stack_bytes = number_before(line, "bytes stack frame");
      kernels.back().spill_store_bytes = number_before(line, "bytes spill stores");
      kernels.back().spill_load_bytes = number_before(line, "bytes spill loads");
    } else if (of_kernel && line.find("registers") != std::string::npos) {
      kernels.back().registers = number_before(line, "registers");
      kernels.back().shared_bytes = number_before(line, "bytes smem");
    }
  }
  return kernels;
}

LinkedCode linked_code(std::vector<std::byte> cubin, std::string log) {
  LinkedCode code{.cubin = std::move(cubin), .log = std::move(log), .kernels = {}, .calls_left = {}};
  code.kernels = kernel_facts(code.log);
  for (const CubinFunction& function : cubin_functions(code.cubin)) {
    if (!function.is_kernel && !function.name.starts_with("$__internal_")) code.calls_left.push_back(function.name);
  }
  return code;
}

}  // namespace arbiter::cuda
