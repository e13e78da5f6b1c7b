# SPDX-License-Identifier: Apache-2.0
# Run as a script in each build: writes the commit of SOURCE into OUTPUT, a C++ source, if it changed since the last one.
# The commit is empty where SOURCE is no checkout of its own.
set(commit "")
find_program(GIT git)
if(GIT AND EXISTS ${SOURCE}/.git)
  execute_process(COMMAND ${GIT} -C ${SOURCE} describe --always --dirty --abbrev=12 --exclude=*
    OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
endif()
file(CONFIGURE OUTPUT ${OUTPUT} @ONLY CONTENT [[
#include "sweep/run_provenance.hpp"

namespace arbiter {

std::string built_version() { return "@VERSION@"; }
std::string built_commit() { return "@commit@"; }

}  // namespace arbiter
]])
