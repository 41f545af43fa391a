# How a target of ours is made: warnings as errors, sanitizers, and the include root.
#
# Every include of ours reads <troupe/LAYER/…>: in the build tree `include/troupe` holds one link per layer.
set(TROUPE_INCLUDE_ROOT "${PROJECT_BINARY_DIR}/include")
file(MAKE_DIRECTORY "${TROUPE_INCLUDE_ROOT}/troupe")
foreach(layer messages actors node)
  file(CREATE_LINK "${PROJECT_SOURCE_DIR}/${layer}" "${TROUPE_INCLUDE_ROOT}/troupe/${layer}" SYMBOLIC)
endforeach()
file(CREATE_LINK "${PROJECT_SOURCE_DIR}/node/troupe.hpp" "${TROUPE_INCLUDE_ROOT}/troupe/troupe.hpp" SYMBOLIC)

function(troupe_options target)
  target_compile_features(${target} PUBLIC cxx_std_20)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor $<$<BOOL:${TROUPE_WERROR}>:-Werror>)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    # GCC 12 sees overlapping copies in std::string's operator+ where there are none (its bug 105651).
    target_compile_options(${target} PRIVATE -Wno-restrict)
  endif()
  if(TROUPE_SANITIZE)
    target_compile_options(${target} PUBLIC -fsanitize=${TROUPE_SANITIZE} -fno-omit-frame-pointer -g)
    target_link_options(${target} PUBLIC -fsanitize=${TROUPE_SANITIZE})
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
      # With sanitizers GCC 12 takes an empty std::optional for one that is read.
      target_compile_options(${target} PRIVATE -Wno-maybe-uninitialized)
    endif()
  endif()
endfunction()

# troupe_library(types SOURCES a.cpp …): the library troupe_types, known as troupe::types. Always an archive: tests look behind the interface, which
# libtroupe.so hides. That is made of the same objects (cmake/TroupeShared.cmake).
function(troupe_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES" ${ARGN})
  add_library(troupe_${name} STATIC ${ARG_SOURCES})
  add_library(troupe::${name} ALIAS troupe_${name})
  set_target_properties(troupe_${name} PROPERTIES EXPORT_NAME ${name})
  target_include_directories(troupe_${name} PUBLIC "$<BUILD_INTERFACE:${TROUPE_INCLUDE_ROOT}>" "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
  troupe_options(troupe_${name})
endfunction()

# troupe_test(name SOURCES … LIBRARIES …): a Catch2 executable, every test case of it known to CTest as one test of the suite.
function(troupe_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;LIBRARIES" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_LIBRARIES} troupe_catch_main)
  target_include_directories(${name} PRIVATE "${PROJECT_SOURCE_DIR}")
  troupe_options(${name})
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
    # What GCC 12 believes of vectors of variants and of Catch's strings once it has inlined them. Debug builds keep these warnings.
    target_compile_options(${name} PRIVATE $<$<NOT:$<CONFIG:Debug>>:-Wno-free-nonheap-object;-Wno-maybe-uninitialized;-Wno-array-bounds;-Wno-stringop-overflow;-Wno-stringop-overread>)
  endif()
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES TIMEOUT ${ARG_TIMEOUT})
endfunction()
