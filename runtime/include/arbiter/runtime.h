/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ARBITER_RUNTIME_H
#define ARBITER_RUNTIME_H

/*
 * libarbiter_runtime: the AllReduce kernels that Arbiter measured, for programs that know nothing of Arbiter. C99;
 * needs no CUDA header, no MPI, no configuration. The library loads libcuda and, if there is one, NCCL with dlopen.
 *
 *   struct arbiter_comm_options options = ARBITER_COMM_OPTIONS_INIT;
 *   options.rank = rank; options.size = 2; options.device = rank; options.all_gather = my_all_gather;
 *   arbiter_comm_t comm;
 *   arbiter_comm_create(&comm, &options);                   collective
 *   arbiter_comm_reserve(comm, 64 << 20);                   collective: memory and code for messages up to 64 MiB
 *   struct arbiter_operation op = ARBITER_OPERATION_INIT;
 *   op.dtype = ARBITER_BFLOAT16; op.num_tokens = 16; op.hidden_size = 4096; op.input = x; op.output = y;
 *   arbiter_all_reduce(comm, &op, stream);                  local, asynchronous, capturable
 *   arbiter_comm_destroy(comm);
 *
 * Collective calls are made by all ranks of the communicator, in the same order; they may block. All other calls are
 * local and never block. What runs is decided per call by a decision (decision.json, or a built-in one), from the
 * dtype, fusion and shape alone, so all ranks decide alike if they make the same calls. What the decision has no answer
 * for, goes to NCCL.
 *
 * Ranks are processes of one host, or threads of one process, or one thread with several devices (then collective calls
 * need a thread per rank, as all of them wait for each other). Sums are made in fp32 in rank order, so all ranks end
 * with the same bits; what goes to NCCL has NCCL's numerics.
 *
 * Threads: a communicator is used by one thread at a time; different communicators by any threads at once. The last
 * error is per thread. Every call leaves the thread's current CUDA device as it was.
 *
 * ABI: the SONAME changes when an old program would break. A structure's first member is its size, as the caller was
 * compiled; the library refuses sizes that it does not know, and takes members that an older caller lacks as zero.
 */

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ARBITER_RUNTIME_ABI 1

#if defined(__GNUC__)
#define ARBITER_API __attribute__((visibility("default")))
#else
#define ARBITER_API
#endif

/* A cudaStream_t or CUstream, without CUDA's headers. Null is the legacy default stream. */
typedef struct CUstream_st* arbiter_stream_t;

typedef struct arbiter_comm* arbiter_comm_t;

/* Values are never reused. arbiter_last_error() says more about all but ARBITER_OK. */
enum arbiter_status {
  ARBITER_OK = 0,
  ARBITER_INVALID_ARGUMENT = 1, /* what was found and what is allowed; nothing was done */
  ARBITER_UNSUPPORTED = 2,      /* this GPU, host or build cannot, and there is no NCCL to do it; nothing was done */
  ARBITER_DECISION_REFUSED = 3, /* the decision file is not for this machine, or is no decision */
  ARBITER_OUT_OF_MEMORY = 4,
  ARBITER_CUDA_ERROR = 5,
  ARBITER_NCCL_ERROR = 6,
  ARBITER_PEER_LOST = 7,       /* a rank's process ended */
  ARBITER_TIMEOUT = 8,         /* a kernel waited longer than timeout_ms */
  ARBITER_EXCHANGE_FAILED = 9, /* the all-gather callback, or the exchange of handles, failed */
  ARBITER_NOT_RESERVED = 10,   /* the call needs arbiter_comm_reserve() first; nothing was done */
  ARBITER_INTERNAL_ERROR = 11
};

enum arbiter_dtype { ARBITER_BFLOAT16 = 0, ARBITER_FLOAT16 = 1, ARBITER_FLOAT32 = 2 };

/* What is done with each reduced row, in the same kernel. `sum` is the AllReduce's result, T = num_tokens, H =
 * hidden_size, D the dtype of the message. rms(x) = sqrt(mean(x^2) + epsilon) over a row.
 *   NONE                           output = sum
 *   RESIDUAL_RMS_NORM              residual_out = sum + residual_in (rounded to D);
 *                                  norm_out = residual_out / rms(residual_out) * (weight + weight_bias)
 *   RESIDUAL_RMS_NORM_QUANT_FP8    residual_out likewise; quant_out = e4m3(norm / scale), saturating at 448
 *   RESIDUAL_RMS_NORM_QUANT_NVFP4  residual_out likewise; scales_out = e4m3(scale * amax / 6) of each 16 elements of a
 *                                  row; quant_out = e2m1(norm * scale / scales_out) */
enum arbiter_fusion {
  ARBITER_NONE = 0,
  ARBITER_RESIDUAL_RMS_NORM = 1,
  ARBITER_RESIDUAL_RMS_NORM_QUANT_FP8 = 2,
  ARBITER_RESIDUAL_RMS_NORM_QUANT_NVFP4 = 3
};

/* The order of NVFP4's block scales. Row r and block c (of C = ceil(H / 16)) are at
 *   SWIZZLED  cuBLAS's and CUTLASS's 128x4 tiles: ((r / 128) * ceil(C / 4) + c / 4) * 512 + (r % 32) * 16
 *             + (r % 128 / 32) * 4 + c % 4; ceil(T / 128) * ceil(C / 4) * 512 bytes. Padding columns are written as
 *             zero, padding rows are not written
 *   LINEAR    r * C + c; T * C bytes */
enum arbiter_scale_layout { ARBITER_SCALES_SWIZZLED = 0, ARBITER_SCALES_LINEAR = 1 };

enum arbiter_path {
  ARBITER_PATH_NCCL = 0,    /* NCCL, and the fusion as a kernel after it */
  ARBITER_PATH_ONESHOT = 1, /* one kernel: all ranks reduce everything */
  ARBITER_PATH_TWOSHOT = 2, /* one kernel: each row is reduced by one rank and shared */
  ARBITER_PATH_NOTHING = 3  /* an empty message: no work is enqueued */
};

/* Gathers `bytes` of each rank: `receive` has room for size * bytes, in rank order. Returns 0, or anything else if it
 * failed. Called in collective calls only, by the calling thread, with the same `bytes` on every rank (at most some
 * KiB; often less than 100 B). */
typedef int (*arbiter_all_gather_t)(void* context, const void* send, void* receive, size_t bytes);

/* Set it to ARBITER_COMM_OPTIONS_INIT first. Pointers are read during arbiter_comm_create() only, but for the
 * callback's context, which must live as long as the communicator. */
struct arbiter_comm_options {
  size_t struct_size;
  int rank;   /* 0..size-1 */
  int size;   /* 2..1024 ranks; kernels of ours exist for 2, 4 and 8 */
  int device; /* CUDA ordinal in this process; each rank has its own GPU */
  int flags;  /* 0 */

  /* How ranks exchange a few bytes. Null: over nccl_comm. */
  arbiter_all_gather_t all_gather;
  void* all_gather_context;

  /* The caller's ncclComm_t with the same ranks: for what goes to NCCL and, without a callback, for the exchange. The
   * caller destroys it after this communicator. Null: a communicator of our own is made by arbiter_comm_reserve(), if
   * there is an NCCL. */
  void* nccl_comm;
  /* The NCCL library: a name or path for dlopen. Null: the libnccl.so.2 that the process has loaded, or else finds.
   * "": none; what would go to NCCL then ends with ARBITER_UNSUPPORTED (arbiter_path_of() says it beforehand). With
   * nccl_comm, it must be the library that made it. */
  const char* nccl_library;

  /* The decision.json of a sweep, with `#name` behind it for a selector that is not the first. Null: the environment
   * variable ARBITER_DECISION, or else a built-in decision. A file that was not made on this GPU, with this number of
   * ranks, these links, this state of multicast and this NCCL is refused. Where no built-in decision is for this
   * machine, everything goes to NCCL. */
  const char* decision_path;

  /* 0: kernels wait for slow ranks as long as it takes, as NCCL's do. Otherwise a kernel that has waited longer gives
   * up, and the communicator is broken on all ranks (ARBITER_TIMEOUT). Milliseconds. */
  uint64_t timeout_ms;
  /* Device memory per rank that arbiter_comm_reserve() may take for messages. 0: 512 MiB. Messages that do not fit go
   * in chunks. */
  uint64_t max_workspace_bytes;
  /* Communicators (Arbiter's and NCCL's, this one included) with operations in flight on one device at the same time
   * and in any order. With n > 1, a kernel takes at most 1/n of the multiprocessors, so that all of them fit, and lets
   * the next kernel of its stream start when its outputs are written. 0: 2. 1 is for programs whose collectives of a
   * device are all on one stream, and as fast as in the sweep. The same on every rank. */
  int concurrent_communicators;
  int reserved; /* 0 */
};
#define ARBITER_COMM_OPTIONS_INIT \
  { sizeof(struct arbiter_comm_options), 0, 0, 0, 0, NULL, NULL, NULL, NULL, NULL, 0, 0, 0, 0 }

/* One AllReduce (sum). Set it to ARBITER_OPERATION_INIT first; tensors that the fusion does not have are null.
 *
 * The message is row major [num_tokens, hidden_size]. Without rows, hidden_size is 0 and num_tokens the number of
 * elements (ARBITER_NONE only): for a library that knows counts only. An empty message does nothing. All of it but the
 * addresses is the same on every rank.
 *
 * Addresses are device memory of the communicator's device, aligned to their elements for ARBITER_NONE (16 bytes are
 * faster), and to 16 bytes for the other fusions, but for `scale`. In place is allowed: output = input, residual_out =
 * residual_in, norm_out = input, residual_out = input. Any other overlap is undefined. */
struct arbiter_operation {
  size_t struct_size;
  enum arbiter_dtype dtype;
  enum arbiter_fusion fusion;
  int64_t num_tokens;
  int64_t hidden_size;

  const void* input; /* D[T, H] */
  void* output;      /* NONE: D[T, H] */

  const void* residual_in; /* D[T, H] */
  void* residual_out;      /* D[T, H] */
  const void* weight;      /* D[H] */
  void* norm_out;          /* RESIDUAL_RMS_NORM: D[T, H] */
  void* quant_out;         /* QUANT_FP8: e4m3[T, H], a byte each. QUANT_NVFP4: e2m1[T, ceil(H / 2)], two in a byte, the
                              even element in the low half */
  void* scales_out;        /* QUANT_NVFP4: e4m3, see arbiter_scale_layout */
  const float* scale;      /* QUANT_FP8: float[1], norms are divided by it. QUANT_NVFP4: float[1], the global scale, by
                              which they are multiplied. In device memory, read by the kernel */
  double epsilon;
  double weight_bias; /* 0, or 1 for models that store the weight less 1 */
  enum arbiter_scale_layout scale_layout;
  int reserved; /* 0 */
};
#define ARBITER_OPERATION_INIT                                                                                        \
  {                                                                                                                   \
    sizeof(struct arbiter_operation), ARBITER_BFLOAT16, ARBITER_NONE, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, \
        NULL, NULL, 1e-5, 0.0, ARBITER_SCALES_SWIZZLED, 0                                                             \
  }

/* What a call would do. */
struct arbiter_choice {
  size_t struct_size;
  enum arbiter_path path;
  int launches;     /* kernels, or calls of NCCL and kernels: more than 1 where the message goes in chunks */
  int blocks;       /* of the largest launch; 0 for NCCL */
  int status;       /* ARBITER_OK, or the arbiter_status with which arbiter_all_reduce() would refuse this call now */
  char reason[240]; /* in words: why this path, or why it is refused */
};
#define ARBITER_CHOICE_INIT                                          \
  {                                                                  \
    sizeof(struct arbiter_choice), ARBITER_PATH_NCCL, 0, 0, 0, { 0 } \
  }

struct arbiter_comm_info {
  size_t struct_size;
  int rank;
  int size;
  int device;
  int nccl_version;         /* as ncclGetVersion(), 0 without NCCL */
  uint64_t reserved_bytes;  /* the largest message of arbiter_comm_reserve(), 0 before */
  uint64_t chunk_bytes;     /* messages of ONESHOT and TWOSHOT are cut into chunks of at most so many bytes */
  uint64_t workspace_bytes; /* device memory that this rank holds */
  int has_kernels;          /* whether ONESHOT and TWOSHOT can run here */
  int has_nccl;
  char decision[240];       /* which decision, in words: its file, or the built-in one, or why there is none */
  char why_no_kernels[240]; /* empty if has_kernels */
};
#define ARBITER_COMM_INFO_INIT                                              \
  {                                                                         \
    sizeof(struct arbiter_comm_info), 0, 0, 0, 0, 0, 0, 0, 0, 0, {0}, { 0 } \
  }

/* Collective. Makes a communicator: reads the decision, and connects the ranks. Allocates no device memory. On failure
 * *comm is null, on every rank whose call returns. Statuses: all but PEER_LOST, TIMEOUT and NOT_RESERVED. That GPUs
 * cannot reach each other's memory is no failure: everything then goes to NCCL, and arbiter_comm_get_info() says why.
 */
ARBITER_API enum arbiter_status arbiter_comm_create(arbiter_comm_t* comm, const struct arbiter_comm_options* options);

/* Collective, and must not be called while a stream of the device is being captured. Everything that is slow: memory
 * that all ranks map, the code of the kernels, a communicator of NCCL. Afterwards messages of any size can be reduced;
 * those of more than `largest_message_bytes`, or more than max_workspace_bytes has room for, go in chunks or to NCCL.
 * Again with a larger size: waits for this rank's operations and makes larger memory; CUDA graphs that were captured
 * before must then not be launched any more. With a size that is not larger: nothing. On failure the communicator is as
 * it was before, on every rank. */
ARBITER_API enum arbiter_status arbiter_comm_reserve(arbiter_comm_t comm, size_t largest_message_bytes);

/* Enqueues one AllReduce on `stream`, a stream of the communicator's device. Local: allocates nothing, links nothing,
 * waits for nothing. All ranks make the same calls on a communicator in the same order.
 *
 * Operations of one communicator run in the order of the calls, on whatever streams: a call on another stream than the
 * one before waits, on the device, for the operation before.
 *
 * May be captured into a CUDA graph, with other work, in any number. Graphs may be launched in any order and number,
 * the same on every rank, and mixed with eager calls; launches of graphs that share a communicator must be ordered by
 * the caller if they are on different streams (within one capture, streams are ordered as above). A captured call is
 * ordered after earlier eager calls only by the stream that the graph is launched on. */
ARBITER_API enum arbiter_status arbiter_all_reduce(arbiter_comm_t comm, const struct arbiter_operation* operation,
                                                   arbiter_stream_t stream);

/* The path that arbiter_all_reduce() would take; under 100 ns. Does not look at addresses. NCCL also where the call
 * would be refused. Does not set the last error. */
ARBITER_API enum arbiter_path arbiter_path_of(arbiter_comm_t comm, const struct arbiter_operation* operation);

/* The same in detail and in words. Enqueues nothing. */
ARBITER_API enum arbiter_status arbiter_explain(arbiter_comm_t comm, const struct arbiter_operation* operation,
                                                struct arbiter_choice* choice);

/* ARBITER_OK, or what broke the communicator: ARBITER_PEER_LOST or ARBITER_TIMEOUT, on every rank that is left, within
 * about a second. Outputs of operations that had not ended by then mean nothing; kernels that wait have given up, so
 * streams can be synchronised. Every later call but arbiter_comm_destroy() returns it too. Any thread may call it, at
 * any time before arbiter_comm_destroy(). */
ARBITER_API enum arbiter_status arbiter_comm_async_error(arbiter_comm_t comm);

/* `info->struct_size` is set by the caller. */
ARBITER_API enum arbiter_status arbiter_comm_get_info(arbiter_comm_t comm, struct arbiter_comm_info* info);

/* Waits for this rank's operations and frees everything; not collective: other ranks may still finish operations that
 * this rank has enqueued. Null is allowed. Graphs that were captured must not be launched any more. */
ARBITER_API enum arbiter_status arbiter_comm_destroy(arbiter_comm_t comm);

/* What the last call of this thread that did not return ARBITER_OK found, and what is allowed; "" if there was none.
 * Valid until the thread's next call. */
ARBITER_API const char* arbiter_last_error(void);

/* "ARBITER_OK", ...; "unknown status" for other numbers. */
ARBITER_API const char* arbiter_status_name(int status);
/* "NCCL", "ONESHOT", "TWOSHOT", "NOTHING"; "unknown path". */
ARBITER_API const char* arbiter_path_name(int path);
/* 10000 * major + 100 * minor + patch of the library that is loaded. */
ARBITER_API int arbiter_version(void);

#ifdef __cplusplus
}
#endif

#endif
