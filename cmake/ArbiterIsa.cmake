# SPDX-License-Identifier: Apache-2.0
# arbiter_add_isa_sources(<target> <file>...)
# Compiles each file once per instruction set, with ARBITER_ISA defined as portable, avx2 or avx512: the file puts its
# functions into `namespace ARBITER_ISA`, and the caller picks one at run time with arbiter::isa(). Contraction to
# fused multiply-adds is off, so that every instruction set gives the same bits. UBSan is left out where it is on: with
# everything inlined it takes minutes per file. Where AddressSanitizer is, -O3 takes twice as long to compile as -O1.
set(ARBITER_ISA_portable "")
set(ARBITER_ISA_avx2 -mavx2 -mf16c)
set(ARBITER_ISA_avx512 -mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx2 -mf16c -mprefer-vector-width=512)

set(ARBITER_ISA_optimisation -O3)
if(CMAKE_CXX_FLAGS MATCHES "-fsanitize=")
  set(ARBITER_ISA_optimisation -O1)
endif()

function(arbiter_add_isa_sources target)
  foreach(isa portable avx2 avx512)
    if(NOT isa STREQUAL portable AND NOT CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
      continue()
    endif()
    add_library(${target}_${isa} OBJECT ${ARGN})
    target_compile_options(${target}_${isa} PRIVATE
      ${ARBITER_ISA_optimisation} -ffp-contract=off -fno-sanitize=undefined ${ARBITER_ISA_${isa}})
    target_compile_definitions(${target}_${isa} PRIVATE ARBITER_ISA=${isa})
    target_include_directories(${target}_${isa} PRIVATE
      $<TARGET_PROPERTY:${target},INCLUDE_DIRECTORIES> ${CMAKE_CURRENT_SOURCE_DIR})
    set_target_properties(${target}_${isa} PROPERTIES POSITION_INDEPENDENT_CODE ON CXX_VISIBILITY_PRESET hidden)
    target_compile_features(${target}_${isa} PRIVATE cxx_std_20)
    target_link_libraries(${target}_${isa} PRIVATE $<TARGET_NAME_IF_EXISTS:arbiter_warnings>)
    target_sources(${target} PRIVATE $<TARGET_OBJECTS:${target}_${isa}>)
  endforeach()
endfunction()
