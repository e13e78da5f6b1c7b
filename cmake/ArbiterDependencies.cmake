# SPDX-License-Identifier: Apache-2.0
# Debian packages; `./dev setup` installs them.
set(Boost_NO_WARN_NEW_VERSIONS ON)
find_package(Boost 1.74 REQUIRED COMPONENTS filesystem iostreams system)
# The C interface is all we use; the C++ one is gone from newer Open MPI.
set(MPI_CXX_SKIP_MPICXX ON)
find_package(MPI REQUIRED COMPONENTS CXX)
find_package(yaml-cpp REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(Threads REQUIRED)

find_path(GLPK_INCLUDE_DIR glpk.h REQUIRED)
find_library(GLPK_LIBRARY glpk REQUIRED)
add_library(glpk UNKNOWN IMPORTED)
set_target_properties(glpk PROPERTIES
  IMPORTED_LOCATION ${GLPK_LIBRARY} INTERFACE_INCLUDE_DIRECTORIES ${GLPK_INCLUDE_DIR})

find_path(GNUPLOT_IOSTREAM_INCLUDE_DIR gnuplot-iostream.h REQUIRED)
add_library(gnuplot_iostream INTERFACE)
target_include_directories(gnuplot_iostream SYSTEM INTERFACE ${GNUPLOT_IOSTREAM_INCLUDE_DIR})
# The static library where there is one: the shared one brings four libraries for compression along, which nothing uses.
find_library(BOOST_IOSTREAMS_STATIC libboost_iostreams.a HINTS ${Boost_LIBRARY_DIRS})
mark_as_advanced(BOOST_IOSTREAMS_STATIC)
target_link_libraries(gnuplot_iostream INTERFACE
  $<IF:$<BOOL:${BOOST_IOSTREAMS_STATIC}>,${BOOST_IOSTREAMS_STATIC},Boost::iostreams>
  Boost::filesystem Boost::system Threads::Threads)

if(ARBITER_BUILD_TESTS)
  find_package(GTest REQUIRED)
endif()
if(ARBITER_BUILD_BENCHMARKS)
  find_package(benchmark REQUIRED)
endif()
