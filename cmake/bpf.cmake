# How C for the kernel becomes a header (a skeleton) that C++ loads programs with.
find_program(BPF_CLANG NAMES clang-19 clang REQUIRED)
find_program(BPFTOOL bpftool PATHS /usr/sbin REQUIRED)
peer_observer_need_pkgconfig(libbpf)

if(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64|arm64")
  set(bpf_architecture arm64)
else()
  set(bpf_architecture x86)
endif()

set(PEER_OBSERVER_BPF_INCLUDE "$ENV{PEER_OBSERVER_BPF_INCLUDE}" CACHE STRING
    "Folders with the kernel's headers, where clang does not find them itself (default: of the environment)")
set(bpf_include_flags "")
foreach(folder IN LISTS PEER_OBSERVER_BPF_INCLUDE)
  list(APPEND bpf_include_flags -idirafter ${folder})
endforeach()
foreach(folder IN LISTS libbpf_INCLUDE_DIRS)
  list(APPEND bpf_include_flags -isystem ${folder})
endforeach()
# clang -target bpf does not know the folder that Debian keeps per architecture.
if(CMAKE_LIBRARY_ARCHITECTURE)
  list(APPEND bpf_include_flags -I/usr/include/${CMAKE_LIBRARY_ARCHITECTURE})
endif()

set(bpf_warnings -Wall -Wextra -Wno-unused-parameter)
if(PEER_OBSERVER_WERROR)
  list(APPEND bpf_warnings -Werror)
endif()

# peer_observer_bpf_skeleton(<target> <header> <name> <source>...): compiles each source, links them into one object, and wraps it.
function(peer_observer_bpf_skeleton target header name)
  foreach(source IN LISTS ARGN)
    get_filename_component(file ${source} NAME_WLE)
    set(object ${CMAKE_CURRENT_BINARY_DIR}/${file}.o)
    add_custom_command(
      OUTPUT ${object}
      COMMAND ${BPF_CLANG} -target bpf -D__TARGET_ARCH_${bpf_architecture} -O2 -g ${bpf_warnings}
              ${bpf_include_flags} -MD -MF ${object}.d -c ${source} -o ${object}
      DEPFILE ${object}.d
      DEPENDS ${source}
      COMMENT "Compiling ${file} for the kernel")
    list(APPEND objects ${object})
  endforeach()
  set(linked ${CMAKE_CURRENT_BINARY_DIR}/${name}.linked.o)
  add_custom_command(
    OUTPUT ${header}
    COMMAND ${BPFTOOL} gen object ${linked} ${objects}
    COMMAND ${BPFTOOL} gen skeleton ${linked} name ${name} > ${header}
    DEPENDS ${objects}
    COMMENT "Linking the BPF programs of ${name}")
  add_custom_target(${target} DEPENDS ${header})
endfunction()
