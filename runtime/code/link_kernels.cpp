// SPDX-License-Identifier: Apache-2.0
// Links kernels with a fusion's epilogue while Arbiter is built, with the options of the cuda backend, so that the
// runtime runs the code that a sweep measures:
//   link_kernels <output.cubin> <compute capability> <kernel,kernel,...> <part.fatbin>...
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include "link/device_link.hpp"

namespace {

std::vector<std::byte> contents_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (!file || text.empty()) throw std::runtime_error(path + ": cannot be read");
  const auto* const begin = reinterpret_cast<const std::byte*>(text.data());
  return {begin, begin + text.size()};
}

void link(const std::vector<std::string>& words) {
  std::vector<std::vector<std::byte>> fatbins;
  fatbins.reserve(words.size());
  std::vector<arbiter::cuda::DeviceCode> parts;
  parts.reserve(words.size());
  for (std::size_t i = 3; i < words.size(); ++i) {
    fatbins.push_back(contents_of(words[i]));
    parts.push_back({words[i], fatbins.back()});
  }
  const auto code = arbiter::cuda::link_device_code(parts, words[2], std::stoi(words[1]));
  std::ofstream file(words[0], std::ios::binary);
  file.write(reinterpret_cast<const char*>(code.cubin.data()), static_cast<std::streamsize>(code.cubin.size()));
  if (!file.flush()) throw std::runtime_error(words[0] + ": cannot be written");
}

}  // namespace

int main(int argc, char** argv) try {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() < 4) throw std::runtime_error("wanted: output, compute capability, kernels, parts");
  link(words);
  return EXIT_SUCCESS;
} catch (const std::exception& error) {
  std::fprintf(stderr, "link_kernels: %s\n", error.what());
  return EXIT_FAILURE;
}
