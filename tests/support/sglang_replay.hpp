// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include <fmt/format.h>

#include "support/engine_packages.hpp"
#include "support/engine_sinks.hpp"

namespace arbiter::test {

/// Python that has what SGLang's file of limits has, for one GPU (SM 90), and below it SGLang's dispatch: the clip to
/// workspaces and the order of kernels. With `pasted` the artefact stands at the file's end, as its head asks for.
/// choose() is that of python_answers().
inline std::string sglang_rule(const std::filesystem::path& artefact, bool graph, bool pasted) {
  return fmt::format(R"(
ENGINE = '''
from functools import cache
from typing import NamedTuple

class torch:
    class cuda:
        @staticmethod
        def get_device_capability():
            return (9, 0)

class Heuristic(NamedTuple):
    one_shot_push_threshold: int
    one_shot_pull_threshold: int
    two_shot_pull_threshold: int
    mc: tuple = (0, 0)
    two_shot_push_threshold: int = 0

class AllReduceConfig(NamedTuple):
    graph: Heuristic
    eager: Heuristic
    num_push_blocks: int = 132

K, M = 1 << 10, 1 << 20
OWN = {{
    2: AllReduceConfig(Heuristic(16 * M, 128 * M, 128 * M), Heuristic(32 * M, 128 * M, 128 * M)),
    4: AllReduceConfig(Heuristic(384 * K, 384 * K, 128 * M), Heuristic(896 * K, 896 * K, 32 * M)),
    8: AllReduceConfig(Heuristic(128 * K, 128 * K, 32 * M), Heuristic(128 * K, 128 * K, 128 * M)),
}}

@cache
def get_all_reduce_config(world_size):
    return OWN[world_size]
'''
if {1}:
    ENGINE += open({0:?}, encoding="utf-8").read()
engine = {{}}
exec(ENGINE, engine)

def choose(tp, fusion, tokens, hidden, itemsize):
    nbytes = tokens * hidden * itemsize
    if nbytes % 16 != 0:
        return "nccl"
    config = engine["get_all_reduce_config"](tp)
    assert config.num_push_blocks == 132
    rows = (config.graph, config.eager)
    slot = lambda size: 32 * -(-size // (16 * tp))
    cap = 16 << 20
    push = min(cap, max(max(r.one_shot_push_threshold, slot(r.two_shot_push_threshold)) for r in rows))
    pull = min(cap, max(max(r.one_shot_pull_threshold, r.two_shot_pull_threshold) for r in rows))
    row = config.{2}
    if nbytes <= min(row.one_shot_push_threshold, push):
        return "1shot_push"
    if nbytes <= min(row.two_shot_push_threshold, tp * 16 * (push // 32)):
        return "2shot_push"
    if nbytes <= min(row.one_shot_pull_threshold, pull):
        return "1shot_pull"
    if nbytes <= min(row.two_shot_pull_threshold, pull):
        return "2shot_pull"
    return "nccl"
)",
                     artefact.string(), pasted ? "True" : "False", graph ? "graph" : "eager");
}

/// The same by the installed SGLang's own code, for a GPU of a capability ("9, 0").
inline std::string sglang_own_code(const std::filesystem::path& artefact, bool graph, bool pasted,
                                   const std::string& capability = "9, 0") {
  return fmt::format("CAPABILITY, GRAPH, ARTEFACT = ({}), {}, {}\n", capability, graph ? "True" : "False",
                     pasted ? fmt::format("{:?}", artefact.string()) : "None") +
         engine_scripts({"plugins/sinks/sglang/ask_sglang.py"});
}

}  // namespace arbiter::test
