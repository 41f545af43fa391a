# What Troupe stands on. Debian packages; see cmake/install-dependencies.sh for their names.
set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
find_package(CapnProto CONFIG REQUIRED)
find_package(spdlog CONFIG REQUIRED)
find_package(pugixml CONFIG REQUIRED)
find_package(CLI11 CONFIG REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(mimalloc CONFIG QUIET)  # Of the executables; without it they have the system's allocator.

# Of these the installed package looks in the same way.
include(TroupeFindCaf)
include(TroupeFindMurmurHash)
foreach(needed CAF::core troupe_murmurhash)
  if(NOT TARGET ${needed})
    message(FATAL_ERROR "${needed} was not found: bash cmake/install-dependencies.sh")
  endif()
endforeach()
message(STATUS "CAF ${TROUPE_CAF_VERSION}")
if(TROUPE_CAF_VERSION VERSION_LESS 0.17.6 OR (TROUPE_CAF_VERSION VERSION_GREATER_EQUAL 0.18 AND TROUPE_CAF_VERSION VERSION_LESS 1))
  message(FATAL_ERROR "Troupe builds with CAF 0.17.6 and 1.x, not with ${TROUPE_CAF_VERSION}: see docs/caf-versions.md")
endif()

# Where CAF is, for those who don't ask CMake; empty where compilers look anyway.
get_target_property(TROUPE_CAF_INCLUDE_FOLDER CAF::core INTERFACE_INCLUDE_DIRECTORIES)
get_target_property(TROUPE_CAF_LIBRARY_FOLDER CAF::core LOCATION)
get_filename_component(TROUPE_CAF_LIBRARY_FOLDER "${TROUPE_CAF_LIBRARY_FOLDER}" DIRECTORY)
if(TROUPE_CAF_INCLUDE_FOLDER IN_LIST CMAKE_CXX_IMPLICIT_INCLUDE_DIRECTORIES)
  set(TROUPE_CAF_INCLUDE_FOLDER "")
  set(TROUPE_CAF_LIBRARY_FOLDER "")
endif()
