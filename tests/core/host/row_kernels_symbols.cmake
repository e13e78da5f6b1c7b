# SPDX-License-Identifier: Apache-2.0
# cmake -DNM=<nm> -DOBJECTS=<file;...> -P row_kernels_symbols.cmake
# A weak or unique symbol in an object compiled for a newer processor could be the copy that the linker keeps for all.
foreach(object IN LISTS OBJECTS)
  execute_process(COMMAND ${NM} -C ${object} OUTPUT_VARIABLE symbols RESULT_VARIABLE result)
  if(NOT result EQUAL 0 OR NOT symbols MATCHES "_kernels")
    message(FATAL_ERROR "${NM} found no kernels in ${object}")
  endif()
  if(symbols MATCHES "[^\n]* [VWu] [^\n]*")
    message(FATAL_ERROR "${object} shares an inline function: ${CMAKE_MATCH_0}")
  endif()
endforeach()
