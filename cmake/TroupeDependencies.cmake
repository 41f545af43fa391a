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
