# SPDX-License-Identifier: Apache-2.0
# footprint_sanitize(TARGET "address,undefined"): instruments all that links TARGET.
function(footprint_sanitize target sanitizers)
  if(NOT sanitizers)
    return()
  endif()
  target_compile_options(${target} INTERFACE
    -fsanitize=${sanitizers} -fno-omit-frame-pointer -fno-sanitize-recover=undefined)
  target_link_options(${target} INTERFACE -fsanitize=${sanitizers})
endfunction()
