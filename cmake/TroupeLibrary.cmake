# What applications link: troupe::troupe, and in their tests troupe::testing. Two forms of the same objects: the layers' archives, or with
# BUILD_SHARED_LIBS one libtroupe.so, which shows what says TROUPE_API (messages/types/api.hpp) and hides all else.
#
# Programs and tests of ours link the archives in any case. What can be installed has both forms, for the tests of each and for packages: that costs a link.
set(TROUPE_ARCHIVES troupe_types troupe_protocol troupe_messages troupe_actors troupe_transport troupe_client troupe_config troupe_node troupe_virtual_cluster)

add_library(troupe INTERFACE)
target_link_libraries(troupe INTERFACE troupe::node)
set_target_properties(troupe_virtual_cluster PROPERTIES EXPORT_NAME testing)

if(BUILD_SHARED_LIBS OR (TROUPE_INSTALL AND NOT TROUPE_SANITIZE))
  # Before 1.0 a minor version may change anything.
  set(TROUPE_SOVERSION "${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}")
  if(PROJECT_VERSION_MAJOR GREATER 0)
    set(TROUPE_SOVERSION ${PROJECT_VERSION_MAJOR})
  endif()

  add_library(troupe_shared SHARED)
  foreach(part IN LISTS TROUPE_ARCHIVES ITEMS troupe_schema)
    target_sources(troupe_shared PRIVATE $<TARGET_OBJECTS:${part}>)
  endforeach()
  target_include_directories(troupe_shared INTERFACE "$<BUILD_INTERFACE:${TROUPE_INCLUDE_ROOT}>" "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
  # Of these only CAF shows in headers. Who links libtroupe.so needs nothing of the others but what runs.
  target_link_libraries(troupe_shared PUBLIC CAF::core PRIVATE CapnProto::capnp spdlog::spdlog pugixml::pugixml troupe_murmurhash)
  troupe_options(troupe_shared)
  set_target_properties(troupe_shared PROPERTIES OUTPUT_NAME troupe EXPORT_NAME troupe LINKER_LANGUAGE CXX
                        VERSION ${PROJECT_VERSION} SOVERSION ${TROUPE_SOVERSION})

  # Hidden symbols are those of our own sources. What archives of others bring, and the standard library's templates, stays inside by the linker's list.
  set(exports "${PROJECT_BINARY_DIR}/libtroupe.map")
  configure_file("${PROJECT_SOURCE_DIR}/cmake/package/libtroupe.map.in" "${exports}" @ONLY)
  set_target_properties(troupe_shared PROPERTIES LINK_DEPENDS "${exports}")
  target_link_options(troupe_shared PRIVATE "LINKER:--version-script=${exports}" LINKER:--as-needed)
  if(NOT TROUPE_SANITIZE)
    target_link_options(troupe_shared PRIVATE LINKER:-z,defs)
  endif()

  add_library(troupe_shared_testing INTERFACE)
  target_link_libraries(troupe_shared_testing INTERFACE troupe_shared)
  set_target_properties(troupe_shared_testing PROPERTIES EXPORT_NAME testing)
endif()

if(BUILD_SHARED_LIBS)
  add_library(troupe::troupe ALIAS troupe_shared)
  add_library(troupe::testing ALIAS troupe_shared_testing)
else()
  add_library(troupe::troupe ALIAS troupe)
  add_library(troupe::testing ALIAS troupe_virtual_cluster)
endif()
