// SPDX-License-Identifier: Apache-2.0
#include "nccl.hpp"

#include <type_traits>

#include <dlfcn.h>
#include <fmt/format.h>

#include "errors.hpp"

namespace arbiter::runtime {

namespace {

constexpr int nccl_sum = 0;
constexpr int nccl_uint8 = 1;

int type_of(arbiter_dtype dtype) {
  constexpr int half = 6;
  constexpr int single = 7;
  constexpr int bfloat16 = 9;
  return dtype == ARBITER_BFLOAT16 ? bfloat16 : dtype == ARBITER_FLOAT16 ? half : single;
}

static_assert(std::is_trivially_copyable_v<NcclId> && sizeof(NcclId) == 128, "is passed by value, as ncclUniqueId");

}  // namespace

std::shared_ptr<const Nccl> Nccl::load(const char* name, std::string& why) {
  void* const library = ::dlopen(name, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    const char* const error = ::dlerror();
    why = fmt::format("there is no NCCL: {}", error == nullptr ? name : error);
    return nullptr;
  }
  std::shared_ptr<Nccl> nccl(new Nccl);
  const auto find = [&](auto& function, const char* symbol) {
    function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(::dlsym(library, symbol));
    if (function == nullptr && why.empty()) why = fmt::format("{} has no {}", name, symbol);
  };
  int (*get_version)(int*) = nullptr;
  find(get_version, "ncclGetVersion");
  find(nccl->error_string_, "ncclGetErrorString");
  find(nccl->get_id_, "ncclGetUniqueId");
  find(nccl->init_, "ncclCommInitRank");
  find(nccl->destroy_, "ncclCommDestroy");
  find(nccl->rank_, "ncclCommUserRank");
  find(nccl->count_, "ncclCommCount");
  find(nccl->all_reduce_, "ncclAllReduce");
  find(nccl->all_gather_, "ncclAllGather");
  if (!why.empty()) return nullptr;
  nccl->check(get_version(&nccl->version_), "ask for NCCL's version");
  return nccl;
}

void Nccl::check(int code, const char* action) const {
  if (code != 0) throw CallError(ARBITER_NCCL_ERROR, fmt::format("{}: {}", action, error_string_(code)));
}

NcclId Nccl::make_id() const {
  NcclId id{};
  check(get_id_(&id), "make a unique id of NCCL");
  return id;
}

void* Nccl::init(const NcclId& id, int rank, int size) const {
  void* comm = nullptr;
  check(init_(&comm, size, id, rank), "make a communicator of NCCL");
  return comm;
}

void Nccl::destroy(void* comm) const { static_cast<void>(destroy_(comm)); }

int Nccl::rank_of(void* comm) const {
  int rank = 0;
  check(rank_(comm, &rank), "ask for the rank in NCCL's communicator");
  return rank;
}

int Nccl::size_of(void* comm) const {
  int size = 0;
  check(count_(comm, &size), "ask for the size of NCCL's communicator");
  return size;
}

void Nccl::all_reduce(const void* from, void* to, std::size_t count, arbiter_dtype dtype, void* comm,
                      arbiter_stream_t stream) const {
  check(all_reduce_(from, to, count, type_of(dtype), nccl_sum, comm, stream), "ncclAllReduce");
}

void Nccl::all_gather_bytes(const void* from, void* to, std::size_t bytes, void* comm, arbiter_stream_t stream) const {
  check(all_gather_(from, to, bytes, nccl_uint8, comm, stream), "ncclAllGather");
}

}  // namespace arbiter::runtime
