# SPDX-License-Identifier: Apache-2.0
# footprint_proto_library(NAME PROTO): a static library of the messages and gRPC stubs
# of PROTO (a path from the current directory), included as "<path without .proto>.pb.h".
find_program(GRPC_CPP_PLUGIN grpc_cpp_plugin REQUIRED)

function(footprint_proto_library name proto)
  cmake_path(REMOVE_EXTENSION proto OUTPUT_VARIABLE stem)
  set(out ${CMAKE_CURRENT_BINARY_DIR})
  set(generated ${out}/${stem}.pb.cc ${out}/${stem}.pb.h
      ${out}/${stem}.grpc.pb.cc ${out}/${stem}.grpc.pb.h)
  add_custom_command(OUTPUT ${generated}
    COMMAND protobuf::protoc --cpp_out=${out} --grpc_out=${out}
      --plugin=protoc-gen-grpc=${GRPC_CPP_PLUGIN}
      -I${CMAKE_CURRENT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR}/${proto}
    DEPENDS ${proto} VERBATIM)
  add_library(${name} STATIC ${generated})
  target_include_directories(${name} SYSTEM PUBLIC ${out})
  target_link_libraries(${name} PUBLIC gRPC::grpc++ protobuf::libprotobuf)
endfunction()
