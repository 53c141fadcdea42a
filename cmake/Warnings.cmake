# SPDX-License-Identifier: Apache-2.0
# footprint_warnings(TARGET): the warnings that code linking TARGET is built with.
# Designated initializers leave the rest to the members' own defaults, on purpose.
function(footprint_warnings target)
  target_compile_options(${target} INTERFACE
    $<$<COMPILE_LANGUAGE:CXX>:-Wall;-Wextra;-Wpedantic;-Wshadow;-Wnon-virtual-dtor;-Woverloaded-virtual;-Wno-missing-field-initializers>)
endfunction()
