# SPDX-License-Identifier: Apache-2.0
#   docker build --target host -t arbiter .         for processors
#   docker build --target cuda -t arbiter:cuda .    for NVIDIA GPUs too
#   docker run --rm --gpus all --shm-size 1g -v "$PWD:/work" arbiter:cuda sweep.yaml
# Both are built on Debian 12, so that the package in dist/ fits Ubuntu 24.04 as well. Every RUN is a step of .ci/image,
# which tests/install/image_test.cpp runs as far as a machine without Docker allows.
ARG CUDA=13.0.1

FROM nvidia/cuda:${CUDA}-devel-ubuntu22.04 AS toolkit

FROM debian:12 AS source
WORKDIR /arbiter
COPY . .
RUN .ci/image packages

FROM source AS host-build
RUN .ci/image package

FROM source AS cuda-build
COPY --from=toolkit /usr/local/cuda /usr/local/cuda
COPY --from=toolkit /usr/include/nccl.h /usr/include/
COPY --from=toolkit /usr/lib/x86_64-linux-gnu/libnccl* /usr/lib/x86_64-linux-gnu/
RUN .ci/image package

FROM debian:12 AS host
COPY .ci/image /usr/local/bin/image
COPY --from=host-build /arbiter/dist /dist
RUN image install
RUN image check
WORKDIR /work
ENTRYPOINT ["arbiter"]

FROM nvidia/cuda:${CUDA}-runtime-ubuntu24.04 AS cuda
COPY .ci/image /usr/local/bin/image
COPY --from=cuda-build /arbiter/dist /dist
RUN image install
RUN image check
RUN image check_cuda
WORKDIR /work
ENTRYPOINT ["arbiter"]
