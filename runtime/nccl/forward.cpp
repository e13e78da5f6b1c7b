// SPDX-License-Identifier: Apache-2.0
// Functions that are forwarded as they are. What their arguments are is not known here, and NCCL's newer functions pass
// structures by value. So each is a jump that leaves registers and stack alone.
#include <array>
#include <atomic>
#include <string>

#include "group.hpp"
#include "nccl_abi.hpp"
#include "real_library.hpp"
#include "settings.hpp"

#if !defined(__x86_64__)
#error "the NCCL drop-in forwards on x86-64 only"
#endif

namespace arbiter::nccl {

namespace {

struct Function {
  const char* name;
  bool is_query;
};

constexpr std::array functions = {
#define ARBITER_FORWARDED(name) Function{#name, false},
#define ARBITER_QUERY(name) Function{#name, true},
#include "forwarded.inc"
#undef ARBITER_FORWARDED
#undef ARBITER_QUERY
};

std::array<std::atomic<void*>, functions.size()> targets;

/// What a function does that this NCCL does not have.
Result is_missing() { return invalid_usage; }

}  // namespace

/// Where call `index` goes. Called by the jumps below.
extern "C" __attribute__((visibility("hidden"))) void* arbiter_nccl_target(unsigned index) {
  // What comes into a group after AllReduces that wait for its end takes them along: NCCL runs all of it, in order.
  if (!functions[index].is_query) send_waiting_calls();
  std::atomic<void*>& target = targets[index];
  void* known = target.load(std::memory_order_relaxed);
  if (known != nullptr) return known;
  const char* name = functions[index].name;
  known = real_library().find(name);
  if (known == nullptr) {
    const std::string version = std::to_string(real_library().version());
    warn_once(std::string(name) + ": found NCCL " + version + ", which has no such function; " + real_library().path());
    known = reinterpret_cast<void*>(&is_missing);
  }
  target.store(known, std::memory_order_relaxed);
  return known;
}

}  // namespace arbiter::nccl

// All registers that arguments are in, are kept: six of integers, eight of floating point, and al, which counts those
// of a call with "...". The stack is aligned to 16 bytes at the call: the return address and seven pushes are 64 bytes.
asm(R"(
.text
arbiter_nccl_forward:
  pushq %rdi
  pushq %rsi
  pushq %rdx
  pushq %rcx
  pushq %r8
  pushq %r9
  pushq %rax
  subq $128, %rsp
  movups %xmm0, (%rsp)
  movups %xmm1, 16(%rsp)
  movups %xmm2, 32(%rsp)
  movups %xmm3, 48(%rsp)
  movups %xmm4, 64(%rsp)
  movups %xmm5, 80(%rsp)
  movups %xmm6, 96(%rsp)
  movups %xmm7, 112(%rsp)
  movl %r11d, %edi
  call arbiter_nccl_target
  movq %rax, %r11
  movups (%rsp), %xmm0
  movups 16(%rsp), %xmm1
  movups 32(%rsp), %xmm2
  movups 48(%rsp), %xmm3
  movups 64(%rsp), %xmm4
  movups 80(%rsp), %xmm5
  movups 96(%rsp), %xmm6
  movups 112(%rsp), %xmm7
  addq $128, %rsp
  popq %rax
  popq %r9
  popq %r8
  popq %rcx
  popq %rdx
  popq %rsi
  popq %rdi
  jmp *%r11
.set arbiter_nccl_index, 0
.macro arbiter_nccl_function name
.globl \name
.type \name, @function
\name:
  endbr64
  movl $arbiter_nccl_index, %r11d
  jmp arbiter_nccl_forward
.size \name, .-\name
.set arbiter_nccl_index, arbiter_nccl_index + 1
.endm
)"
#define ARBITER_FORWARDED(name) "arbiter_nccl_function " #name "\n"
#define ARBITER_QUERY(name) ARBITER_FORWARDED(name)
#include "forwarded.inc"
#undef ARBITER_FORWARDED
#undef ARBITER_QUERY
);
