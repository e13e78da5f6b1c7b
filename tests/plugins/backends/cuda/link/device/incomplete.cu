// SPDX-License-Identifier: Apache-2.0
// An epilogue without finish().
#define SAMPLE_INCOMPLETE
#include "epilogue.cu"
