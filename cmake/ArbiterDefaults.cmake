# SPDX-License-Identifier: Apache-2.0
# What every target of this tree is compiled with, and where the build tree puts it (as the install tree does).
option(ARBITER_BUILD_TESTS "Build the tests" ${PROJECT_IS_TOP_LEVEL})
option(ARBITER_BUILD_BENCHMARKS "Build the Google Benchmark suite" ${PROJECT_IS_TOP_LEVEL})
option(ARBITER_WERROR "Warnings are errors" OFF)

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

# The same bits on every processor, so that ranks on different hosts have the same data: no fused multiply-adds.
add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-ffp-contract=off>)

set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/${CMAKE_INSTALL_BINDIR})
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/${CMAKE_INSTALL_LIBDIR})
set(ARBITER_PLUGIN_DIR ${CMAKE_INSTALL_LIBDIR}/arbiter/plugins)
set(ARBITER_PYTHON_DIR ${CMAKE_INSTALL_LIBDIR}/arbiter/python)

# RPATH and not RUNPATH: a library's RUNPATH serves that library alone, while an RPATH also serves whatever it drags in.
# So GLPK, which Debian built without either, finds its own libraries in the archive's lib/arbiter/deps, and a plugin from
# elsewhere finds libarbiter and libarbiter_plots through the runner's.
add_link_options(LINKER:--as-needed,--disable-new-dtags)

# ccache does not keep what is compiled with precompiled headers, so this is for clean builds.
option(ARBITER_PRECOMPILE "Compile headers that most sources include once for all of them" OFF)

# arbiter_precompile(<target>): for a target of position-independent code that links fmt::fmt. Others' headers are a third
# of what most of its sources take. nlohmann's is left out: few include it, and all would load it.
function(arbiter_precompile target)
  if(NOT ARBITER_PRECOMPILE)
    return()
  endif()
  if(NOT TARGET arbiter_precompiled)
    file(CONFIGURE OUTPUT precompiled.cpp CONTENT "")
    add_library(arbiter_precompiled OBJECT ${CMAKE_CURRENT_BINARY_DIR}/precompiled.cpp)
    target_link_libraries(arbiter_precompiled PRIVATE arbiter_warnings fmt::fmt)
    target_precompile_headers(arbiter_precompiled PRIVATE <algorithm> <chrono> <filesystem> <fstream> <functional> <map>
      <memory> <optional> <set> <span> <sstream> <string> <unordered_map> <vector> <fmt/format.h> <fmt/ranges.h>)
  endif()
  target_precompile_headers(${target} REUSE_FROM arbiter_precompiled)
endfunction()

find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

add_library(arbiter_warnings INTERFACE)
target_compile_options(arbiter_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor -Woverloaded-virtual
  -Wold-style-cast -Wcast-qual -Wundef
  $<$<BOOL:${ARBITER_WERROR}>:-Werror>)
