# SPDX-License-Identifier: Apache-2.0
# cmake -DBUILD=<build folder> -DWORK=<folder> -P make_prefix.cmake: installs to WORK/staged, then moves it to WORK/moved.
file(REMOVE_RECURSE ${WORK}/staged ${WORK}/moved)
execute_process(COMMAND ${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK}/staged
  OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
file(RENAME ${WORK}/staged ${WORK}/moved)
