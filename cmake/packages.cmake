# What `cmake --install` installs besides programs, and the Debian packages that `cpack` makes of it: one a program, and three that they
# share. ./package does all of it. What a program's package has is in its folder: the description of package.nix, the unit, and *.conf,
# an example that works as it stands.
set(debian ${CMAKE_SOURCE_DIR}/contrib/debian)
if(NOT EXISTS ${debian}) # a package of Nix, which is built from its own files only
  return()
endif()
set(PEER_OBSERVER_MAINTAINER "The peer-observer developers <peer-observer@example.org>" CACHE STRING "Who makes the Debian packages")
find_program(PEER_OBSERVER_HELP2MAN help2man)
set(packages ${CMAKE_BINARY_DIR}/debian)
string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC) # SOURCE_DATE_EPOCH, where it is set
configure_file(${debian}/changelog ${packages}/changelog @ONLY)
execute_process(COMMAND gzip -9nf ${packages}/changelog COMMAND_ERROR_IS_FATAL ANY)

# Of a file that names other files that are installed, where `cmake --install --prefix` puts them.
function(peer_observer_install_for_prefix file folder component)
  install(CODE "set(build ${CMAKE_BINARY_DIR})\nset(file ${file})\nset(folder ${folder})" COMPONENT ${component})
  install(SCRIPT ${CMAKE_SOURCE_DIR}/cmake/install_for_prefix.cmake COMPONENT ${component})
endfunction()

# peer_observer_package(<component> DESCRIPTION <text> [UNIT <unit>] [CONFIGURATION <file>] [DEPENDS <package>...] [ANY_ARCHITECTURE]):
# the package peer-observer-<component>.
macro(peer_observer_package component)
  cmake_parse_arguments(arg "ANY_ARCHITECTURE" "DESCRIPTION;UNIT;CONFIGURATION" "DEPENDS" ${ARGN})
  set(package peer-observer-${component})
  set(control "")
  install(FILES ${debian}/copyright ${packages}/changelog.gz DESTINATION share/doc/${package} COMPONENT ${component} EXCLUDE_FROM_ALL)

  set(instances "")
  set(owned "")
  if(arg_UNIT)
    string(REPLACE "@.service" "@*.service" instances ${arg_UNIT}) # all of a template
    peer_observer_install_for_prefix(${CMAKE_BINARY_DIR}/systemd/${arg_UNIT} lib/systemd/system ${component})
  endif()
  if(arg_CONFIGURATION)
    # Not by `cmake --install`: it would overwrite what somebody has written there.
    install(FILES ${arg_CONFIGURATION} DESTINATION /etc/peer-observer COMPONENT ${component} EXCLUDE_FROM_ALL)
    get_filename_component(owned ${arg_CONFIGURATION} NAME)
    file(WRITE ${packages}/${component}/conffiles "/etc/peer-observer/${owned}\n")
    list(APPEND control ${packages}/${component}/conffiles)
    string(REPLACE "-alpha.conf" "-*" owned ${owned}) # those of other nodes, and passwords
  endif()

  foreach(script IN ITEMS postinst prerm postrm)
    set(template ${debian}/${component}.${script})
    if(arg_UNIT)
      set(template ${debian}/service.${script})
    endif()
    if(EXISTS ${template})
      configure_file(${template} ${packages}/${component}/${script} @ONLY
        FILE_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
      list(APPEND control ${packages}/${component}/${script})
    endif()
  endforeach()

  string(TOUPPER ${component} upper)
  list(APPEND CPACK_COMPONENTS_ALL ${component})
  list(JOIN arg_DEPENDS ", " CPACK_DEBIAN_${upper}_PACKAGE_DEPENDS)
  set(CPACK_COMPONENT_${upper}_DESCRIPTION "${arg_DESCRIPTION}\n${about}")
  set(CPACK_DEBIAN_${upper}_PACKAGE_CONTROL_EXTRA "${control}")
  if(arg_ANY_ARCHITECTURE)
    set(CPACK_DEBIAN_${upper}_PACKAGE_ARCHITECTURE all)
    set(CPACK_DEBIAN_${upper}_PACKAGE_SHLIBDEPS OFF)
  endif()
endmacro()

set(about "peer-observer observes what the peers of a Bitcoin Core node do: every P2P\nmessage, connection, mempool and validation event, decoded and in order.")
set(same_version "(= ${PROJECT_VERSION})")
set(CPACK_COMPONENTS_ALL "")

get_property(programs GLOBAL PROPERTY peer_observer_programs)
foreach(program IN LISTS programs)
  get_property(folder GLOBAL PROPERTY peer_observer_folder_${program})
  file(STRINGS ${folder}/package.nix description REGEX "^ *description = \".*\";$" LIMIT_COUNT 1)
  string(REGEX MATCH "\"([^\"]*)\"" description "${description}")
  set(description "${CMAKE_MATCH_1}")
  file(GLOB unit CONFIGURE_DEPENDS RELATIVE ${folder} ${folder}/*.service)
  file(GLOB configuration CONFIGURE_DEPENDS ${folder}/*.conf)
  get_property(depends GLOBAL PROPERTY peer_observer_depends_${program})
  set(kind "")
  if(NOT TARGET peer-observer-${program}) # a script
    set(kind ANY_ARCHITECTURE)
  endif()
  peer_observer_package(${program} DESCRIPTION "${description}" UNIT ${unit} CONFIGURATION ${configuration}
    DEPENDS "peer-observer-common ${same_version}" ${depends} ${kind})
  if(PEER_OBSERVER_HELP2MAN AND NOT PEER_OBSERVER_SANITIZE)
    set(page ${CMAKE_BINARY_DIR}/man/peer-observer-${program}.1)
    set(command ${CMAKE_BINARY_DIR}/bin/peer-observer-${program})
    add_custom_command(OUTPUT ${page}.gz
      COMMAND ${PEER_OBSERVER_HELP2MAN} --no-info --name=${description} --output=${page} ${command}
      COMMAND gzip -9nf ${page}
      DEPENDS ${command} VERBATIM)
    list(APPEND pages ${page}.gz)
    install(FILES ${page}.gz DESTINATION share/man/man1 COMPONENT ${program})
  endif()
endforeach()
if(pages)
  file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/man)
  add_custom_target(man_pages ALL DEPENDS ${pages})
endif()

peer_observer_package(common ANY_ARCHITECTURE DESCRIPTION "What all services of peer-observer need: their group, and the documentation" DEPENDS systemd)
install(PROGRAMS contrib/certificates DESTINATION share/peer-observer COMPONENT common)
install(PROGRAMS contrib/systemd/refresh-credentials DESTINATION lib/peer-observer COMPONENT common)
install(FILES contrib/systemd/peer-observer.sysusers.conf DESTINATION lib/sysusers.d RENAME peer-observer.conf COMPONENT common)
install(DIRECTORY docs/ DESTINATION share/doc/peer-observer COMPONENT common FILES_MATCHING PATTERN "*.md") # the links of alerts lead there

peer_observer_package(monitoring ANY_ARCHITECTURE DESCRIPTION "Rules for Prometheus and dashboards for Grafana of peer-observer")
peer_observer_install_for_prefix(${CMAKE_SOURCE_DIR}/services/metrics/rules/alerts.yml share/peer-observer/rules monitoring)
install(FILES services/metrics/rules/recording.yml DESTINATION share/peer-observer/rules COMPONENT monitoring)
install(DIRECTORY services/metrics/dashboards DESTINATION share/peer-observer COMPONENT monitoring)

peer_observer_package(python ANY_ARCHITECTURE DESCRIPTION "Events and archives of peer-observer for programs in Python" DEPENDS python3 python3-protobuf)
install(DIRECTORY ${CMAKE_BINARY_DIR}/python/peer_observer DESTINATION lib/python3/dist-packages COMPONENT python EXCLUDE_FROM_ALL
  PATTERN __pycache__ EXCLUDE)
install(PROGRAMS contrib/collect-archives DESTINATION share/peer-observer COMPONENT python)
# Where programs in Python look for it themselves: other systems have other folders for their Python's packages.
install(DIRECTORY ${CMAKE_BINARY_DIR}/python/peer_observer DESTINATION lib/peer-observer/python COMPONENT prefix PATTERN __pycache__ EXCLUDE)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_CONTACT ${PEER_OBSERVER_MAINTAINER})
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
include(CPack)
