# CAF::core. CAF 1.x ships a CMake package; Debian's 0.17.6 ships none.
find_package(CAF CONFIG QUIET COMPONENTS core)
if(NOT TARGET CAF::core)
  find_path(CAF_INCLUDE_DIR caf/all.hpp)
  find_library(CAF_CORE_LIBRARY caf_core)
  if(CAF_INCLUDE_DIR AND CAF_CORE_LIBRARY)
    add_library(CAF::core UNKNOWN IMPORTED)
    set_target_properties(CAF::core PROPERTIES IMPORTED_LOCATION "${CAF_CORE_LIBRARY}" INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${CAF_INCLUDE_DIR}"
                          INTERFACE_LINK_LIBRARIES Threads::Threads)
  endif()
endif()
