#include <gtest/gtest.h>

#include "arbiter/files.hpp"
#include "arbiter/machine_probe.hpp"
#include "support/temp_dir.hpp"

namespace arbiter {
namespace {

MachineProbe limits_with(double rate) {
  MachineProbe probe(2);
  probe.add({{.kind = ProbeKind::launch}, 0.45, {}});
  probe.add({{ProbeKind::one_way, 0, 1, 0, 100}, 1.1234567, {}});
  probe.add({{ProbeKind::push, 1, 0, 64 << 20}, rate, {}});
  probe.add({{.kind = ProbeKind::copy, .bytes = 1 << 20}, Measurement::none, "rank 1: no engine"});
  return probe;
}

TEST(LimitsFile, HasALineForEveryCase) {
  const test::TempDir dir;
  const auto file = dir.path() / "deeper" / probe_file_name(2, "sm90");
  write_probe(file, limits_with(345.6));
  EXPECT_EQ(file.filename(), "machine_probe.tp2.sm90.csv");
  EXPECT_EQ(read_file(file),
            "kind,from,to,bytes,value,unit\n"
            "launch,all,all,0,0.45,us\n"
            "one_way,0,1,0,1.123,us\n"
            "push,1,0,67108864,345.6,GB/s\n"
            "copy,all,all,1048576,,GB/s\n");
}

TEST(LimitsFile, SetsAnotherRunsAsideAndKeepsItsOwn) {
  const test::TempDir dir;
  const auto file = dir.path() / "probe.csv";
  write_probe(file, limits_with(345.6));
  const auto first = read_file(file);
  write_probe(file, limits_with(345.6));
  EXPECT_FALSE(std::filesystem::exists(file.string() + ".1"));
  write_probe(file, limits_with(300.0));
  EXPECT_EQ(read_file(file.string() + ".1"), first);
  EXPECT_NE(read_file(file), first);
}

}  // namespace
}  // namespace arbiter
