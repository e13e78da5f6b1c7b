// SPDX-License-Identifier: Apache-2.0
// Entries of the cache of linked kernels. Inputs are whole files; since nearly every change breaks the checksum, each
// input is read a second time as log and cubin of a file with the right one.
#include <algorithm>
#include <cstring>

#include "arbiter/error.hpp"
#include "fuzz_input.hpp"
#include "link/cache_entry.hpp"

using namespace arbiter::cuda;
namespace fuzz = arbiter::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string key = "format 1\nentry oneshot\n";
  static_cast<void>(decode_entry(key, std::as_bytes(std::span(data, size))));

  // The log ends at the first zero byte. Facts are read again, whatever they were.
  const auto input = fuzz::text_of(data, size);
  const auto log = input.substr(0, input.find('\0'));
  const auto rest = std::as_bytes(std::span(input.substr(std::min(log.size() + 1, input.size()))));
  const LinkedCode code{.cubin = {rest.begin(), rest.end()}, .log = std::string(log), .kernels = {}, .calls_left = {}};
  auto entry = encode_entry(key, code);
  if (const auto read = decode_entry(key, entry)) {
    fuzz::require(read->log == code.log && read->cubin == code.cubin, "another log or cubin when read again");
  }
  entry.back() ^= std::byte{1};
  fuzz::require(!decode_entry(key, entry), "a damaged entry was read");
  return 0;
}
