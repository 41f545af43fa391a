# `cmake --build BUILD --target reference`: BUILD/reference/html, by Doxygen, of the headers that are installed. docs/Doxyfile says how.
find_package(Doxygen QUIET)
if(NOT DOXYGEN_FOUND)
  return()
endif()
list(TRANSFORM TROUPE_PUBLIC_HEADERS PREPEND "${PROJECT_SOURCE_DIR}/" OUTPUT_VARIABLE reference_of)
list(APPEND reference_of "${PROJECT_SOURCE_DIR}/node/troupe.hpp")
list(JOIN reference_of "\" \\\n  \"" reference_of)
set(TROUPE_REFERENCE_DOXYFILE "${PROJECT_BINARY_DIR}/reference/Doxyfile")
file(CONFIGURE OUTPUT "${TROUPE_REFERENCE_DOXYFILE}" CONTENT [[
@INCLUDE = "@PROJECT_SOURCE_DIR@/docs/Doxyfile"
PROJECT_NUMBER = @PROJECT_VERSION@
INPUT = "@reference_of@"
OUTPUT_DIRECTORY = "@PROJECT_BINARY_DIR@/reference"
STRIP_FROM_PATH = "@PROJECT_SOURCE_DIR@"
STRIP_FROM_INC_PATH = "@PROJECT_SOURCE_DIR@"
]])
add_custom_target(reference COMMAND Doxygen::doxygen "${TROUPE_REFERENCE_DOXYFILE}" VERBATIM)
