# Outside libraries under one name each, whether the system has CMake files for them or pkg-config's.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

find_package(protobuf CONFIG QUIET)
if(NOT protobuf_FOUND)
  find_package(Protobuf REQUIRED)
endif()

# Libraries that only some folders need are looked for when such a folder asks.
macro(peer_observer_need_pkgconfig name)
  if(NOT TARGET PkgConfig::${name})
    pkg_check_modules(${name} REQUIRED IMPORTED_TARGET ${name})
  endif()
endmacro()

if(BUILD_TESTING)
  find_package(GTest REQUIRED)
  include(GoogleTest)
endif()

# Debian's interpreter, which has the modules that Debian packages, before another one on PATH.
find_program(PEER_OBSERVER_PYTHON python3 PATHS /usr/bin NO_DEFAULT_PATH)
find_program(PEER_OBSERVER_PYTHON python3 REQUIRED)
