// SPDX-License-Identifier: Apache-2.0
#include "trtllm_table/shipped_table.hpp"

#include "common/table_text.hpp"

namespace arbiter::trtllm {

namespace {

/// The ids of a row, from one token on: so many one-shot, then so many NCCL, then so many two-shot, NCCL for the rest.
struct Row {
  int one_shot = 0;
  int nccl = 0;
  int two_shot = 0;
};

// [tp_size][fusion][hidden_size], as in seed_axes().
using Rows = Row[3][4][7];

constexpr Rows before_blackwell = {
    {{{12}, {13}, {13}, {12}, {12}, {12}, {12}},
     {{11}, {13}, {13}, {12}, {12}, {13}, {13}},
     {{11}, {13}, {13}, {12}, {15}, {14}, {13}},
     {}},
    {{{12}, {12}, {12}, {10, 0, 2}, {9, 0, 3}, {8, 0, 3}, {8, 0, 1}},
     {{12}, {11}, {11}, {10, 0, 2}, {9, 0, 2}, {9, 0, 2}, {8}},
     {{12}, {12}, {11}, {10, 0, 2}, {9, 0, 3}, {9, 0, 4}, {8, 0, 5}},
     {}},
    {{{11}, {11}, {10, 0, 2}, {9, 1, 3}, {8, 1, 3}, {7, 1, 2}, {6, 1, 2}},
     {{11}, {10, 0, 1}, {10, 0, 2}, {9, 1, 2}, {8, 1, 2}, {7}, {6}},
     {{11}, {11}, {10, 0, 2}, {9, 1, 2}, {8, 1, 3}, {7, 3, 1}, {6}},
     {}},
};

constexpr Rows blackwell = {
    {{{12}, {14}, {14}, {13}, {13}, {12}, {12}},
     {{12}, {12}, {13}, {13}, {12}, {12}, {13}},
     {{12}, {12}, {13}, {13}, {13}, {14}, {13}},
     {{12}, {12}, {13}, {13}, {13}, {14}, {13}}},
    {{{12}, {13}, {13}, {12}, {11}, {10, 0, 2}, {9, 0, 3}},
     {{12}, {12}, {12}, {12}, {11, 0, 1}, {10, 0, 2}, {9, 0, 3}},
     {{12}, {12}, {12}, {12}, {11, 0, 2}, {10, 0, 4}, {9, 0, 4}},
     {{12}, {12}, {12}, {12}, {11, 0, 1}, {10, 0, 3}, {9, 0, 4}}},
    {{{12}, {12}, {11}, {11, 0, 2}, {10, 0, 4}, {9, 0, 4}, {8, 0, 5}},
     {{12}, {12}, {11}, {11, 0, 2}, {10, 0, 3}, {9, 0, 4}, {8, 0, 5}},
     {{12}, {12}, {12}, {11, 0, 2}, {10, 0, 4}, {9, 0, 5}, {8, 0, 5}},
     {{12}, {12}, {11}, {11, 0, 2}, {10, 0, 3}, {9, 0, 5}, {8, 0, 5}}},
};

std::string id_of(const Row& row, int column) {
  if (column < row.one_shot) return one_shot_id;
  const int two_shot = row.one_shot + row.nccl;
  return column >= two_shot && column < two_shot + row.two_shot ? two_shot_id : nccl_id;
}

}  // namespace

BucketTable shipped_table(int sm) {
  const TableAxes axes = seed_axes();
  const Rows& rows = sm < 100 ? before_blackwell : blackwell;
  BucketTable table;
  for (std::size_t tp = 0; tp < axes.tp_sizes.size(); ++tp) {
    for (std::size_t fusion = 0; fusion < axes.fusions.size(); ++fusion) {
      for (std::size_t hidden = 0; hidden < axes.hidden_sizes.size(); ++hidden) {
        Problem point{static_cast<int>(axes.tp_sizes[tp]), DType::bfloat16, axes.fusions[fusion],
                      axes.hidden_sizes[hidden], 0};
        for (std::size_t tokens = 0; tokens < axes.num_tokens.size(); ++tokens) {
          point.num_tokens = axes.num_tokens[tokens];
          table.insert_or_assign(point, id_of(rows[tp][fusion][hidden], static_cast<int>(tokens)));
        }
      }
    }
  }
  return table;
}

}  // namespace arbiter::trtllm
