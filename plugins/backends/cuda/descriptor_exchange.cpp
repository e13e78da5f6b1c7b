// SPDX-License-Identifier: Apache-2.0
#include "descriptor_exchange.hpp"

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <random>
#include <utility>

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "arbiter/error.hpp"
#include "arbiter/process_group.hpp"

namespace arbiter::cuda {

namespace {

constexpr timeval longest_wait{10, 0};

struct Address {
  sockaddr_un name;
  socklen_t length;
};

struct Message {
  std::uint64_t token;  ///< of this exchange: any process can write to an abstract socket
  std::uint64_t number;
  int rank;
};

/// A control message with room for one descriptor.
struct alignas(cmsghdr) Control {
  std::array<std::byte, CMSG_SPACE(sizeof(int))> bytes{};
};

Descriptor make_socket(Address& address) {
  Descriptor socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (socket.get() < 0) throw SystemError("make a Unix socket", errno);
  ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &longest_wait, sizeof longest_wait);
  ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &longest_wait, sizeof longest_wait);
  address.name.sun_family = AF_UNIX;
  // Without a path, the kernel chooses an unused abstract name.
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address.name), sizeof(sa_family_t)) != 0) {
    throw SystemError("name a Unix socket", errno);
  }
  address.length = sizeof address.name;
  if (::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address.name), &address.length) != 0) {
    throw SystemError("ask for a Unix socket's name", errno);
  }
  return socket;
}

void hand_over(int socket, Address& to, Message message, int descriptor) {
  Control control;
  iovec part{&message, sizeof message};
  msghdr header{};
  header.msg_name = &to.name;
  header.msg_namelen = to.length;
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control.bytes.data();
  header.msg_controllen = control.bytes.size();
  cmsghdr* rights = CMSG_FIRSTHDR(&header);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(sizeof descriptor);
  std::memcpy(CMSG_DATA(rights), &descriptor, sizeof descriptor);
  if (::sendmsg(socket, &header, 0) < 0) throw SystemError("hand a file descriptor to a peer", errno);
}

/// The next descriptor of this exchange.
std::pair<int, Handed> receive(int socket, std::uint64_t token) {
  for (;;) {
    Message message{};
    Control control;
    iovec part{&message, sizeof message};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control.bytes.data();
    header.msg_controllen = control.bytes.size();
    const auto got = ::recvmsg(socket, &header, MSG_CMSG_CLOEXEC);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw SystemError("get a file descriptor from a peer", errno);
    Handed handed;
    const cmsghdr* rights = CMSG_FIRSTHDR(&header);
    if (rights != nullptr && rights->cmsg_level == SOL_SOCKET && rights->cmsg_type == SCM_RIGHTS) {
      int descriptor = -1;
      std::memcpy(&descriptor, CMSG_DATA(rights), sizeof descriptor);
      handed.descriptor = Descriptor(descriptor);
    }
    if (got != sizeof message || message.token != token || handed.descriptor.get() < 0) continue;
    handed.number = message.number;
    return {message.rank, std::move(handed)};
  }
}

}  // namespace

Descriptor::~Descriptor() {
  if (value_ >= 0) ::close(value_);
}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  std::swap(value_, other.value_);
  return *this;
}

std::vector<Handed> exchange_descriptors(ProcessGroup& group, int own, std::uint64_t number) {
  std::random_device random;
  std::uint64_t token = (static_cast<std::uint64_t>(random()) << 32U) | random();
  group.broadcast(&token, sizeof token, 0);
  const auto ranks = static_cast<std::size_t>(group.size());
  const auto rank = static_cast<std::size_t>(group.rank());
  Address address{};
  Descriptor socket;
  std::string failure = failure_of([&] { socket = make_socket(address); });
  if (failure = first_failure(failure, group); !failure.empty()) throw Error(failure);
  std::vector<Address> addresses(ranks);
  group.all_gather(&address, addresses.data(), sizeof address);

  std::vector<Handed> handed(ranks);
  failure = failure_of([&] {
    // Sends and receives alternate, because a socket queues only a few messages.
    for (std::size_t step = 1; step < ranks; ++step) {
      hand_over(socket.get(), addresses[(rank + step) % ranks], {token, number, group.rank()}, own);
      auto [from, what] = receive(socket.get(), token);
      handed.at(static_cast<std::size_t>(from)) = std::move(what);
    }
  });
  if (failure = first_failure(failure, group); !failure.empty()) throw Error(failure);
  return handed;
}

}  // namespace arbiter::cuda
