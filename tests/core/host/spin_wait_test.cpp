// SPDX-License-Identifier: Apache-2.0
#include "arbiter/host/spin_wait.hpp"

#include <chrono>
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "arbiter/error.hpp"

namespace {

using namespace arbiter;
using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

class SpinWaits : public ::testing::TestWithParam<bool> {};

TEST_P(SpinWaits, ReturnAtOnceWhereTheEpochHasPassed) {
  const SharedCounter counter(5);
  const SpinWait spin(0, GetParam(), 0ms);
  spin.until(counter, 5, 1);
  spin.until(counter, 4, 1);
}

TEST_P(SpinWaits, SeeWhatThePeerWroteBeforeItRaisedTheCounter) {
  SharedCounter there(0);
  SharedCounter back(0);
  std::uint64_t payload = 0;
  std::thread peer([&] {
    const SpinWait spin(1, GetParam(), 60s);
    for (std::uint64_t epoch = 1; epoch <= 2000; ++epoch) {
      spin.until(there, epoch, 0);
      payload *= 2;
      back.store(epoch, std::memory_order_release);
    }
  });
  const SpinWait spin(0, GetParam(), 60s);
  for (std::uint64_t epoch = 1; epoch <= 2000; ++epoch) {
    payload = epoch;
    there.store(epoch, std::memory_order_release);
    spin.until(back, epoch, 1);
    if (payload != 2 * epoch) {
      ADD_FAILURE() << "epoch " << epoch << " payload " << payload;
      break;
    }
  }
  there.store(2000, std::memory_order_release);
  peer.join();
}

TEST_P(SpinWaits, OutlastAPeerThatIsLateButInTime) {
  SharedCounter counter(0);
  std::thread peer([&] {
    std::this_thread::sleep_for(50ms);
    counter.store(3, std::memory_order_release);
  });
  EXPECT_NO_THROW(SpinWait(0, GetParam(), 60s).until(counter, 3, 1));
  peer.join();
}

TEST_P(SpinWaits, NameRankEpochAndPeerWhenTheyGiveUp) {
  const SharedCounter counter(41);
  const SpinWait spin(2, GetParam(), 20ms);
  EXPECT_THAT([&] { spin.until(counter, 42, 3); },
              ThrowsMessage<TimeoutError>(AllOf(HasSubstr("rank 2 waited longer than 20 ms"), HasSubstr("for rank 3"),
                                                HasSubstr("at epoch 41 and not at 42"))));
}

INSTANTIATE_TEST_SUITE_P(Ways, SpinWaits, ::testing::Bool(),
                         [](const auto& at_once) { return at_once.param ? "YieldingAtOnce" : "PausingFirst"; });

}  // namespace
