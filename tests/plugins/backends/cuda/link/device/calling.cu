// SPDX-License-Identifier: Apache-2.0
// An epilogue with a call that cannot be inlined.
#define SAMPLE_CALLS
#include "epilogue.cu"
