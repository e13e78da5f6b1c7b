// SPDX-License-Identifier: Apache-2.0
// SGLang's own limits.
#include "sglang/dispatch.hpp"

namespace arbiter::sglang {

namespace {

constexpr std::int64_t kib = 1024;
constexpr std::int64_t mib = 1024 * kib;
constexpr std::int64_t most = 128 * mib;

/// SGLang's file gives the limits of 1shot_push, 1shot_pull and 2shot_pull, and that of 2shot_push for both rows.
Rows rows(Row graph, Row eager, std::int64_t two_shot_push = 0) {
  graph[1] = two_shot_push;
  eager[1] = two_shot_push;
  return {graph, eager};
}

Row row(std::int64_t one_shot_push, std::int64_t one_shot_pull, std::int64_t two_shot_pull) {
  return {one_shot_push, 0, one_shot_pull, two_shot_pull};
}

/// Most rows have one limit for both one-shot kernels.
Row row(std::int64_t one_shot, std::int64_t two_shot_pull) { return row(one_shot, one_shot, two_shot_pull); }

std::map<int, Rows> hopper() {
  return {{2, rows(row(16 * mib, most, most), row(32 * mib, most, most))},
          {3, rows(row(1280 * kib, most), row(3 * mib, 16 * mib))},
          {4, rows(row(384 * kib, most), row(896 * kib, 32 * mib))},
          {5, rows(row(192 * kib, 32 * mib), row(384 * kib, 32 * mib))},
          {6, rows(row(128 * kib, 32 * mib), row(192 * kib, 32 * mib))},
          {7, rows(row(128 * kib, 32 * mib), row(128 * kib, 32 * mib))},
          {8, rows(row(128 * kib, 32 * mib), row(128 * kib, most))}};
}

std::map<int, Rows> blackwell() {
  return {{2, rows(row(8 * mib, 32 * mib, most), row(16 * mib, most, most))},
          {3, rows(row(4 * mib, most), row(8 * mib, 32 * mib))},
          {4, rows(row(640 * kib, most), row(640 * kib, 32 * mib), 8 * mib)},
          {5, rows(row(1536 * kib, most), row(2 * mib, 32 * mib))},
          {6, rows(row(1 * mib, most), row(1280 * kib, 64 * mib))},
          {7, rows(row(640 * kib, most), row(1 * mib, 64 * mib))},
          {8, rows(row(256 * kib, most), row(256 * kib, most), 8 * mib)},
          {16, rows(row(256 * kib, most), row(256 * kib, most))}};
}

/// SGLang gives some of these in MiB to three digits and cuts them to bytes.
std::map<int, Rows> rubin() {
  const auto thousandths = [](std::int64_t value) { return value * mib / 1000; };
  const auto both = [](std::int64_t one_shot) { return rows(row(one_shot, most), row(one_shot, most)); };
  return {{2, both(most)},
          {3, rows(row(thousandths(19625), most), row(thousandths(39188), most))},
          {4, rows(row(thousandths(6938), most), row(thousandths(9812), most))},
          {5, both(thousandths(6938))},
          {6, both(thousandths(4875))},
          {7, both(thousandths(3438))},
          {8, both(thousandths(2438))},
          {16, both(832 * kib)}};
}

}  // namespace

std::map<int, Rows> shipped_rows(int sm) {
  if (sm >= 90 && sm < 100) return hopper();
  if (sm >= 100 && sm < 107) return blackwell();
  if (sm >= 107 && sm < 110) return rubin();
  std::map<int, Rows> others;
  for (int tp_size = 2; tp_size <= 16; ++tp_size) {
    others[tp_size] = rows(row(1 * mib, 16 * mib), row(1 * mib, 16 * mib));
  }
  return others;
}

}  // namespace arbiter::sglang
