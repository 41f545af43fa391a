# What `cmake --install` puts where: the libraries, the headers that applications include and what these include, a CMake package, and a file
# for pkg-config. Programs are installed where they are made (node/programs).
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
  actors/protocol/router/router.hpp
  actors/protocol/row/entry_processors.hpp
  actors/result.hpp
  actors/task.hpp
  messages/encoding/bytes.hpp
  messages/encoding/capnp.hpp
  messages/encoding/containers.hpp
  messages/encoding/encoding.hpp
  messages/encoding/inspected.hpp
  messages/types/blob.hpp
  messages/types/boxed.hpp
  messages/types/entry_facts.hpp
  messages/types/ids.hpp
  messages/types/eviction.hpp
  messages/types/lifetime.hpp
  messages/types/lock.hpp
  messages/types/member_set.hpp
  messages/types/operation.hpp
  messages/types/operation_kind.hpp
  messages/types/row_event.hpp
  messages/types/session.hpp
  messages/types/settings.hpp
  messages/types/strong.hpp
  messages/types/time.hpp
  messages/types/view.hpp
  node/client/client.hpp
  node/config/config_problem.hpp
  node/config/join_target.hpp
  node/config/member_config.hpp
  node/config/memory_limit.hpp
  node/config/xml_config.hpp
  node/member/application_config.hpp
  node/member/member.hpp
  node/testing/cluster.hpp
  node/transport/link_end.hpp)

foreach(header IN LISTS TROUPE_PUBLIC_HEADERS)
  get_filename_component(folder "${header}" DIRECTORY)
  install(FILES "${PROJECT_SOURCE_DIR}/${header}" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/troupe/${folder}")
endforeach()
install(FILES "${PROJECT_SOURCE_DIR}/node/troupe.hpp" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/troupe")

set(package_folder "${CMAKE_INSTALL_LIBDIR}/cmake/Troupe")
install(TARGETS troupe_types troupe_protocol troupe_messages troupe_actors troupe_transport troupe_client troupe_config troupe_node troupe_testing troupe
        EXPORT TroupeTargets
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(EXPORT TroupeTargets NAMESPACE troupe:: DESTINATION "${package_folder}")
configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/package/TroupeConfig.cmake.in" "${PROJECT_BINARY_DIR}/TroupeConfig.cmake"
                              INSTALL_DESTINATION "${package_folder}")
# Before 1.0 a minor version may change anything.
write_basic_package_version_file("${PROJECT_BINARY_DIR}/TroupeConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/TroupeConfig.cmake" "${PROJECT_BINARY_DIR}/TroupeConfigVersion.cmake"
              "${PROJECT_SOURCE_DIR}/cmake/TroupeFindCaf.cmake" "${PROJECT_SOURCE_DIR}/cmake/TroupeFindMurmurHash.cmake"
        DESTINATION "${package_folder}")

# From where the file lies, so that it is right wherever `cmake --install --prefix` puts it.
file(RELATIVE_PATH TROUPE_PREFIX_FROM_PC "/prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/prefix")
set(TROUPE_PC_CAF_CFLAGS "")
set(TROUPE_PC_CAF_LIBS "")
if(TROUPE_CAF_INCLUDE_FOLDER)  # CAF has no such file of its own that this one could require.
  set(TROUPE_PC_CAF_CFLAGS " -I${TROUPE_CAF_INCLUDE_FOLDER}")
  set(TROUPE_PC_CAF_LIBS "-L${TROUPE_CAF_LIBRARY_FOLDER} ")
endif()
configure_file("${PROJECT_SOURCE_DIR}/cmake/package/troupe.pc.in" "${PROJECT_BINARY_DIR}/troupe.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/troupe.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
