// SPDX-License-Identifier: Apache-2.0
// Host memory, with the fault its parameter names.
#include <cstring>
#include <vector>

#include "arbiter/backend.hpp"
#include "arbiter/error.hpp"

namespace {

using namespace arbiter;

class HeapBuffer : public Buffer {
 public:
  explicit HeapBuffer(std::size_t bytes) : bytes_(bytes), data_(new std::byte[bytes]) {}
  [[nodiscard]] void* data() const override { return data_.get(); }
  [[nodiscard]] std::size_t bytes() const override { return bytes_; }

 private:
  std::size_t bytes_;
  std::unique_ptr<std::byte[]> data_;
};

class BrokenSample : public Sample {
 public:
  BrokenSample(Operation& operation, const Bindings& bindings, std::int64_t iterations_per_sample)
      : operation_(operation), bindings_(bindings), iterations_per_sample_(iterations_per_sample) {}
  [[nodiscard]] double time(ProcessGroup&) override {
    for (std::int64_t run = 0; run < iterations_per_sample_; ++run) operation_.enqueue(bindings_);
    return 1.0;
  }

 private:
  Operation& operation_;
  Bindings bindings_;
  std::int64_t iterations_per_sample_;
};

class Broken : public Backend {
 public:
  explicit Broken(const Parameters& values) : fault_(values.text("fault")) {}
  [[nodiscard]] Support do_available() const override {
    return has("is_not_there") ? Support::no("no such device") : Support::yes();
  }
  [[nodiscard]] std::string name() const override { return has("another_name") ? "tpu" : "broken"; }
  [[nodiscard]] Machine do_machine() const override { return {has("no_platform") ? "" : "cpu", {}}; }
  [[nodiscard]] std::int64_t free_bytes(int) const override { return 1 << 20; }
  [[nodiscard]] std::unique_ptr<Buffer> do_allocate(std::size_t bytes) override {
    if (bytes > std::size_t{1} << 40U && !has("throws_bad_alloc")) throw Error("that is more than there is");
    return std::make_unique<HeapBuffer>(bytes);
  }
  void copy_in(void* destination, const void* host, std::size_t bytes) override {
    std::memcpy(destination, host, has("copies_short") ? bytes / 2 : bytes);
  }
  void copy_out(void* host, const void* source, std::size_t bytes) override { std::memcpy(host, source, bytes); }
  void fill(void* destination, unsigned char byte, std::size_t bytes) override {
    std::memset(destination, has("fills_zeros") ? 0 : byte, bytes);
  }
  void run(Operation& operation, const Bindings& bindings) override {
    operation.enqueue(bindings);
    if (has("runs_twice")) operation.enqueue(bindings);
  }
  [[nodiscard]] std::unique_ptr<Sample> do_sample(Operation* operation, const SampleRequest& request) override {
    return std::make_unique<BrokenSample>(*operation, request.iterations.front().bindings,
                                          static_cast<std::int64_t>(request.iterations.size()));
  }

 private:
  [[nodiscard]] bool has(const char* fault) const { return fault_ == fault; }
  std::string fault_;
};

constexpr ParameterSpec parameters[] = {{"fault", ParameterType::text, "none", "", "What is broken"}};

}  // namespace

ARBITER_PLUGIN(Broken, {.kind = arbiter::PluginKind::backend,
                        .name = "broken",
                        .version = "1.0",
                        .summary = "Breaks its contract",
                        .parameters = parameters,
                        .parameter_count = 1})
