# What Troupe stands on. Debian packages; see cmake/install-dependencies.sh for their names.
set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
find_package(CapnProto CONFIG REQUIRED)
find_package(spdlog CONFIG REQUIRED)
find_package(pugixml CONFIG REQUIRED)
find_package(CLI11 CONFIG REQUIRED)
find_package(Boost 1.81 REQUIRED)

# CAF 1.x ships a CMake package; Debian's 0.17.6 ships none.
find_package(CAF CONFIG QUIET COMPONENTS core)
if(NOT TARGET CAF::core)
  find_path(CAF_INCLUDE_DIR caf/all.hpp REQUIRED)
  find_library(CAF_CORE_LIBRARY caf_core REQUIRED)
  add_library(CAF::core UNKNOWN IMPORTED)
  set_target_properties(CAF::core PROPERTIES IMPORTED_LOCATION "${CAF_CORE_LIBRARY}" INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${CAF_INCLUDE_DIR}"
                        INTERFACE_LINK_LIBRARIES Threads::Threads)
endif()

find_library(MURMURHASH_LIBRARY murmurhash REQUIRED)
find_path(MURMURHASH_INCLUDE_DIR murmurhash.h REQUIRED)
add_library(troupe_murmurhash UNKNOWN IMPORTED)
set_target_properties(troupe_murmurhash PROPERTIES IMPORTED_LOCATION "${MURMURHASH_LIBRARY}" INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${MURMURHASH_INCLUDE_DIR}")
