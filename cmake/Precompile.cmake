# SPDX-License-Identifier: Apache-2.0
# footprint_precompile(TARGET HEADER...): reads large headers of others once per target. It is for
# code that is built without optimization: gcc compiles the inline functions of such a header
# again in each file, which takes longer than the reading where it optimizes. The tsan preset
# builds without, so that a file of the daemon that includes too little is noticed.
option(FOOTPRINT_PRECOMPILE "Precompile the headers of gRPC, Catch2, CLI11 and nlohmann-json" ON)

function(footprint_precompile target)
  if(FOOTPRINT_PRECOMPILE)
    target_precompile_headers(${target} PRIVATE ${ARGN})
  endif()
endfunction()
