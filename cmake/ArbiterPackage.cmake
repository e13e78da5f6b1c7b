# SPDX-License-Identifier: Apache-2.0
# Two packages: `cpack -G DEB` for Debian 12 and Ubuntu 24.04, and `cpack -G TGZ`, an archive to unpack anywhere. Both are
# stripped and have lib/arbiter/deps (see ArbiterInstall.cmake): the two distributions have different versions of yaml-cpp,
# spdlog and Boost, under names of their own. The archive also has a README and bin/runner.
set(CPACK_PACKAGE_NAME arbiter)
set(CPACK_PACKAGE_CONTACT "The Arbiter authors")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "measures every AllReduce and decides which one to use")
set(CPACK_PACKAGE_DESCRIPTION "Arbiter measures every way of doing an AllReduce on the machine in front of it, decides which \
one to use for which shape, and writes that decision as the table an inference engine loads. Strategies, fusions, \
heuristics and sinks are plugins; this package has the runner, the built-in plugins and what is needed to write more.")
set(CPACK_RESOURCE_FILE_README ${PROJECT_SOURCE_DIR}/README.md)
set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
set(CPACK_STRIP_FILES ON)
set(CPACK_GENERATOR DEB TGZ)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS ${CMAKE_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS})

# The components of one package each; ArbiterPackageParts.cmake chooses them.
set(CPACK_PROJECT_CONFIG_FILE ${PROJECT_SOURCE_DIR}/cmake/ArbiterPackageParts.cmake)
set(CPACK_COMPONENTS_GROUPING ALL_COMPONENTS_IN_ONE)
set(CPACK_ARCHIVE_COMPONENT_INSTALL ON)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENT_INCLUDE_TOPLEVEL_DIRECTORY ON)
set(CPACK_PACKAGE_FILE_NAME arbiter-${PROJECT_VERSION}-linux-${CMAKE_SYSTEM_PROCESSOR})

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
# mpirun, and the libraries that are not bundled, under both of their names: Ubuntu 24.04 renamed those whose types have
# other sizes on 32 bits (t64). What is built with the C library of Debian 12 or an older one runs with that of 2.35.
set(libc_version 2.35)
execute_process(COMMAND getconf GNU_LIBC_VERSION OUTPUT_VARIABLE own_libc ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE)
if(own_libc MATCHES "^glibc ([0-9.]+)$" AND CMAKE_MATCH_1 VERSION_GREATER 2.36)
  set(libc_version ${CMAKE_MATCH_1})
endif()
string(REGEX MATCH "^[0-9]+" compiler_version ${CMAKE_CXX_COMPILER_VERSION})
set(CPACK_DEBIAN_PACKAGE_DEPENDS "libc6 (>= ${libc_version}), libstdc++6 (>= ${compiler_version}), libgcc-s1, \
libopenmpi3 | libopenmpi3t64, openmpi-bin")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "gnuplot-nox | gnuplot")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "cmake, g++")
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS OFF) # it names what this machine has
include(CPack)
