# SPDX-License-Identifier: Apache-2.0
# cmake -DBUILD=<build folder> -DWORK=<folder> -P make_packages.cmake: what cpack makes, in WORK/packages, and the
# archive unpacked in WORK/unpacked; where there is dpkg-deb, what the Debian package installs is in WORK/root.
file(REMOVE_RECURSE ${WORK}/packages ${WORK}/unpacked ${WORK}/root)
execute_process(COMMAND ${CMAKE_CPACK_COMMAND} -G "DEB;TGZ" -B ${WORK}/packages --config ${BUILD}/CPackConfig.cmake
  OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
file(REMOVE_RECURSE ${WORK}/packages/_CPack_Packages)
file(GLOB archive ${WORK}/packages/*.tar.gz)
file(ARCHIVE_EXTRACT INPUT ${archive} DESTINATION ${WORK}/unpacked)
find_program(DPKG_DEB dpkg-deb)
if(DPKG_DEB)
  file(GLOB package ${WORK}/packages/*.deb)
  execute_process(COMMAND ${DPKG_DEB} --extract ${package} ${WORK}/root COMMAND_ERROR_IS_FATAL ANY)
endif()
