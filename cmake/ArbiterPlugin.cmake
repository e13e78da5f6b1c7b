# SPDX-License-Identifier: Apache-2.0
# For plugins inside this tree and, through find_package(Arbiter), for everybody's.

# arbiter_limit_symbols(<target> <map>): what the shared object shows is what the map beside this file lists.
function(arbiter_limit_symbols target map)
  set(map ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/${map})
  target_link_options(${target} PRIVATE LINKER:--version-script=${map})
  set_property(TARGET ${target} APPEND PROPERTY LINK_DEPENDS ${map})
endfunction()

# arbiter_add_plugin(<target> SOURCES <file>... [LINK <library>...])
# One shared object <target>.so with one plugin. Elsewhere than in Arbiter's tree it is built in plugins/ of the build
# folder (or in ARBITER_PLUGIN_OUTPUT_DIR), optimised also where no build type is set, and `cmake --install` puts it
# where a runner of the same prefix looks for it. Link static libraries where you can: a shared one in an unusual folder
# needs the target's INSTALL_RPATH, which holds in the build folder too.
function(arbiter_add_plugin target)
  cmake_parse_arguments(PARSE_ARGV 1 PLUGIN "" "" "SOURCES;LINK")
  if(NOT PLUGIN_SOURCES OR PLUGIN_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "arbiter_add_plugin(${target} ${ARGN}): "
      "expected arbiter_add_plugin(<target> SOURCES <file>... [LINK <library>...])")
  endif()
  add_library(${target} MODULE ${PLUGIN_SOURCES})
  target_link_libraries(${target} PRIVATE Arbiter::arbiter ${PLUGIN_LINK})
  arbiter_limit_symbols(${target} plugin.map)
  set_target_properties(${target} PROPERTIES
    PREFIX ""
    CXX_EXTENSIONS OFF
    CXX_VISIBILITY_PRESET hidden
    VISIBILITY_INLINES_HIDDEN ON
    POSITION_INDEPENDENT_CODE ON)
  if(TARGET arbiter_warnings) # Arbiter's own tree
    target_link_libraries(${target} PRIVATE arbiter_warnings)
    set_target_properties(${target} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/${ARBITER_PLUGIN_DIR})
    set_property(GLOBAL APPEND PROPERTY ARBITER_PLUGINS ${target})
    return()
  endif()
  if(NOT ARBITER_PLUGIN_OUTPUT_DIR)
    set(ARBITER_PLUGIN_OUTPUT_DIR ${CMAKE_BINARY_DIR}/plugins)
  endif()
  target_compile_options(${target} PRIVATE $<$<CONFIG:>:-O2>)
  set_target_properties(${target} PROPERTIES
    LIBRARY_OUTPUT_DIRECTORY ${ARBITER_PLUGIN_OUTPUT_DIR}
    # No path to the libarbiter it was built against: the runner that loads it has its own, and the file can be copied.
    BUILD_WITH_INSTALL_RPATH ON)
  install(TARGETS ${target} LIBRARY DESTINATION ${ARBITER_PLUGIN_DIR})
endfunction()
