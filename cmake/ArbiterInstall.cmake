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
set_relative_rpath(${CMAKE_INSTALL_BINDIR} runner)
set_relative_rpath(${CMAKE_INSTALL_LIBDIR} arbiter arbiter_plots arbiter_rank)
set_relative_rpath(${ARBITER_PLUGIN_DIR} ${plugins})

install(TARGETS arbiter arbiter_plots runner EXPORT ArbiterTargets RUNTIME_DEPENDENCY_SET bundled
  RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
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
install(DIRECTORY docs results DESTINATION ${doc_dir} OPTIONAL) # the README shows results
# In the archive only: a prefix like /usr has no README.
install(FILES cmake/package_readme.md RENAME README.md DESTINATION . COMPONENT bundled EXCLUDE_FROM_ALL)

# What a machine with Open MPI and nothing else of ours lacks. Left out: the compiler's and the C library's own, the
# driver's, and Open MPI, which must be the one of the machine's mpirun; libz comes with Open MPI, and a second one would
# serve it instead of its own. Installed only on request: a Debian package names these as dependencies instead.
install(RUNTIME_DEPENDENCY_SET bundled
  PRE_EXCLUDE_REGEXES
    "^ld-linux" "^lib(c|m|dl|rt|pthread|gcc_s|stdc[+][+])[.]so"
    "^lib(mpi|open-|z[.])" "^lib(cuda|nccl|nv)" "^libarbiter"
  LIBRARY DESTINATION ${bundled_dir} COMPONENT bundled EXCLUDE_FROM_ALL)

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
