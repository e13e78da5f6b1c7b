# SPDX-License-Identifier: Apache-2.0
# What `cmake --install` gives. Everything finds everything else relative to itself, so the prefix can be moved.
include(CMakePackageConfigHelpers)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/Arbiter)
set(doc_dir ${CMAKE_INSTALL_DATAROOTDIR}/doc/arbiter)
set(bundled_dir ${CMAKE_INSTALL_LIBDIR}/arbiter/deps)
get_property(plugins GLOBAL PROPERTY ARBITER_PLUGINS)

# The runner refuses plugins of a folder that everybody can write to, whatever the umask was.
set(CMAKE_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)

function(set_relative_rpath from)
  foreach(to ${CMAKE_INSTALL_LIBDIR} ${bundled_dir})
    file(RELATIVE_PATH path /prefix/${from} /prefix/${to})
    list(APPEND rpath $ORIGIN/${path})
  endforeach()
  set_target_properties(${ARGN} PROPERTIES INSTALL_RPATH "${rpath}")
endfunction()
# The program is in a folder of its own, since `runner` is a name that a distribution's bin may have for something else.
set(program_dir ${CMAKE_INSTALL_LIBDIR}/arbiter/bin)
set_relative_rpath(${program_dir} runner)
set_relative_rpath(${CMAKE_INSTALL_LIBDIR} arbiter arbiter_plots arbiter_rank)
set_relative_rpath(${ARBITER_PLUGIN_DIR} ${plugins})

install(TARGETS arbiter arbiter_plots runner EXPORT ArbiterTargets RUNTIME_DEPENDENCY_SET bundled
  RUNTIME DESTINATION ${program_dir} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
file(RELATIVE_PATH program /prefix/${CMAKE_INSTALL_BINDIR} /prefix/${program_dir}/runner)
file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/links)
foreach(name arbiter runner)
  file(CREATE_LINK ${program} ${PROJECT_BINARY_DIR}/links/${name} SYMBOLIC)
endforeach()
install(FILES ${PROJECT_BINARY_DIR}/links/arbiter DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES ${PROJECT_BINARY_DIR}/links/runner DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT runner_link)
if(TARGET arbiter_runtime)
  set_target_properties(arbiter_runtime PROPERTIES EXPORT_NAME runtime)
  install(TARGETS arbiter_runtime EXPORT ArbiterTargets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
  install(DIRECTORY runtime/include/arbiter DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
endif()
install(TARGETS arbiter_rank RUNTIME_DEPENDENCY_SET bundled LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY plugins/engines/python/arbiter DESTINATION ${ARBITER_PYTHON_DIR} PATTERN __pycache__ EXCLUDE)
install(DIRECTORY runtime/python DESTINATION ${CMAKE_INSTALL_DATADIR}/arbiter PATTERN __pycache__ EXCLUDE)
install(TARGETS ${plugins} RUNTIME_DEPENDENCY_SET bundled LIBRARY DESTINATION ${ARBITER_PLUGIN_DIR})
install(DIRECTORY core/include/arbiter plugins/sinks/plots/include/arbiter DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY configs DESTINATION ${CMAKE_INSTALL_DATADIR}/arbiter)
install(DIRECTORY plugins/template DESTINATION ${CMAKE_INSTALL_DATADIR}/arbiter OPTIONAL PATTERN "build*" EXCLUDE)
install(FILES README.md CONTRIBUTING.md CHANGELOG.md LICENSE DESTINATION ${doc_dir})
# People look for either name.
install(FILES ${PROJECT_BINARY_DIR}/${CMAKE_INSTALL_MANDIR}/man1/arbiter.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
file(CONFIGURE OUTPUT runner.1 CONTENT ".so man1/arbiter.1\n")
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/runner.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(DIRECTORY docs results DESTINATION ${doc_dir} OPTIONAL) # the README shows results
# In the archive only: a prefix like /usr has no README.
install(FILES cmake/package_readme.md RENAME README.md DESTINATION . COMPONENT archive EXCLUDE_FROM_ALL)

# What a machine with Open MPI and nothing else of ours lacks. Left out: the compiler's and the C library's own, the
# driver's, and Open MPI, which must be the one of the machine's mpirun. Installed only into packages.
install(RUNTIME_DEPENDENCY_SET bundled
  PRE_EXCLUDE_REGEXES
    "^ld-linux" "^lib(c|m|dl|rt|pthread|gcc_s|stdc[+][+])[.]so"
    "^lib(mpi|open-|z[.])" "^lib(cuda|nccl|nv)" "^libarbiter"
  LIBRARY DESTINATION ${bundled_dir} COMPONENT bundled EXCLUDE_FROM_ALL)
# GLPK needs libz, and most builds of Open MPI do. So it is in a folder that only the plugin with GLPK looks into: in
# lib/arbiter/deps it would serve the machine's Open MPI instead of the machine's own.
if(TARGET heuristic_lp)
  set_property(TARGET heuristic_lp APPEND PROPERTY INSTALL_RPATH $ORIGIN/../deps/lp)
  install(CODE "
    file(GET_RUNTIME_DEPENDENCIES LIBRARIES $<TARGET_FILE:heuristic_lp>
      RESOLVED_DEPENDENCIES_VAR found UNRESOLVED_DEPENDENCIES_VAR others)
    list(FILTER found INCLUDE REGEX \"/libz[.]so\")
    file(INSTALL \${found} DESTINATION \${CMAKE_INSTALL_PREFIX}/${bundled_dir}/lp FOLLOW_SYMLINK_CHAIN)"
    COMPONENT bundled EXCLUDE_FROM_ALL)
endif()

# The CMake package. The build tree has the same at the same place, so Arbiter_ROOT may name either.
set(built_package_dir ${PROJECT_BINARY_DIR}/${package_dir})
configure_package_config_file(cmake/ArbiterConfig.cmake.in ${built_package_dir}/ArbiterConfig.cmake
  INSTALL_DESTINATION ${package_dir} NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(${built_package_dir}/ArbiterConfigVersion.cmake COMPATIBILITY SameMinorVersion)
set(package_files ArbiterPlugin.cmake plugin.map ArbiterIsa.cmake ArbiterCuda.cmake device_code.cpp.in device_code.hpp.in)
foreach(file IN LISTS package_files)
  configure_file(cmake/${file} ${built_package_dir}/${file} COPYONLY)
endforeach()
list(TRANSFORM package_files PREPEND cmake/)
export(EXPORT ArbiterTargets NAMESPACE Arbiter:: FILE ${built_package_dir}/ArbiterTargets.cmake)
install(EXPORT ArbiterTargets NAMESPACE Arbiter:: DESTINATION ${package_dir})
install(FILES ${built_package_dir}/ArbiterConfig.cmake ${built_package_dir}/ArbiterConfigVersion.cmake
  ${package_files} DESTINATION ${package_dir})
