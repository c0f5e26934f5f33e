# SPDX-License-Identifier: Apache-2.0 OR MIT
# The libraries we stand on.  Debian's by pkg-config; the engine from WASMTIME_DIR.
find_package(PkgConfig REQUIRED)
pkg_check_modules(UV REQUIRED IMPORTED_TARGET libuv)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
pkg_check_modules(SQLITE REQUIRED IMPORTED_TARGET sqlite3)
pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(SECCOMP REQUIRED IMPORTED_TARGET libseccomp)
pkg_check_modules(MSGPACK REQUIRED IMPORTED_TARGET msgpack)
find_path(TOMLPLUSPLUS_INCLUDE toml++/toml.h REQUIRED)
find_package(Threads REQUIRED)

# One named in the environment is kept, so that a build that configures itself again finds it; the one made by
# tools/bootstrap is looked up each time, since a changed pin gives it another folder.
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
  ${CMAKE_SOURCE_DIR}/tools/wasmtime/Cargo.toml ${CMAKE_SOURCE_DIR}/tools/wasmtime/Cargo.lock)
if(NOT "$ENV{WASMTIME_DIR}" STREQUAL "")
  set(WASMTIME_DIR $ENV{WASMTIME_DIR} CACHE PATH "an unpacked Wasmtime 48.x C API" FORCE)
endif()
if(NOT WASMTIME_DIR)
  execute_process(COMMAND ${CMAKE_SOURCE_DIR}/tools/engine-dir OUTPUT_VARIABLE found RESULT_VARIABLE status
                  OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "no engine: run tools/bootstrap, or set WASMTIME_DIR to an unpacked Wasmtime 48.x C API")
  endif()
  set(WASMTIME_DIR ${found})
endif()
foreach(file include/wasmtime.h lib/libwasmtime.a)
  if(NOT EXISTS ${WASMTIME_DIR}/${file})
    message(FATAL_ERROR "WASMTIME_DIR, ${WASMTIME_DIR}, has no ${file}: it is not an unpacked Wasmtime C API")
  endif()
endforeach()
file(STRINGS ${WASMTIME_DIR}/include/wasmtime.h version_line REGEX "^#define WASMTIME_VERSION ")
string(REGEX REPLACE ".*\"(.*)\".*" "\\1" WASMTIME_VERSION "${version_line}")
if(NOT WASMTIME_VERSION MATCHES "^48\\.")
  message(FATAL_ERROR "WASMTIME_DIR holds Wasmtime ${WASMTIME_VERSION}; Arcella needs 48.x")
endif()
message(STATUS "engine: Wasmtime ${WASMTIME_VERSION} in ${WASMTIME_DIR}")

add_library(wasmtime INTERFACE)
target_include_directories(wasmtime SYSTEM INTERFACE ${WASMTIME_DIR}/include)
target_link_libraries(wasmtime INTERFACE ${WASMTIME_DIR}/lib/libwasmtime.a Threads::Threads m ${CMAKE_DL_LIBS})
