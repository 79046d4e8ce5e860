# Warnings, sanitizers, the compiler cache.
find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

add_library(peer_observer_compiler INTERFACE)
target_include_directories(peer_observer_compiler INTERFACE ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR})
# In every file, or one class has two types.
target_compile_definitions(peer_observer_compiler INTERFACE $<$<COMPILE_LANGUAGE:CXX>:PROTOZERO_USE_VIEW=std::string_view>)
target_compile_options(peer_observer_compiler INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor)
# A designated initializer names what it sets; the rest has its default.
target_compile_options(peer_observer_compiler INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-Wno-missing-field-initializers>)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang") # libstdc++ 12 deprecates what its own stable_sort uses
  target_compile_options(peer_observer_compiler INTERFACE -Wno-deprecated-declarations)
endif()
if(PEER_OBSERVER_WERROR)
  target_compile_options(peer_observer_compiler INTERFACE -Werror)
endif()
if(PEER_OBSERVER_SANITIZE)
  add_compile_options(-fsanitize=${PEER_OBSERVER_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${PEER_OBSERVER_SANITIZE})
  target_compile_definitions(peer_observer_compiler INTERFACE PEER_OBSERVER_SANITIZED)
  if(PEER_OBSERVER_SANITIZE STREQUAL "thread")
    # With that macro protobuf's map fields are larger than in the library, which Debian built without. libstdc++ keeps its own.
    add_compile_options(-U__SANITIZE_THREAD__ -D_GLIBCXX_TSAN=1)
  endif()
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU") # with sanitizers, GCC 12 has false ones in <regex>
    target_compile_options(peer_observer_compiler INTERFACE -Wno-maybe-uninitialized)
  endif()
endif()
if(CMAKE_UNITY_BUILD AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU") # it takes the files of a unity build for headers
  target_compile_options(peer_observer_compiler INTERFACE -Wno-subobject-linkage)
endif()
if(PEER_OBSERVER_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
