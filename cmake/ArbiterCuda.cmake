# SPDX-License-Identifier: Apache-2.0
# Device code of strategies and fusions. It needs the CUDA toolkit's nvcc, at build time only; without it the host part is
# built.
option(ARBITER_CUDA "Build the cuda backend and what runs on it, if there is a CUDA toolkit" ON)
set(ARBITER_CUDA_FOUND FALSE)
if(ARBITER_CUDA)
  find_package(CUDAToolkit 12.4 QUIET)
  set(ARBITER_CUDA_FOUND ${CUDAToolkit_FOUND})
endif()
if(ARBITER_CUDA_FOUND)
  message(STATUS "CUDA ${CUDAToolkit_VERSION}: ${CUDAToolkit_NVCC_EXECUTABLE}")
else()
  message(STATUS "No CUDA toolkit: the host part only")
endif()

# The architectures LTO-IR is made for; each serves all later ones. A strategy's kernels differ between them.
set(ARBITER_DEVICE_ARCHITECTURES 80 90 100 CACHE STRING "What device code is compiled for")

# arbiter_add_device_code(<target> <name> SOURCE <file.cu> [DTYPES <dtype>...] [ARCHITECTURES <sm>...] [DEFINES <name=value>...])
# Compiles the file to LTO-IR once per message dtype (bfloat16, float16, float32; ARBITER_DTYPE is 0, 1, 2) and embeds
# it in the target, which includes "device_code/<name>.hpp" for `arbiter::cuda::DeviceCode <name>_code(arbiter::DType)`.
# The target's own sources see ARBITER_HAS_CUDA.
function(arbiter_add_device_code target name)
  cmake_parse_arguments(PARSE_ARGV 2 DEVICE "" "SOURCE" "DTYPES;ARCHITECTURES;DEFINES")
  if(NOT DEVICE_SOURCE)
    message(FATAL_ERROR "arbiter_add_device_code(${target} ${name} ...): SOURCE is missing")
  endif()
  if(NOT DEVICE_DTYPES)
    set(DEVICE_DTYPES bfloat16 float16 float32)
  endif()
  if(NOT DEVICE_ARCHITECTURES)
    set(DEVICE_ARCHITECTURES ${ARBITER_DEVICE_ARCHITECTURES})
  endif()
  list(TRANSFORM DEVICE_DEFINES PREPEND -D)
  cmake_path(ABSOLUTE_PATH DEVICE_SOURCE NORMALIZE)
  set(number_bfloat16 0)
  set(number_float16 1)
  set(number_float32 2)
  set(architectures "")
  foreach(sm IN LISTS DEVICE_ARCHITECTURES)
    list(APPEND architectures -gencode=arch=compute_${sm},code=lto_${sm})
  endforeach()

  set(dir ${CMAKE_CURRENT_BINARY_DIR}/device_code)
  file(MAKE_DIRECTORY ${dir})
  set(symbols "")
  set(cases "")
  set(fatbins "")
  foreach(dtype IN LISTS DEVICE_DTYPES)
    set(fatbin ${dir}/${name}.${dtype}.fatbin)
    add_custom_command(OUTPUT ${fatbin}
      COMMAND ${CUDAToolkit_NVCC_EXECUTABLE} -std=c++20 -dc -fatbin ${architectures} --fmad=false
        -DARBITER_DTYPE=${number_${dtype}} ${DEVICE_DEFINES} $<$<BOOL:${ARBITER_WERROR}>:-Werror=all-warnings>
        "-I$<JOIN:$<TARGET_PROPERTY:${target},INCLUDE_DIRECTORIES>,;-I>"
        "-I$<JOIN:$<TARGET_PROPERTY:Arbiter::arbiter,INTERFACE_INCLUDE_DIRECTORIES>,;-I>"
        -MD -MF ${fatbin}.d -MT ${fatbin} -o ${fatbin} ${DEVICE_SOURCE}
      DEPENDS ${DEVICE_SOURCE} DEPFILE ${fatbin}.d
      COMMENT "Compiling ${name} to LTO-IR for ${dtype}" VERBATIM COMMAND_EXPAND_LISTS)
    list(APPEND fatbins ${fatbin})
    string(APPEND symbols "ARBITER_EMBED(arbiter_${name}_${dtype}, \"${fatbin}\");\n")
    string(APPEND cases
      "    case DType::${dtype}: return arbiter_code(\"${name}.${dtype}\", arbiter_${name}_${dtype}, arbiter_${name}_${dtype}_end);\n")
  endforeach()
  set(ARBITER_DEVICE_NAME ${name})
  set(ARBITER_DEVICE_SYMBOLS "${symbols}")
  set(ARBITER_DEVICE_CASES "${cases}")
  configure_file(${CMAKE_CURRENT_FUNCTION_LIST_DIR}/device_code.cpp.in ${dir}/${name}.cpp @ONLY)
  configure_file(${CMAKE_CURRENT_FUNCTION_LIST_DIR}/device_code.hpp.in ${dir}/${name}.hpp @ONLY)
  # The generated file's object holds the code, which the compiler does not see.
  set_property(SOURCE ${dir}/${name}.cpp APPEND PROPERTY OBJECT_DEPENDS ${fatbins})
  target_sources(${target} PRIVATE ${dir}/${name}.cpp)
  target_include_directories(${target} PRIVATE ${CMAKE_CURRENT_BINARY_DIR})
  target_compile_definitions(${target} PRIVATE ARBITER_HAS_CUDA)
endfunction()
