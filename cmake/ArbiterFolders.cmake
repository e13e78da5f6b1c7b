# SPDX-License-Identifier: Apache-2.0
# How Arbiter's own tree finds its plugins: each folder of a kind is a plugin. A folder with a CMakeLists.txt builds itself;
# any other follows the rule of its kind. So a new plugin is a new folder and nothing else.

# arbiter_glob(<variable> <pattern>...): files of this folder, found again at each build.
function(arbiter_glob variable)
  list(TRANSFORM ARGN PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/)
  file(GLOB found CONFIGURE_DEPENDS ${ARGN})
  set(${variable} ${found} PARENT_SCOPE)
endfunction()

# Calls <rule>(<name> <folder>) for each folder under <root>, but for those named after it.
function(arbiter_each_plugin_folder root rule)
  file(GLOB folders CONFIGURE_DEPENDS LIST_DIRECTORIES true ${root}/*)
  foreach(folder IN LISTS folders)
    cmake_path(GET folder FILENAME name)
    file(GLOB sources CONFIGURE_DEPENDS ${folder}/*.cpp)
    if(NOT sources OR name IN_LIST ARGN) # what a branch left behind may be an empty folder
      continue()
    endif()
    if(EXISTS ${folder}/CMakeLists.txt)
      add_subdirectory(${folder})
    else()
      cmake_language(CALL ${rule} ${name} ${folder})
    endif()
  endforeach()
endfunction()

# The plugin is in plugin.cpp or <name>.cpp. The other sources are a static library, <target>_parts, which tests link.
function(arbiter_add_folder_plugin target name folder)
  cmake_parse_arguments(PARSE_ARGV 3 FOLDER "" "" "LINK;INCLUDE")
  file(GLOB parts CONFIGURE_DEPENDS ${folder}/*.cpp)
  set(entry ${folder}/plugin.cpp)
  if(NOT EXISTS ${entry})
    set(entry ${folder}/${name}.cpp)
  endif()
  list(REMOVE_ITEM parts ${entry})
  set(link ${FOLDER_LINK})
  if(parts)
    add_library(${target}_parts STATIC ${parts})
    target_link_libraries(${target}_parts PUBLIC ${FOLDER_LINK} PRIVATE arbiter_warnings)
    target_compile_definitions(${target}_parts PRIVATE MADE_BY="Arbiter ${PROJECT_VERSION}")
    arbiter_precompile(${target}_parts)
    set(link ${target}_parts)
  endif()
  arbiter_add_plugin(${target} SOURCES ${entry} LINK ${link})
  arbiter_precompile(${target})
endfunction()

# A heuristic: GLPK is there for who uses it (the linker drops libraries that are not needed).
function(arbiter_add_heuristic_folder name folder)
  arbiter_add_folder_plugin(heuristic_${name} ${name} ${folder} LINK heuristic_common glpk)
endfunction()
function(arbiter_add_heuristic_folders)
  arbiter_each_plugin_folder(${CMAKE_CURRENT_SOURCE_DIR} arbiter_add_heuristic_folder common)
endfunction()

# A sink.
function(arbiter_add_sink_folder name folder)
  arbiter_add_folder_plugin(sink_${name} ${name} ${folder} LINK sink_common arbiter_plots nlohmann_json::nlohmann_json)
endfunction()
function(arbiter_add_sink_folders)
  arbiter_each_plugin_folder(${CMAKE_CURRENT_SOURCE_DIR}/sinks arbiter_add_sink_folder common plots)
endfunction()

# A backend.
function(arbiter_add_backend_folder name folder)
  file(GLOB sources CONFIGURE_DEPENDS ${folder}/*.cpp)
  arbiter_add_plugin(backend_${name} SOURCES ${sources} LINK MPI::MPI_CXX fmt::fmt)
  arbiter_precompile(backend_${name})
endfunction()
function(arbiter_add_backend_folders)
  set(left_out "")
  if(NOT ARBITER_CUDA_FOUND)
    set(left_out cuda)
  endif()
  arbiter_each_plugin_folder(${CMAKE_CURRENT_SOURCE_DIR}/backends arbiter_add_backend_folder ${left_out})
endfunction()

# A fusion: <name>.cpp, and <name>_epilogue.cu if it runs on GPUs.
function(arbiter_add_fusion_folder name folder)
  file(GLOB sources CONFIGURE_DEPENDS ${folder}/*.cpp)
  arbiter_add_plugin(fusion_${name} SOURCES ${sources})
  if(ARBITER_CUDA_FOUND AND EXISTS ${folder}/${name}_epilogue.cu)
    arbiter_add_device_code(fusion_${name} ${name}_epilogue SOURCE ${folder}/${name}_epilogue.cu ARCHITECTURES 80)
  endif()
endfunction()
function(arbiter_add_fusion_folders)
  arbiter_each_plugin_folder(${CMAKE_CURRENT_SOURCE_DIR} arbiter_add_fusion_folder)
endfunction()

# A strategy: <name>_host.cpp and <name>_cuda.cpp are a plugin each; <name>.cu are the kernels of the second. Other
# sources belong to both.
function(arbiter_add_strategy_folder name folder)
  file(GLOB shared CONFIGURE_DEPENDS ${folder}/*.cpp)
  list(FILTER shared EXCLUDE REGEX "_(host|cuda)[.]cpp$")
  if(EXISTS ${folder}/${name}_host.cpp)
    arbiter_add_plugin(strategy_${name}_host SOURCES ${folder}/${name}_host.cpp ${shared}
      LINK MPI::MPI_CXX fmt::fmt nlohmann_json::nlohmann_json)
    arbiter_precompile(strategy_${name}_host)
  endif()
  if(ARBITER_CUDA_FOUND AND EXISTS ${folder}/${name}_cuda.cpp)
    arbiter_add_plugin(strategy_${name}_cuda SOURCES ${folder}/${name}_cuda.cpp ${shared}
      LINK strategy_cuda_common CUDA::cudart fmt::fmt nlohmann_json::nlohmann_json)
    arbiter_precompile(strategy_${name}_cuda)
    if(EXISTS ${folder}/${name}.cu)
      arbiter_add_device_code(strategy_${name}_cuda ${name} SOURCE ${folder}/${name}.cu)
    endif()
  endif()
endfunction()
function(arbiter_add_strategy_folders)
  set(left_out cuda_common)
  if(NOT ARBITER_CUDA_FOUND)
    list(APPEND left_out nccl nccl_symmetric)
  endif()
  arbiter_each_plugin_folder(${CMAKE_CURRENT_SOURCE_DIR} arbiter_add_strategy_folder ${left_out})
endfunction()
