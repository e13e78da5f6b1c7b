#include "plugin/stray_output.hpp"

#include <iostream>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace arbiter {

namespace {

constexpr std::size_t longest_quote = 200;

struct Diversion {
  std::FILE* results = nullptr;
  int stray = -1;
};

Diversion& diversion() {
  static Diversion state;
  return state;
}

void flush_all() {
  std::cout.flush();
  std::fflush(stdout);
}

}  // namespace

void divert_standard_output() {
  auto& state = diversion();
  if (state.stray >= 0) return;
  flush_all();
  const int stray = ::memfd_create("arbiter stray output", MFD_CLOEXEC);
  const int real = ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
  std::FILE* results = real >= 0 ? ::fdopen(real, "w") : nullptr;
  const bool ready = stray >= 0 && results != nullptr && ::fcntl(stray, F_SETFL, O_APPEND) == 0;
  if (!ready || ::dup2(stray, STDOUT_FILENO) < 0) {
    if (stray >= 0) ::close(stray);
    if (results != nullptr) std::fclose(results);
    return;
  }
  state = {results, stray};
}

void restore_standard_output() {
  auto& state = diversion();
  if (state.stray < 0) return;
  flush_all();
  std::fflush(state.results);
  ::dup2(::fileno(state.results), STDOUT_FILENO);
  std::fclose(state.results);
  ::close(state.stray);
  state = {};
}

std::FILE* results_stream() {
  auto* const results = diversion().results;
  return results != nullptr ? results : stdout;
}

std::string take_stray_output() {
  const auto& state = diversion();
  if (state.stray < 0) return {};
  flush_all();
  std::string text(longest_quote + 1, '\0');
  const auto length = ::pread(state.stray, text.data(), text.size(), 0);
  if (length <= 0) return {};
  text.resize(static_cast<std::size_t>(length));
  static_cast<void>(!::ftruncate(state.stray, 0));
  if (text.size() > longest_quote) text.replace(longest_quote, std::string::npos, "...");
  while (!text.empty() && text.back() == '\n') text.pop_back();
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < ' ') c = ' ';
  }
  return text.empty() ? "an empty line" : text;
}

}  // namespace arbiter
