// SPDX-License-Identifier: Apache-2.0
// A program that uses NCCL as its arguments say, one command each, with words separated by commas:
//   init,<n>  all,<n>  threads,<n>      makes communicators of n ranks: in a group, by ncclCommInitAll, each in a
//   thread nonblocking,<n>                     a communicator whose calls return at once start  end
//   reduce,<rank>,<count>,<dtype>,<op>  an AllReduce; also in threads,<n>: every,<count>
//   broadcast,<rank>,<count>  rooted,<rank>  alltoall,<rank>
//   split,<color>  shrink               of all communicators, in a group
//   window,<rank>,<bytes>  unwindow,<rank>  of the memory that is sent
//   destroy  abort  error,<rank>  last,<rank>  version
// The functions are those that the process has, or those of the file in FROM, loaded locally. A result that is not 0 is
// said.
#include <cstdlib>
#include <iostream>
#include <sstream>
#include <thread>
#include <vector>

#include <dlfcn.h>

#include "../../../runtime/nccl/nccl_abi.hpp"
#include "runtime/fakes/say.hpp"

using namespace arbiter::nccl;

extern "C" int ncclGetVersion(int* version);

namespace {

void* library() {
  static void* loaded = [] {
    const char* file = std::getenv("FROM");
    return file != nullptr ? dlopen(file, RTLD_NOW | RTLD_LOCAL) : RTLD_DEFAULT;
  }();
  return loaded;
}

template <class... Arguments>
int call(const char* name, Arguments... arguments) {
  void* function = dlsym(library(), name);
  if (function == nullptr) {
    say(std::string("no ") + name);
    return -1;
  }
  const int result = reinterpret_cast<int (*)(Arguments...)>(function)(arguments...);
  if (result != 0) say(std::string(name) + " -> " + std::to_string(result));
  return result;
}

class Program {
 public:
  void run(const std::vector<std::string>& words) {
    const std::string& command = words.at(0);
    const auto number = [&](std::size_t i) { return words.size() > i ? std::atoi(words[i].c_str()) : 0; };
    const auto comm = [&] { return comms_.at(static_cast<std::size_t>(number(1))); };
    void* const stream = nullptr;
    if (command == "init") {
      make(number(1));
    } else if (command == "all") {
      comms_.resize(static_cast<std::size_t>(number(1)));
      call<Comm*, int, const int*>("ncclCommInitAll", comms_.data(), number(1), nullptr);
    } else if (command == "threads") {
      in_threads(number(1));
    } else if (command == "nonblocking") {
      Config config{sizeof(Config), 0, 0, 0};
      comms_.resize(1);
      call<Comm*, int, UniqueId, int, Config*>("ncclCommInitRankConfig", comms_.data(), number(1), id(), 0, &config);
    } else if (command == "start") {
      call("ncclGroupStart");
    } else if (command == "end") {
      call("ncclGroupEnd");
    } else if (command == "reduce") {
      reduce(comm(), static_cast<std::size_t>(number(2)), number(3), number(4));
    } else if (command == "every") {
      std::vector<std::thread> threads;
      threads.reserve(comms_.size());
      for (Comm each : comms_) {
        threads.emplace_back([this, each, count = static_cast<std::size_t>(number(2))] { reduce(each, count, 9, 0); });
      }
      for (auto& thread : threads) thread.join();
    } else if (command == "broadcast") {
      call<const void*, void*, std::size_t, int, int, Comm, void*>(
          "ncclBroadcast", memory_, memory_, static_cast<std::size_t>(number(2)), 9, 0, comm(), stream);
    } else if (command == "rooted") {  // more arguments than registers, all of them different
      call<std::uintptr_t, std::uintptr_t, std::size_t, int, int, int, Comm, std::uintptr_t>("ncclReduce", 11, 22, 33,
                                                                                             4, 5, 6, comm(), 77);
    } else if (command == "alltoall") {
      call<const void*, void*, std::size_t, int, Comm, void*>("ncclAlltoAll", memory_, memory_, std::size_t{8}, 9,
                                                              comm(), stream);
    } else if (command == "split") {
      std::vector<Comm> made(comms_.size());
      call("ncclGroupStart");
      for (std::size_t i = 0; i < comms_.size(); ++i) {
        call<Comm, int, int, Comm*, Config*>("ncclCommSplit", comms_[i], number(1), static_cast<int>(i), &made[i],
                                             nullptr);
      }
      call("ncclGroupEnd");
      for (Comm each : comms_) call("ncclCommDestroy", each);
      comms_ = made;
    } else if (command == "shrink") {
      std::vector<Comm> made(comms_.size());
      call("ncclGroupStart");
      for (std::size_t i = 0; i < comms_.size(); ++i) {
        call<Comm, int*, int, Comm*, Config*, int>("ncclCommShrink", comms_[i], nullptr, 0, &made[i], nullptr, 0);
      }
      call("ncclGroupEnd");
      for (Comm each : comms_) call("ncclCommDestroy", each);
      comms_ = made;
    } else if (command == "window") {
      call<Comm, void*, std::size_t, void**, int>("ncclCommWindowRegister", comm(), memory_ + 64,
                                                  static_cast<std::size_t>(number(2)), &window_, 1);
    } else if (command == "unwindow") {
      call<Comm, void*>("ncclCommWindowDeregister", comm(), window_);
    } else if (command == "destroy" || command == "abort") {
      for (Comm each : comms_) call(command == "abort" ? "ncclCommAbort" : "ncclCommDestroy", each);
      comms_.clear();
    } else if (command == "error") {
      int error = -1;
      call("ncclCommGetAsyncError", comm(), &error);
      say("async error " + std::to_string(error));
    } else if (command == "last") {
      const auto last = reinterpret_cast<const char* (*)(Comm)>(dlsym(library(), "ncclGetLastError"));
      say(std::string("last error ") + last(comm()));
    } else if (command == "version") {
      int version = 0;
      call("ncclGetVersion", &version);
      say("version " + std::to_string(version));
    } else {
      std::cerr << "no command " << command << '\n';
      std::exit(2);
    }
  }

 private:
  static UniqueId id() {
    UniqueId id{};
    call("ncclGetUniqueId", &id);
    return id;
  }

  void make(int size) {
    const UniqueId shared = id();
    comms_.resize(static_cast<std::size_t>(size));
    call("ncclGroupStart");
    for (int rank = 0; rank < size; ++rank) {
      call("ncclCommInitRank", &comms_[static_cast<std::size_t>(rank)], size, shared, rank);
    }
    call("ncclGroupEnd");
  }

  void in_threads(int size) {
    const UniqueId shared = id();
    comms_.resize(static_cast<std::size_t>(size));
    std::vector<std::thread> threads;
    threads.reserve(comms_.size());
    for (int rank = 0; rank < size; ++rank) {
      threads.emplace_back(
          [&, rank] { call("ncclCommInitRank", &comms_[static_cast<std::size_t>(rank)], size, shared, rank); });
    }
    for (auto& thread : threads) thread.join();
  }

  void reduce(Comm comm, std::size_t count, int dtype, int operation) {
    call<const void*, void*, std::size_t, int, int, Comm, void*>("ncclAllReduce", memory_, memory_, count, dtype,
                                                                 operation, comm, nullptr);
  }

  std::vector<Comm> comms_;
  char* memory_ = static_cast<char*>(std::aligned_alloc(256, 4096));
  void* window_ = nullptr;
};

}  // namespace

int main(int count, char** arguments) {
  static_cast<void>(&ncclGetVersion);
  Program program;
  for (int i = 1; i < count; ++i) {
    std::vector<std::string> words;
    std::istringstream text(arguments[i]);
    for (std::string word; std::getline(text, word, ',');) words.push_back(word);
    program.run(words);
  }
  return 0;
}
