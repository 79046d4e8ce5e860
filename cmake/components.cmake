# How a folder becomes a library, a service and their tests. In a folder: main.cpp is the program, *_test.cpp are tests,
# *_bpf_test.cpp are tests that need root and the kernel's BPF, *_fuzz.cpp are fuzz targets, the rest is the library.
# Subfolders belong to it, except those with a CMakeLists.txt of their own.

function(peer_observer_glob out pattern)
  file(GLOB files CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${pattern} ${CMAKE_CURRENT_SOURCE_DIR}/*/${pattern})
  foreach(file IN LISTS files)
    get_filename_component(folder ${file} DIRECTORY)
    if(NOT folder STREQUAL CMAKE_CURRENT_SOURCE_DIR AND EXISTS ${folder}/CMakeLists.txt)
      list(REMOVE_ITEM files ${file})
    endif()
  endforeach()
  set(${out} ${files} PARENT_SCOPE)
endfunction()

function(peer_observer_sources out)
  peer_observer_glob(sources *.cpp)
  list(FILTER sources EXCLUDE REGEX "(_test|_fuzz|/main)\\.cpp$")
  set(${out} ${sources} PARENT_SCOPE)
endfunction()

# peer_observer_library(<name> [PUBLIC <target>...] [PRIVATE <target>...] [TEST <target>...])
function(peer_observer_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "PUBLIC;PRIVATE;TEST")
  peer_observer_sources(sources)
  if(sources)
    add_library(${name} STATIC ${sources})
    target_link_libraries(${name} PUBLIC peer_observer_compiler ${arg_PUBLIC} PRIVATE ${arg_PRIVATE})
  else()
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE peer_observer_compiler ${arg_PUBLIC} ${arg_PRIVATE})
  endif()
  set_property(GLOBAL APPEND PROPERTY peer_observer_components ${name})
  peer_observer_tests(${name} ${arg_TEST})
endfunction()

# peer_observer_service(<name> [PROGRAM <program>] [LINK <target>...] [TEST <target>...]): builds peer-observer-<program>, by default
# peer-observer-<name>.
function(peer_observer_service name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "PROGRAM" "LINK;TEST")
  if(NOT arg_PROGRAM)
    set(arg_PROGRAM ${name})
  endif()
  peer_observer_library(${name}_service PUBLIC ${arg_LINK} TEST ${arg_TEST})
  add_executable(peer-observer-${arg_PROGRAM} main.cpp)
  target_link_libraries(peer-observer-${arg_PROGRAM} PRIVATE ${name}_service)
  install(TARGETS peer-observer-${arg_PROGRAM} RUNTIME COMPONENT ${arg_PROGRAM})
  peer_observer_program(${arg_PROGRAM})
endfunction()

# peer_observer_program(<program> [DEPENDS <package>...]): peer-observer-<program> of this folder becomes a Debian package. DEPENDS: what it
# needs besides its libraries.
function(peer_observer_program program)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "DEPENDS")
  set_property(GLOBAL APPEND PROPERTY peer_observer_programs ${program})
  set_property(GLOBAL PROPERTY peer_observer_folder_${program} ${CMAKE_CURRENT_SOURCE_DIR})
  set_property(GLOBAL PROPERTY peer_observer_depends_${program} "${arg_DEPENDS}")
endfunction()

function(peer_observer_tests name)
  peer_observer_glob(tests *_test.cpp)
  set(bpf_tests ${tests})
  list(FILTER tests EXCLUDE REGEX "_bpf_test\\.cpp$")
  list(FILTER bpf_tests INCLUDE REGEX "_bpf_test\\.cpp$")
  if(BUILD_TESTING AND tests)
    add_executable(${name}_test ${tests})
    if(PEER_OBSERVER_QUICK_TESTS)
      target_compile_options(${name}_test PRIVATE -O0) # behind the optimization of the preset, which is for what is tested
    endif()
    target_link_libraries(${name}_test PRIVATE ${name} ${ARGN} GTest::gmock GTest::gtest_main)
    gtest_discover_tests(${name}_test DISCOVERY_MODE PRE_TEST)
  endif()
  if(BUILD_TESTING AND bpf_tests)
    add_executable(${name}_bpf_test ${bpf_tests})
    target_link_libraries(${name}_bpf_test PRIVATE ${name} ${ARGN} GTest::gmock GTest::gtest_main)
    gtest_discover_tests(${name}_bpf_test DISCOVERY_MODE PRE_TEST PROPERTIES LABELS bpf RUN_SERIAL ON)
  endif()
  peer_observer_glob(fuzz_targets *_fuzz.cpp)
  if(BUILD_TESTING AND PEER_OBSERVER_FUZZ)
    foreach(source IN LISTS fuzz_targets)
      get_filename_component(target ${source} NAME_WE)
      add_executable(${target} ${source})
      target_link_libraries(${target} PRIVATE ${name} ${ARGN})
      target_link_options(${target} PRIVATE -fsanitize=fuzzer)
      # New inputs go to the build folder; the ones in the repository are only read.
      set(found ${CMAKE_CURRENT_BINARY_DIR}/${target}.found)
      file(MAKE_DIRECTORY ${found})
      # A folder with several targets has a corpus for each.
      set(corpus "")
      foreach(candidate IN ITEMS ${CMAKE_CURRENT_SOURCE_DIR}/corpus ${CMAKE_CURRENT_SOURCE_DIR}/corpus/${target})
        if(EXISTS ${candidate})
          set(corpus ${candidate})
        endif()
      endforeach()
      add_test(NAME ${target} COMMAND ${target} -max_total_time=${PEER_OBSERVER_FUZZ_SECONDS} -timeout=60 -rss_limit_mb=2048 -print_final_stats=1
               ${found} ${corpus})
      set_tests_properties(${target} PROPERTIES LABELS fuzz PROCESSORS 2 COST 50) # of the two for each processor that ./test runs
    endforeach()
  endif()
endfunction()

# peer_observer_python_tests([ALONE <test>...] [LONG <test>...] [WITHOUT_SANITIZERS <test>...]): every *_test.py of this folder, run by pytest.
# A file whose tests were all skipped counts as skipped. The tests mostly wait, so they run beside each other, those in Python first;
# ALONE are those that keep all processors busy or assert that nothing is lost at a given load. WITHOUT_SANITIZERS are those of which
# a sanitizer build would run nothing that shorter tests do not. LONG are those that would run alone at the end if they began in their turn.
function(peer_observer_python_tests)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "" "ALONE;LONG;WITHOUT_SANITIZERS")
  if(NOT BUILD_TESTING)
    return()
  endif()
  file(GLOB tests CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*_test.py)
  foreach(test IN LISTS tests)
    get_filename_component(name ${test} NAME_WE)
    if(PEER_OBSERVER_SANITIZE AND name IN_LIST arg_WITHOUT_SANITIZERS)
      continue()
    endif()
    add_test(NAME ${name} COMMAND ${PEER_OBSERVER_PYTHON} -B -m pytest -q -rs -p no:cacheprovider ${test})
    set_tests_properties(${name} PROPERTIES
      SKIP_RETURN_CODE 77 COST 100 LABELS python TIMEOUT 900
      ENVIRONMENT "PEER_OBSERVER_BUILD=${CMAKE_BINARY_DIR};PYTHONPATH=${CMAKE_SOURCE_DIR}/tests:${CMAKE_BINARY_DIR}/python")
    if(name IN_LIST arg_LONG)
      set_tests_properties(${name} PROPERTIES COST 200)
    endif()
    if(name IN_LIST arg_ALONE)
      set_tests_properties(${name} PROPERTIES RUN_SERIAL ON)
    endif()
  endforeach()
endfunction()
