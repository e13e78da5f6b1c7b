// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Marks what libarbiter and plugins make visible. Everything else is compiled with hidden visibility.
#define ARBITER_EXPORT __attribute__((visibility("default")))

/// In front of a function with a plain loop, for references and test data: the compiler makes a copy of it for each
/// instruction set, and the processor's is picked when the library is loaded. With -ffp-contract=off all of them give
/// the same bits. Kernels that are timed are written with host/lanes.hpp, where ARBITER_ISA picks one. The loader picks
/// before sanitizers begin to work, so with them there is one copy.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 12 && !defined(__SANITIZE_ADDRESS__)
#define ARBITER_TARGET_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define ARBITER_TARGET_CLONES
#endif
