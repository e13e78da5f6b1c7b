# arbiter_add_plugin(<target> SOURCES <file>... [LINK <library>...])
# One shared object in the plugin folder of the build tree and of the install tree.
function(arbiter_add_plugin target)
  cmake_parse_arguments(PLUGIN "" "" "SOURCES;LINK" ${ARGN})
  add_library(${target} MODULE ${PLUGIN_SOURCES})
  target_link_libraries(${target} PRIVATE arbiter arbiter_warnings ${PLUGIN_LINK})
  set_target_properties(${target} PROPERTIES
    PREFIX ""
    LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/${ARBITER_PLUGIN_DIR}
    INSTALL_RPATH "$ORIGIN/../..")
  install(TARGETS ${target} LIBRARY DESTINATION ${ARBITER_PLUGIN_DIR})
  set_property(GLOBAL APPEND PROPERTY ARBITER_PLUGINS ${target})
endfunction()
