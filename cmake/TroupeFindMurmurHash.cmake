# troupe_murmurhash.
find_library(MURMURHASH_LIBRARY murmurhash)
find_path(MURMURHASH_INCLUDE_DIR murmurhash.h)
if(MURMURHASH_LIBRARY AND MURMURHASH_INCLUDE_DIR AND NOT TARGET troupe_murmurhash)
  add_library(troupe_murmurhash UNKNOWN IMPORTED)
  set_target_properties(troupe_murmurhash PROPERTIES IMPORTED_LOCATION "${MURMURHASH_LIBRARY}"
                        INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${MURMURHASH_INCLUDE_DIR}")
endif()
