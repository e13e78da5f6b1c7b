# SPDX-License-Identifier: Apache-2.0
# cmake -DSPIN=... -DCC=... -DMODEL=<.pml> -DOPTIONS="-DRANKS=3 ..." -DFAULT=<ON|OFF> -DFOLDER=<new folder> -P
# Makes Spin's verifier of a model and runs it. With FAULT it must find a violated assertion, else it must search
# everything and find nothing.
file(REMOVE_RECURSE ${FOLDER})
file(MAKE_DIRECTORY ${FOLDER})
separate_arguments(OPTIONS)
function(step)
  execute_process(COMMAND ${ARGN} WORKING_DIRECTORY ${FOLDER} RESULT_VARIABLE code
    OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT code EQUAL 0)
    message(FATAL_ERROR "${ARGN}: ${code}\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()
step(${SPIN} ${OPTIONS} -a ${MODEL})
step(${CC} -x c -w -O1 -DSAFETY -DCOLLAPSE -DMEMLIM=2048 -o pan pan.c)
step(./pan -m200000)
file(REMOVE_RECURSE ${FOLDER})
message("${output}")
if(output MATCHES "out of memory|max search depth too small" OR NOT output MATCHES "errors: [0-9]+")
  message(FATAL_ERROR "the search was not finished")
endif()
if(FAULT AND NOT output MATCHES "assertion violated")
  message(FATAL_ERROR "a model that is broken on purpose passed")
elseif(NOT FAULT AND NOT output MATCHES "errors: 0")
  message(FATAL_ERROR "the model has a fault")
endif()
