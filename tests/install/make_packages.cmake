# SPDX-License-Identifier: Apache-2.0
# cmake -DBUILD=<build folder> -DWORK=<folder> -P make_packages.cmake: what cpack makes, in WORK/packages, and the
# archive unpacked in WORK/unpacked. The Debian package is made where Debian's tools are.
file(REMOVE_RECURSE ${WORK}/packages ${WORK}/unpacked)
find_program(DPKG_SHLIBDEPS dpkg-shlibdeps)
set(generators TGZ)
if(DPKG_SHLIBDEPS)
  set(generators "DEB;TGZ")
endif()
execute_process(COMMAND ${CMAKE_CPACK_COMMAND} -G "${generators}" -B ${WORK}/packages --config ${BUILD}/CPackConfig.cmake
  OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
file(REMOVE_RECURSE ${WORK}/packages/_CPack_Packages)
file(GLOB archive ${WORK}/packages/*.tar.gz)
file(ARCHIVE_EXTRACT INPUT ${archive} DESTINATION ${WORK}/unpacked)
