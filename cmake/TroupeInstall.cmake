# What `cmake --install` puts where: headers, the library in the form that BUILD_SHARED_LIBS says, a CMake package, and a file for pkg-config. Programs are
# installed where they are made (node/programs).
#
# Components: troupe_headers and troupe_programs; troupe_static is one form of the library, troupe_runtime (what programs need to run) with troupe_shared (what
# it takes to link them) the other one. The form that was not chosen is installed only when its components are asked for, over the other one: a prefix has one form.
#
# A header that applications include names only what is in this list; the test project.installed_package compiles all of them from the installed
# tree. None of them includes Asio, Boost, OpenSSL, pugixml or spdlog (project.public_headers).
include(CMakePackageConfigHelpers)

set(TROUPE_PUBLIC_HEADERS
  actors/caf_compat.hpp
  actors/cluster_listener.hpp
  actors/coroutine.hpp
  actors/entry_listener.hpp
  actors/entry_options.hpp
  actors/entry_view.hpp
  actors/call_gate.hpp
  actors/map.hpp
  actors/map_api.hpp
  actors/map_call.hpp
  actors/owner.hpp
  actors/processor.hpp
  actors/processor_registry.hpp
  actors/protocol/membership/cluster_event.hpp
  actors/protocol/router/listening.hpp
  actors/protocol/router/map_call.hpp
  actors/protocol/router/router_limits.hpp
  actors/protocol/row/entry_processors.hpp
  actors/result.hpp
  actors/task.hpp
  messages/encoding/bytes.hpp
  messages/encoding/capnp.hpp
  messages/encoding/containers.hpp
  messages/encoding/encoding.hpp
  messages/encoding/inspected.hpp
  messages/types/api.hpp
  messages/types/blob.hpp
  messages/types/boxed.hpp
  messages/types/client_message.hpp
  messages/types/entry_facts.hpp
  messages/types/holders.hpp
  messages/types/ids.hpp
  messages/types/eviction.hpp
  messages/types/lifetime.hpp
  messages/types/lock.hpp
  messages/types/member.hpp
  messages/types/member_set.hpp
  messages/types/operation.hpp
  messages/types/operation_kind.hpp
  messages/types/row_event.hpp
  messages/types/session.hpp
  messages/types/settings.hpp
  messages/types/stats.hpp
  messages/types/strong.hpp
  messages/types/time.hpp
  messages/types/view.hpp
  node/client/client.hpp
  node/config/client_config.hpp
  node/config/config_problem.hpp
  node/config/join_target.hpp
  node/config/log_level.hpp
  node/config/member_config.hpp
  node/config/memory_limit.hpp
  node/config/xml_config.hpp
  node/member/application_config.hpp
  node/member/member.hpp
  node/testing/cluster.hpp
  node/transport/link_end.hpp)

foreach(header IN LISTS TROUPE_PUBLIC_HEADERS)
  get_filename_component(folder "${header}" DIRECTORY)
  install(FILES "${PROJECT_SOURCE_DIR}/${header}" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/troupe/${folder}" COMPONENT troupe_headers)
endforeach()
install(FILES "${PROJECT_SOURCE_DIR}/node/troupe.hpp" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/troupe" COMPONENT troupe_headers)

# From where the file lies, so that it is right wherever `cmake --install --prefix` puts it.
file(RELATIVE_PATH TROUPE_PREFIX_FROM_PC "/prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/prefix")
set(TROUPE_PC_CAF_CFLAGS "")
set(TROUPE_PC_CAF_LIBS "")
if(TROUPE_CAF_INCLUDE_FOLDER)  # CAF has no such file of its own that this one could require.
  set(TROUPE_PC_CAF_CFLAGS " -I${TROUPE_CAF_INCLUDE_FOLDER}")
  set(TROUPE_PC_CAF_LIBS "-L${TROUPE_CAF_LIBRARY_FOLDER} ")
endif()

set(package_folder "${CMAKE_INSTALL_LIBDIR}/cmake/Troupe")
# Before 1.0 a minor version may change anything.
write_basic_package_version_file("${PROJECT_BINARY_DIR}/TroupeConfigVersion.cmake" COMPATIBILITY SameMinorVersion)

# troupe_package(FORM COMPONENT [EXCLUDE_FROM_ALL]): what finds the library of the form static or shared; its targets are exported as Troupe_FORM.
function(troupe_package TROUPE_FORM component)
  set(made "${PROJECT_BINARY_DIR}/package/${TROUPE_FORM}")
  configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/package/TroupeConfig.cmake.in" "${made}/TroupeConfig.cmake"
                                INSTALL_DESTINATION "${package_folder}")
  configure_file("${PROJECT_SOURCE_DIR}/cmake/package/troupe.pc.in" "${made}/troupe.pc" @ONLY)
  install(EXPORT Troupe_${TROUPE_FORM} NAMESPACE troupe:: FILE Troupe_${TROUPE_FORM}.cmake DESTINATION "${package_folder}" COMPONENT ${component} ${ARGN})
  install(FILES "${made}/TroupeConfig.cmake" "${PROJECT_BINARY_DIR}/TroupeConfigVersion.cmake" "${PROJECT_SOURCE_DIR}/cmake/TroupeFindCaf.cmake"
          DESTINATION "${package_folder}" COMPONENT ${component} ${ARGN})
  install(FILES "${made}/troupe.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig" COMPONENT ${component} ${ARGN})
endfunction()

set(if_static "")
set(if_shared EXCLUDE_FROM_ALL)
if(BUILD_SHARED_LIBS)
  set(if_static EXCLUDE_FROM_ALL)
  set(if_shared "")
endif()

install(TARGETS ${TROUPE_ARCHIVES} troupe EXPORT Troupe_static
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT troupe_static ${if_static})
install(FILES "${PROJECT_SOURCE_DIR}/cmake/TroupeFindMurmurHash.cmake" DESTINATION "${package_folder}" COMPONENT troupe_static ${if_static})
list(TRANSFORM TROUPE_ARCHIVES PREPEND "-l" OUTPUT_VARIABLE archives)
list(REVERSE archives)  # What needs others comes before them.
list(JOIN archives " " TROUPE_PC_LIBRARIES)
set(TROUPE_PC_REQUIRES "spdlog capnp pugixml libmurmurhash")
troupe_package(static troupe_static ${if_static})

if(TARGET troupe_shared)
  install(TARGETS troupe_shared troupe_shared_testing EXPORT Troupe_shared
          LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT troupe_runtime NAMELINK_COMPONENT troupe_shared ${if_shared})
  # Nothing in Requires.private, which pkg-config would look for whatever it is asked: what libtroupe.so needs, it names itself.
  set(TROUPE_PC_LIBRARIES "-ltroupe")
  set(TROUPE_PC_REQUIRES "")
  troupe_package(shared troupe_shared ${if_shared})
endif()
