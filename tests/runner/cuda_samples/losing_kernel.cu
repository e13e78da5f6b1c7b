// SPDX-License-Identifier: Apache-2.0
// Writes where nothing is, after which the process can no longer use its device.
extern "C" __global__ void lose_the_device() { *reinterpret_cast<volatile unsigned*>(16) = 1; }
