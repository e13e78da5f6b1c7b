// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "arbiter/backend.hpp"

namespace arbiter::host {

/// Private memory in whole pages, zeroed; in huge pages from 2 MiB on, where the machine has them.
class PageBuffer : public Buffer {
 public:
  /// Throws Error: bytes asked, bytes free.
  explicit PageBuffer(std::size_t bytes);
  ~PageBuffer() override;
  PageBuffer(const PageBuffer&) = delete;
  PageBuffer& operator=(const PageBuffer&) = delete;

  [[nodiscard]] void* data() const override { return data_; }
  [[nodiscard]] std::size_t bytes() const override { return bytes_; }

 private:
  std::size_t bytes_;
  std::size_t mapped_ = 0;
  void* mapping_ = nullptr;
  void* data_ = nullptr;
};

}  // namespace arbiter::host
