# SPDX-License-Identifier: Apache-2.0
# Builds for 64-bit ARM on another machine. FOOTPRINT_CROSS is the directory under which
# Debian's cross compilers lie, FOOTPRINT_SYSROOT the one with arm64 libraries and headers:
# tests/vm/lib/cross.py fetches both and calls cmake with them.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES FOOTPRINT_CROSS FOOTPRINT_SYSROOT)

set(CMAKE_C_COMPILER ${FOOTPRINT_CROSS}/usr/bin/aarch64-linux-gnu-gcc-12)
set(CMAKE_CXX_COMPILER ${FOOTPRINT_CROSS}/usr/bin/aarch64-linux-gnu-g++-12)
# 32-bit programs for the same kernel, see tests/workloads/arm.c.
set(FOOTPRINT_ARM_COMPILER ${FOOTPRINT_CROSS}/usr/bin/arm-linux-gnueabihf-gcc-12)

set(CMAKE_SYSROOT ${FOOTPRINT_SYSROOT})
set(CMAKE_FIND_ROOT_PATH ${FOOTPRINT_SYSROOT})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{PKG_CONFIG_SYSROOT_DIR} ${FOOTPRINT_SYSROOT})
set(ENV{PKG_CONFIG_LIBDIR}
    ${FOOTPRINT_SYSROOT}/usr/lib/aarch64-linux-gnu/pkgconfig:${FOOTPRINT_SYSROOT}/usr/share/pkgconfig)
