// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "arbiter/export.hpp"

/// The only symbol of libarbiter_rank: what the program `runner` does as a rank, for a Python that was started in its
/// place (plugins/engines/python/arbiter/rank.py). Returns the exit code; throws nothing. Once per process.
extern "C" ARBITER_EXPORT int arbiter_rank_main(int argc, char** argv);
