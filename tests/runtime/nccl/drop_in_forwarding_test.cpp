// SPDX-License-Identifier: Apache-2.0
// That every function of NCCL reaches the real library as it was called, of whatever version.
#include <filesystem>
#include <set>
#include <sstream>

#include "runtime/nccl/drop_in.hpp"
#include "support/temp_dir.hpp"

namespace arbiter::testing {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

/// The functions that a library shows, or the ones that it needs: names of `nm -D`.
std::set<std::string> functions_of(const std::string& library) {
  const Finished nm = run({NM, "-D", "--defined-only", library});
  EXPECT_EQ(nm.exit_code, 0) << nm.output;
  std::set<std::string> names;
  std::istringstream lines(nm.output);
  std::string address;
  std::string type;
  for (std::string name; lines >> address >> type >> name;) {
    names.insert(name.substr(0, name.find('@')));
  }
  return names;
}

TEST(NcclDropInForwarding, ShowsNcclsFunctionsOnly) {
  const auto shown = functions_of(DROP_IN);
  EXPECT_GT(shown.size(), 150U);
  for (const std::string& name : shown) EXPECT_TRUE(name.starts_with("nccl") || name.starts_with("pnccl")) << name;
}

TEST(NcclDropInForwarding, HasEveryFunctionOfTheInstalledNccl) {
  const std::string real = REAL_NCCL;
  if (real.empty()) GTEST_SKIP() << "no NCCL in the CUDA toolkit or among the system's libraries";
  const auto shown = functions_of(DROP_IN);
  const auto wanted = functions_of(real);
  EXPECT_GT(wanted.size(), 50U) << real;
  for (const std::string& name : wanted) EXPECT_TRUE(shown.contains(name)) << name << " of " << real;
}

TEST(NcclDropInForwarding, HasEachFunctionUnderBothOfItsNames) {
  const auto shown = functions_of(DROP_IN);
  for (const std::string& name : shown) {
    if (name == "ncclResetDebugInitInternal") continue;  // NCCL has no other
    const std::string other = name.starts_with("p") ? name.substr(1) : "p" + name;
    EXPECT_TRUE(shown.contains(other)) << other;
  }
}

TEST(NcclDropInForwarding, NeedsNoCudaNoNcclAndNoRuntimeToLoad) {
  const Finished needs = run({READELF, "-d", DROP_IN});
  EXPECT_THAT(needs.output,
              AllOf(Not(HasSubstr("libcuda")), Not(HasSubstr("libnccl.so")), Not(HasSubstr("[libarbiter_runtime"))));
#ifndef __SANITIZE_ADDRESS__  // whose runtime such a program lacks
  const Finished other = run({"/bin/true"}, {"LD_PRELOAD=" DROP_IN});
  EXPECT_EQ(other.exit_code, 0) << other.output;
  EXPECT_EQ(other.output, "");
#endif
}

TEST(NcclDropInForwarding, KeepsArgumentsInRegistersAndOnTheStack) {
  for (const char* which : {"new", "old"}) {
    EXPECT_THAT(DropIn{.which = which}.says_after_making({"init,2", "rooted,1"}),
                ElementsAre("nccl ncclReduce 11 22 4 5 6 77", "nccl ncclReduce 33 rank 1"))
        << which;
  }
}

TEST(NcclDropInForwarding, FailsInWordsWhereTheInstalledNcclIsTooOld) {
  const DropIn old{.which = "old"};
  EXPECT_THAT(old.says({"version", "init,2", "alltoall,0", "reduce,0,64,9,0"}),
              AllOf(Contains("version 21801"), Contains("ncclAlltoAll -> 5"),
                    Contains(HasSubstr("WARN ncclAlltoAll: found NCCL 21801, which has no such function")),
                    Contains(StartsWith("arbiter all_reduce 64"))));
  EXPECT_THAT(DropIn().says({"init,2", "alltoall,0"}), Contains("nccl ncclAlltoAll 8 rank 0"));
}

TEST(NcclDropInForwarding, MayBeLoadedInNcclsPlace) {
  DropIn drop_in;
  drop_in.preloaded = false;
  drop_in.environment = {"FROM=" DROP_IN};
  EXPECT_THAT(drop_in.says_after_making({"version", "init,2", "reduce,0,64,9,0", "broadcast,1,7"}),
              AllOf(Contains("version 23203"), Contains(StartsWith("arbiter all_reduce 64 x 0 rank 0")),
                    Contains("nccl ncclBroadcast 7 rank 1")));
}

TEST(NcclDropInForwarding, TakesTheNcclThatItIsTold) {
  const DropIn told{.environment = {"ARBITER_NCCL_LIBRARY=" FAKES "/old/libnccl.so.2"}};
  EXPECT_THAT(told.says({"version"}), ElementsAre("version 21801"));
}

TEST(NcclDropInForwarding, EndsInWordsWithoutAnNccl) {
  for (const std::string& wrong : {std::string("/no/such/libnccl.so.2"), std::string(DROP_IN)}) {
    const Finished ended =
        run({PROGRAM, "version"}, {"LD_PRELOAD=" DROP_IN, "LD_LIBRARY_PATH=" FAKES "/new",
                                   "ARBITER_NCCL_LIBRARY=" + wrong, "ASAN_OPTIONS=verify_asan_link_order=0"});
    EXPECT_NE(ended.exit_code, 0);
    EXPECT_THAT(ended.output, HasSubstr("ARBITER_NCCL_LIBRARY: found " + wrong + "; allowed: a libnccl.so.2"));
  }
}

TEST(NcclDropInForwarding, FindsTheRuntimeBesideItself) {
  const test::TempDir folder;
  const auto lib = folder.path() / "lib";
  const auto driver = folder.path() / "driver";
  std::filesystem::create_directories(lib);
  std::filesystem::create_directories(driver);
  std::filesystem::copy_file(DROP_IN, lib / "libarbiter_nccl.so");
  std::filesystem::copy_file(FAKES "/any/libarbiter_runtime.so.1", lib / "libarbiter_runtime.so.1");
  std::filesystem::copy_file(FAKES "/any/libcuda.so.1", driver / "libcuda.so.1");
  const Finished ended =
      run({PROGRAM, "init,2", "reduce,0,64,9,0"},
          {"LD_PRELOAD=" + (lib / "libarbiter_nccl.so").string(), "LD_LIBRARY_PATH=" FAKES "/new:" + driver.string(),
           "ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0"});
  EXPECT_EQ(ended.exit_code, 0) << ended.output;
  EXPECT_THAT(ended.output, HasSubstr("arbiter all_reduce 64 x 0 rank 0"));
}

TEST(NcclDropInForwarding, GoesOnWithoutARuntime) {
  const Finished ended =
      run({PROGRAM, "init,2", "reduce,0,64,9,0"},
          {"LD_PRELOAD=" DROP_IN, "LD_LIBRARY_PATH=" FAKES "/new:" FAKES "/any",
           "ARBITER_RUNTIME_LIBRARY=/no/such/file", "ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0"});
  EXPECT_EQ(ended.exit_code, 0);
  EXPECT_THAT(ended.output, AllOf(HasSubstr("WARN everything goes to NCCL: libarbiter_runtime.so.1 does not load: "),
                                  HasSubstr("nccl ncclAllReduce 64 rank 0")));
}

}  // namespace
}  // namespace arbiter::testing
