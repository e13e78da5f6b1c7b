// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "arbiter/problem.hpp"

namespace arbiter::twoshot {

/// How TWOSHOT on the host cuts a message into chunks of rows, a chunk into one block of rows per owner, and a slot of
/// shared memory into the rows a rank stages and the block it publishes.
struct TokenBlocks {
  std::int64_t num_tokens;
  std::int64_t row_bytes;
  int ranks;
  std::int64_t rows_per_chunk;

  TokenBlocks(const Problem& problem, std::int64_t chunk_bytes)
      : num_tokens(problem.num_tokens),
        row_bytes(problem.hidden_size * size_of(problem.dtype)),
        ranks(problem.tp_size),
        rows_per_chunk(chunk_rows(chunk_bytes)) {}

  [[nodiscard]] std::int64_t chunks() const { return (num_tokens + rows_per_chunk - 1) / rows_per_chunk; }
  [[nodiscard]] std::int64_t first_row(std::int64_t chunk) const { return chunk * rows_per_chunk; }
  [[nodiscard]] std::int64_t rows(std::int64_t chunk) const {
    const std::int64_t left = num_tokens - first_row(chunk);
    return left < rows_per_chunk ? left : rows_per_chunk;
  }

  /// Rows [block(c, r), block(c, r + 1)) of chunk c are rank r's.
  [[nodiscard]] std::int64_t block(std::int64_t chunk, int rank) const { return rows(chunk) * rank / ranks; }

  /// A slot: staged rows of a chunk, scalars of a block, epilogue_state of a block; each starts at a cache line.
  [[nodiscard]] std::size_t scalars_at() const { return cache_lines(rows_per_chunk * row_bytes); }
  [[nodiscard]] std::size_t state_at() const { return scalars_at() + cache_lines(block_rows() * 4); }
  [[nodiscard]] std::size_t slot_bytes() const { return state_at() + cache_lines(block_rows() * row_bytes); }

 private:
  static std::size_t cache_lines(std::int64_t bytes) { return static_cast<std::size_t>((bytes + 63) / 64 * 64); }
  [[nodiscard]] std::int64_t block_rows() const { return (rows_per_chunk + ranks - 1) / ranks; }

  /// A multiple of the ranks, and about the same for every chunk.
  [[nodiscard]] std::int64_t chunk_rows(std::int64_t chunk_bytes) const {
    const std::int64_t most = chunk_bytes / row_bytes > ranks ? chunk_bytes / row_bytes : ranks;
    const std::int64_t count = (num_tokens + most - 1) / most;
    const std::int64_t even = (num_tokens + count - 1) / count;
    return (even + ranks - 1) / ranks * ranks;
  }
};

}  // namespace arbiter::twoshot
