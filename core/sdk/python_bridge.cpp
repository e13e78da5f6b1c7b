// SPDX-License-Identifier: Apache-2.0
#include "arbiter/python_bridge.hpp"

namespace arbiter {

namespace {

const ArbiterPythonBridge* bridge_of_process = nullptr;

}  // namespace

const ArbiterPythonBridge* python_bridge() { return bridge_of_process; }

}  // namespace arbiter

void arbiter_set_python_bridge(const ArbiterPythonBridge* bridge) { arbiter::bridge_of_process = bridge; }
