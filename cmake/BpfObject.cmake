# SPDX-License-Identifier: Apache-2.0
# footprint_bpf_object(NAME SOURCE [FLAG...]): compiles SOURCE for the BPF machine, and makes the
# interface library NAME that offers <NAME.skel.h>, a bpftool skeleton `NAME`.
find_program(CLANG NAMES clang clang-14 REQUIRED)
find_program(BPFTOOL NAMES bpftool PATHS /usr/sbin REQUIRED)

function(footprint_bpf_object name source)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)")
    set(arch arm64)
  else()
    set(arch x86)
  endif()
  set(object ${CMAKE_CURRENT_BINARY_DIR}/${name}.bpf.o)
  set(header ${CMAKE_CURRENT_BINARY_DIR}/${name}.skel.h)
  add_custom_command(OUTPUT ${object}
    COMMAND ${CLANG} -target bpf -mcpu=v3 -O2 -g -Wall -Wextra -Wno-unused-parameter -Werror
      -D__TARGET_ARCH_${arch} ${ARGN} -I${CMAKE_SOURCE_DIR}
      -idirafter ${CMAKE_SYSROOT}/usr/include/${CMAKE_LIBRARY_ARCHITECTURE}
      -MD -MF ${object}.d -MT ${object}
      -fdebug-prefix-map=${CMAKE_SOURCE_DIR}=. -c ${CMAKE_CURRENT_SOURCE_DIR}/${source} -o ${object}
    DEPENDS ${source} DEPFILE ${object}.d VERBATIM)
  add_custom_command(OUTPUT ${header}
    COMMAND ${BPFTOOL} gen skeleton ${object} name ${name} > ${header}
    DEPENDS ${object} VERBATIM)
  add_custom_target(${name}_generate DEPENDS ${header})
  add_library(${name} INTERFACE)
  add_dependencies(${name} ${name}_generate)
  target_include_directories(${name} SYSTEM INTERFACE ${CMAKE_CURRENT_BINARY_DIR})
endfunction()
