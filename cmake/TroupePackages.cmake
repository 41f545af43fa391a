# Debian packages, by `cpack -G DEB` or the target `package`: libtroupe0.1 is what programs need to run, libtroupe-dev what it takes to build some (in the form of
# libtroupe.so), troupe has our programs, which have their layers in them.
#
# To be made from a build with -DCMAKE_INSTALL_PREFIX=/usr, which puts libraries where Debian has them; and with Debian's CAF: where to get another one, a package
# can't say.
set(TROUPE_MAINTAINER "Troupe's maintainers <maintainers@troupe.invalid>" CACHE STRING "Who answers for the packages, as Debian writes it")
set(TROUPE_HOMEPAGE "" CACHE STRING "That the packages name; empty: none")
find_program(TROUPE_SHLIBDEPS dpkg-shlibdeps)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME troupe)
set(CPACK_PACKAGE_CONTACT "${TROUPE_MAINTAINER}")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "")  # Each package has its own.
set(CPACK_PACKAGE_HOMEPAGE_URL "${TROUPE_HOMEPAGE}")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_COMPONENTS_GROUPING ONE_PER_GROUP)
set(CPACK_COMPONENTS_ALL "")
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS_POLICY ">=")  # A later patch of the same soname will do.

string(TIMESTAMP TROUPE_PACKAGED_AT "%a, %d %b %Y %H:%M:%S +0000" UTC)
configure_file("${PROJECT_SOURCE_DIR}/cmake/package/changelog.in" "${PROJECT_BINARY_DIR}/package/changelog" @ONLY)
file(ARCHIVE_CREATE OUTPUT "${PROJECT_BINARY_DIR}/package/changelog.gz" PATHS "${PROJECT_BINARY_DIR}/package/changelog" FORMAT raw COMPRESSION GZip COMPRESSION_LEVEL 9)

# troupe_debian_package(NAME SECTION DESCRIPTION COMPONENTS … [DEPENDS …]): the first component gets what each package must have.
macro(troupe_debian_package name section description)
  cmake_parse_arguments(PACKAGE "" "" "COMPONENTS;DEPENDS" ${ARGN})
  string(TOUPPER ${name} group)
  set(CPACK_COMPONENT_GROUP_${group}_DISPLAY_NAME ${name})
  foreach(component IN LISTS PACKAGE_COMPONENTS)
    list(APPEND CPACK_COMPONENTS_ALL ${component})
    string(TOUPPER ${component} component)
    set(CPACK_COMPONENT_${component}_GROUP ${name})
  endforeach()
  set(CPACK_DEBIAN_${group}_PACKAGE_NAME ${name})
  set(CPACK_DEBIAN_${group}_PACKAGE_SECTION ${section})
  set(CPACK_DEBIAN_${group}_DESCRIPTION "${description}")
  list(JOIN PACKAGE_DEPENDS ", " CPACK_DEBIAN_${group}_PACKAGE_DEPENDS)
  if(TROUPE_SHLIBDEPS)
    set(CPACK_DEBIAN_${group}_PACKAGE_SHLIBDEPS ON)  # What runs names what it needs.
  endif()
  list(GET PACKAGE_COMPONENTS 0 component)
  install(FILES "${PROJECT_SOURCE_DIR}/cmake/package/copyright" "${PROJECT_BINARY_DIR}/package/changelog.gz"
          DESTINATION "share/doc/${name}" COMPONENT ${component} EXCLUDE_FROM_ALL)
endmacro()

set(about "Each partition of the map is an actor with backups on other members.
What a write has returned survives the loss of members, and reads return
the latest value.
")
set(library libtroupe${TROUPE_SOVERSION})
string(TOUPPER ${library} group)
troupe_debian_package(${library} libs "distributed in-memory map of actors, shared library
${about}" COMPONENTS troupe_runtime)
set(CPACK_DEBIAN_${group}_PACKAGE_CONTROL_EXTRA "${PROJECT_SOURCE_DIR}/cmake/package/triggers")

troupe_debian_package(libtroupe-dev libdevel "distributed in-memory map of actors, development files
${about}
These are the headers, and what CMake and pkg-config look for." COMPONENTS troupe_headers troupe_shared
  DEPENDS "${library} (= ${PROJECT_VERSION})" "libcaf-dev (>= ${TROUPE_CAF_VERSION})")
set(CPACK_DEBIAN_LIBTROUPE-DEV_PACKAGE_RECOMMENDS "capnproto, libcapnp-dev")  # For messages/encoding/capnp.hpp only.

troupe_debian_package(troupe database "distributed in-memory map of actors, server and command line
${about}
troupe-node is a member of a cluster. troupe reads and writes its maps, and
shows how it fares." COMPONENTS troupe_programs)

include(CPack)
