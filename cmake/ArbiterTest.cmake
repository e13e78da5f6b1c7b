include(GoogleTest)

# gmock's header is nearly half of a test's compilation. ccache does not keep what is compiled with precompiled headers,
# so this is for clean builds.
option(ARBITER_PRECOMPILE_TESTS "Compile gmock's header once for all tests" OFF)
function(arbiter_precompile_gmock target)
  if(NOT ARBITER_PRECOMPILE_TESTS)
    return()
  endif()
  if(NOT TARGET tests_precompiled)
    file(CONFIGURE OUTPUT tests_precompiled.cpp CONTENT "int main() { return 0; }\n")
    add_executable(tests_precompiled ${CMAKE_CURRENT_BINARY_DIR}/tests_precompiled.cpp)
    target_link_libraries(tests_precompiled PRIVATE arbiter arbiter_warnings GTest::gmock)
    target_precompile_headers(tests_precompiled PRIVATE <gmock/gmock.h>)
  endif()
  target_precompile_headers(${target} REUSE_FROM tests_precompiled)
endfunction()

# arbiter_add_test(<target> SOURCES <file>... [LINK <library>...] [LABELS <label>...] [PROPERTIES <name> <value>...])
# One GoogleTest binary; each of its tests is a ctest with those properties.
function(arbiter_add_test target)
  cmake_parse_arguments(TEST "" "" "SOURCES;LINK;LABELS;PROPERTIES" ${ARGN})
  add_executable(${target} ${TEST_SOURCES})
  target_link_libraries(${target} PRIVATE arbiter arbiter_warnings GTest::gmock GTest::gtest_main ${TEST_LINK})
  arbiter_precompile_gmock(${target})
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/tests ${PROJECT_SOURCE_DIR}/core/src)
  set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  gtest_discover_tests(${target} NO_PRETTY_VALUES DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT 120
    ${TEST_PROPERTIES} LABELS "${TEST_LABELS}")
endfunction()

# arbiter_add_mpi_test(<target> RANKS <n>... SOURCES <file>... [LINK <library>...] [LABELS <label>...])
# One GoogleTest binary with a main of its own that starts MPI; each rank count is a ctest that runs all of it under
# mpirun.
function(arbiter_add_mpi_test target)
  cmake_parse_arguments(TEST "" "" "RANKS;SOURCES;LINK;LABELS" ${ARGN})
  add_executable(${target} ${TEST_SOURCES} ${PROJECT_SOURCE_DIR}/tests/support/mpi_main.cpp)
  target_link_libraries(${target} PRIVATE arbiter arbiter_warnings GTest::gmock MPI::MPI_CXX ${TEST_LINK})
  arbiter_precompile_gmock(${target})
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/tests ${PROJECT_SOURCE_DIR}/core/src)
  set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/tests)
  foreach(ranks IN LISTS TEST_RANKS)
    add_test(NAME ${target}_${ranks}_ranks
      COMMAND ${MPIEXEC_EXECUTABLE} --oversubscribe -n ${ranks} $<TARGET_FILE:${target}>)
    set_tests_properties(${target}_${ranks}_ranks PROPERTIES
      TIMEOUT 180 PROCESSORS ${ranks} LABELS "${TEST_LABELS}"
      ENVIRONMENT "OMPI_ALLOW_RUN_AS_ROOT=1;OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1;OMPI_MCA_mpi_yield_when_idle=1;OMPI_MCA_coll_tuned_use_dynamic_rules=1")
  endforeach()
endfunction()
