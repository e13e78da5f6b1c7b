# SPDX-License-Identifier: Apache-2.0
include(GoogleTest)

# gmock's header is nearly half of a test's compilation, and others' are an eighth.
function(arbiter_precompile_test target)
  if(NOT ARBITER_PRECOMPILE)
    return()
  endif()
  if(NOT TARGET tests_precompiled)
    file(CONFIGURE OUTPUT tests_precompiled.cpp CONTENT "int main() { return 0; }\n")
    add_executable(tests_precompiled ${CMAKE_CURRENT_BINARY_DIR}/tests_precompiled.cpp)
    target_link_libraries(tests_precompiled PRIVATE arbiter_runner arbiter_warnings GTest::gmock)
    target_precompile_headers(tests_precompiled PRIVATE <gmock/gmock.h> <fmt/format.h> <fmt/ranges.h>
      <algorithm> <chrono> <filesystem> <fstream> <random> <regex> <set> <thread>)
  endif()
  target_precompile_headers(${target} REUSE_FROM tests_precompiled)
endfunction()

# What LeakSanitizer must know, in every program of a sanitizer build.
function(arbiter_suppress_foreign_leaks target)
  if(CMAKE_CXX_FLAGS MATCHES "-fsanitize=")
    target_sources(${target} PRIVATE ${PROJECT_SOURCE_DIR}/tests/sanitizer/leaks.cpp)
    set_property(SOURCE ${PROJECT_SOURCE_DIR}/tests/sanitizer/leaks.cpp PROPERTY SKIP_PRECOMPILE_HEADERS ON)
  endif()
endfunction()
arbiter_suppress_foreign_leaks(runner)

# What every test program has: the runner's library, the folders' headers, and where built things are.
function(arbiter_configure_test target)
  target_link_libraries(${target} PRIVATE tests_support arbiter_runner arbiter_warnings GTest::gmock)
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  target_compile_definitions(${target} PRIVATE
    BUILT_PLUGINS="${PROJECT_BINARY_DIR}/${ARBITER_PLUGIN_DIR}" CONFIGS="${PROJECT_SOURCE_DIR}/configs"
    RESULTS="${PROJECT_SOURCE_DIR}/results" CXX_COMPILER="${CMAKE_CXX_COMPILER}")
  set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  arbiter_precompile_test(${target})
  arbiter_suppress_foreign_leaks(${target})
endfunction()

# arbiter_add_test(<target> SOURCES <file>... [LINK <library>...] [LABELS <label>...] [PLUGINS <target>...]
#                  [PROPERTIES <name> <value>...])
# One GoogleTest binary; each of its tests is a ctest with those properties. A plugin it loads is built first, and its
# file is <NAME>_PLUGIN: sink_csv is CSV_PLUGIN.
function(arbiter_add_test target)
  cmake_parse_arguments(TEST "" "" "SOURCES;LINK;LABELS;PLUGINS;PROPERTIES" ${ARGN})
  add_executable(${target} ${TEST_SOURCES})
  target_link_libraries(${target} PRIVATE GTest::gtest_main ${TEST_LINK})
  arbiter_configure_test(${target})
  foreach(plugin IN LISTS TEST_PLUGINS)
    string(REGEX REPLACE "^[a-z]+_(.+)$" "\\1" name ${plugin})
    string(TOUPPER ${name} name)
    target_compile_definitions(${target} PRIVATE ${name}_PLUGIN="$<TARGET_FILE:${plugin}>")
    add_dependencies(${target} ${plugin})
  endforeach()
  gtest_discover_tests(${target} NO_PRETTY_VALUES DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT 300
    ${TEST_PROPERTIES} LABELS "${TEST_LABELS}")
endfunction()

# arbiter_add_mpi_test(<target> RANKS <n>... SOURCES <file>... [LINK <library>...] [LABELS <label>...])
# One GoogleTest binary with a main of its own that starts MPI; each rank count is a ctest that runs all of it under
# mpirun.
function(arbiter_add_mpi_test target)
  cmake_parse_arguments(TEST "" "" "RANKS;SOURCES;LINK;LABELS" ${ARGN})
  add_executable(${target} ${TEST_SOURCES} ${PROJECT_SOURCE_DIR}/tests/support/mpi_main.cpp)
  target_link_libraries(${target} PRIVATE ${TEST_LINK})
  arbiter_configure_test(${target})
  if(CMAKE_CXX_FLAGS MATCHES "-fsanitize=" AND 3 IN_LIST TEST_RANKS)
    set(TEST_RANKS 3) # where ranks outnumber the cores, a sanitizer makes each more of them slow
  endif()
  foreach(ranks IN LISTS TEST_RANKS)
    add_test(NAME ${target}_${ranks}_ranks
      COMMAND ${MPIEXEC_EXECUTABLE} --oversubscribe -n ${ranks} $<TARGET_FILE:${target}>)
    set_tests_properties(${target}_${ranks}_ranks PROPERTIES
      TIMEOUT 600 PROCESSORS ${ranks} LABELS "${TEST_LABELS}"
      ENVIRONMENT "OMPI_ALLOW_RUN_AS_ROOT=1;OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1;OMPI_MCA_mpi_yield_when_idle=1;OMPI_MCA_coll_tuned_use_dynamic_rules=1")
  endforeach()
endfunction()

# arbiter_add_sample(<target> <folder>/<name>.cpp): a shared object that a test loads, <folder>/<name>.so of the build folder.
function(arbiter_add_sample target source)
  cmake_path(GET source STEM name)
  cmake_path(GET source PARENT_PATH folder)
  add_library(${target} MODULE ${source})
  target_link_libraries(${target} PRIVATE arbiter arbiter_warnings)
  set_target_properties(${target} PROPERTIES
    PREFIX "" OUTPUT_NAME ${name} LIBRARY_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/${folder})
endfunction()

# arbiter_add_folder_samples(<variable> <prefix> <folder>): one of each .cpp; the variable lists the targets.
function(arbiter_add_folder_samples variable prefix folder)
  file(GLOB sources CONFIGURE_DEPENDS RELATIVE ${CMAKE_CURRENT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*.cpp)
  set(targets "")
  foreach(source IN LISTS sources)
    cmake_path(GET source STEM name)
    arbiter_add_sample(${prefix}_${name} ${source})
    list(APPEND targets ${prefix}_${name})
  endforeach()
  set(${variable} ${targets} PARENT_SCOPE)
endfunction()

# arbiter_add_plugin_folder_tests(<kind> <folder> [<left out>...]): one binary for each folder of tests, linked with the
# plugin's parts and given its file.
function(arbiter_add_plugin_folder_tests kind root)
  file(GLOB folders CONFIGURE_DEPENDS LIST_DIRECTORIES true ${CMAKE_CURRENT_SOURCE_DIR}/${root}/*)
  foreach(folder IN LISTS folders)
    cmake_path(GET folder FILENAME name)
    file(GLOB sources CONFIGURE_DEPENDS ${folder}/*_test.cpp)
    if(NOT sources OR name IN_LIST ARGN)
      continue()
    endif()
    set(link ${kind}_common fmt::fmt)
    if(TARGET ${kind}_${name}_parts)
      list(APPEND link ${kind}_${name}_parts)
    endif()
    set(plugins "")
    if(TARGET ${kind}_${name})
      list(APPEND plugins ${kind}_${name})
    endif()
    if(kind STREQUAL sink)
      list(APPEND plugins heuristic_lut)
    endif()
    arbiter_add_test(${kind}_${name}_test SOURCES ${sources} LINK ${link} LABELS ${kind}s PLUGINS ${plugins})
    if(TARGET ${kind}_${name})
      target_compile_definitions(${kind}_${name}_test PRIVATE PLUGIN="$<TARGET_FILE:${kind}_${name}>")
    endif()
  endforeach()
endfunction()
