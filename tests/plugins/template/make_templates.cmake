# SPDX-License-Identifier: Apache-2.0
# cmake -DBUILD=<build folder> -DWORK=<folder> -DPLUGINS=<plugin folder of a prefix> -DCXX=... -DCXX_FLAGS=... -P make_templates.cmake
# A third party's first steps: installs to WORK/prefix and builds all templates, as installed, in WORK/build. The checksums
# of the built-in plugins are taken before there is any template.
file(REMOVE_RECURSE ${WORK}/prefix ${WORK}/build)
execute_process(COMMAND ${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK}/prefix OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)

file(GLOB plugins ${WORK}/prefix/${PLUGINS}/*.so)
foreach(plugin IN LISTS plugins)
  file(SHA256 ${plugin} sum)
  string(APPEND sums "${sum}  ${plugin}\n")
endforeach()
file(WRITE ${WORK}/built_in.sha256 "${sums}")

execute_process(
  COMMAND ${CMAKE_COMMAND} -S ${WORK}/prefix/share/arbiter/template -B ${WORK}/build
    -DCMAKE_PREFIX_PATH=${WORK}/prefix -DCMAKE_CXX_COMPILER=${CXX} -DCMAKE_CXX_FLAGS=${CXX_FLAGS}
  COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${CMAKE_COMMAND} --build ${WORK}/build --parallel 2 COMMAND_ERROR_IS_FATAL ANY)
