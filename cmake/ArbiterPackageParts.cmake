# SPDX-License-Identifier: Apache-2.0
# cpack reads this for each package that it makes.
set(CPACK_COMPONENTS_ALL Unspecified bundled)
if(CPACK_GENERATOR STREQUAL "DEB")
  set(CPACK_COMPONENT_INCLUDE_TOPLEVEL_DIRECTORY OFF)
else() # /usr/bin/runner would be a name for everybody, and /usr has no README
  list(APPEND CPACK_COMPONENTS_ALL runner_link archive)
endif()
