# SPDX-License-Identifier: Apache-2.0 OR MIT
# Runs while installing: CMAKE_INSTALL_PREFIX is where the files will be used from, and DESTDIR, which file(INSTALL)
# puts in front, only where they are put.  The other variables come from Install.cmake.
set(made ${CMAKE_BINARY_DIR}/packaging/prefix)

function(absolute variable path)
  if(IS_ABSOLUTE "${path}")
    set(${variable} "${path}" PARENT_SCOPE)
  else()
    set(${variable} "${CMAKE_INSTALL_PREFIX}/${path}" PARENT_SCOPE)
  endif()
endfunction()
absolute(bindir "${CMAKE_INSTALL_BINDIR}")
absolute(libdir "${CMAKE_INSTALL_LIBDIR}")
absolute(includedir "${CMAKE_INSTALL_INCLUDEDIR}")

function(install_made template destination name)
  configure_file(${CMAKE_SOURCE_DIR}/packaging/${template} ${made}/${destination}/${name} @ONLY)
  file(INSTALL DESTINATION ${destination} TYPE FILE FILES ${made}/${destination}/${name})
endfunction()
install_made(arcella.pc.in ${libdir}/pkgconfig arcella.pc)
install_made(arcella-static.pc.in ${libdir}/pkgconfig arcella-static.pc)
install_made(systemd/arcella.service.in ${CMAKE_INSTALL_PREFIX}/lib/systemd/system arcella.service)
install_made(systemd/arcella-user.service.in ${CMAKE_INSTALL_PREFIX}/lib/systemd/user arcella.service)
