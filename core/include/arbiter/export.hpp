// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Marks what libarbiter and plugins make visible. Everything else is compiled with hidden visibility.
#define ARBITER_EXPORT __attribute__((visibility("default")))
