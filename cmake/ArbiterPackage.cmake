# SPDX-License-Identifier: Apache-2.0
# Two packages: `cpack -G DEB` for Debian, where what we need is packaged too, and `cpack -G TGZ`, an archive to unpack
# anywhere, with lib/arbiter/deps (see ArbiterInstall.cmake). Both are stripped.
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

# One archive of both components; the Debian package is made of all but the bundled libraries.
set(CPACK_COMPONENTS_ALL Unspecified bundled)
set(CPACK_COMPONENTS_GROUPING ALL_COMPONENTS_IN_ONE)
set(CPACK_ARCHIVE_COMPONENT_INSTALL ON)
set(CPACK_COMPONENT_INCLUDE_TOPLEVEL_DIRECTORY ON)
set(CPACK_PACKAGE_FILE_NAME arbiter-${PROJECT_VERSION}-linux-${CMAKE_SYSTEM_PROCESSOR})

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_DEPENDS openmpi-bin) # mpirun, which no library's dependency brings
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "gnuplot-nox | gnuplot")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "cmake, g++")
find_program(DPKG_SHLIBDEPS dpkg-shlibdeps)
mark_as_advanced(DPKG_SHLIBDEPS)
if(DPKG_SHLIBDEPS)
  set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
  set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${PROJECT_BINARY_DIR}/${CMAKE_INSTALL_LIBDIR})
endif()
include(CPack)
