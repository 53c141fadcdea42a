# SPDX-License-Identifier: Apache-2.0
# footprint_warnings(TARGET): the warnings that code linking TARGET is built with.
function(footprint_warnings target)
  target_compile_options(${target} INTERFACE
    $<$<COMPILE_LANGUAGE:CXX>:-Wall;-Wextra;-Wpedantic;-Wshadow;-Wnon-virtual-dtor;-Woverloaded-virtual>)
endfunction()
