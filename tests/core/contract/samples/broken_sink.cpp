// SPDX-License-Identifier: Apache-2.0
// Writes the number of rows into rows.txt, with the fault its parameter names.
#include <cstdio>
#include <fstream>
#include <stdexcept>

#include <fcntl.h>

#include "arbiter/files.hpp"
#include "arbiter/sink.hpp"

namespace {

using namespace arbiter;

class Broken : public Sink {
 public:
  explicit Broken(const Parameters& values) : fault_(values.text("fault")) {}

  void do_write(const Report& report) override {
    if (fault_ == "does_nothing") return;
    if (fault_ == "needs_rows" && report.dataset.empty()) throw std::out_of_range("vector::at");
    if (fault_ == "leaks_descriptor") static_cast<void>(!::open("/dev/null", O_RDONLY));
    if (fault_ == "fails_silently") {
      std::error_code ignored;
      std::filesystem::create_directories(report.run.output_dir, ignored);
      std::ofstream(report.run.output_dir / "rows.txt") << report.dataset.rows().size() << '\n';
      return;
    }
    const auto dir = fault_ == "writes_elsewhere" ? std::filesystem::path(".") : report.run.output_dir;
    write_file(dir / "rows.txt", fault_ == "writes_empty_files" ? "" : std::to_string(report.dataset.rows().size()));
  }

 private:
  std::string fault_;
};

constexpr ParameterSpec parameters[] = {{"fault", ParameterType::text, "none", "", "What is broken"}};

}  // namespace

ARBITER_PLUGIN(Broken, {.kind = arbiter::PluginKind::sink,
                        .name = "broken",
                        .version = "1.0",
                        .summary = "Breaks its contract",
                        .parameters = parameters,
                        .parameter_count = 1})
