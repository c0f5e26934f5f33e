# SPDX-License-Identifier: Apache-2.0 OR MIT
# make install: programs, library, headers, pkg-config and CMake package files, man pages, completions, units.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

install(TARGETS arcella arcella-cli arcella-worker RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS arcella_shared LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} NAMELINK_COMPONENT Development)
install(FILES ${CMAKE_BINARY_DIR}/lib/libarcella.a DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY include/arcella DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")

# What names the prefix is made when it is installed: `cmake --install --prefix` may give another one.
set(made ${CMAKE_BINARY_DIR}/packaging)
foreach(file arcella.pc arcella.service arcella-user.service)
  file(GLOB template packaging/${file}.in packaging/systemd/${file}.in)
  install(CODE "
    set(prefix \"\${CMAKE_INSTALL_PREFIX}\")
    set(bindir \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}\")
    set(libdir \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_LIBDIR}\")
    set(includedir \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_INCLUDEDIR}\")
    set(version \"${PROJECT_VERSION}\")
    configure_file(\"${template}\" \"${made}/${file}\" @ONLY)")
endforeach()
install(FILES ${made}/arcella.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
install(FILES ${made}/arcella.service packaging/systemd/arcella.socket DESTINATION lib/systemd/system)
install(FILES ${made}/arcella-user.service DESTINATION lib/systemd/user RENAME arcella.service)
install(FILES packaging/systemd/arcella.sysusers DESTINATION lib/sysusers.d RENAME arcella.conf)

configure_package_config_file(packaging/cmake/ArcellaConfig.cmake.in ${CMAKE_BINARY_DIR}/packaging/ArcellaConfig.cmake
  INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/Arcella
  PATH_VARS CMAKE_INSTALL_LIBDIR CMAKE_INSTALL_INCLUDEDIR)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/packaging/ArcellaConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/packaging/ArcellaConfig.cmake ${CMAKE_BINARY_DIR}/packaging/ArcellaConfigVersion.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/Arcella)

# Man pages and completion scripts come from the table of commands.
set(man ${CMAKE_BINARY_DIR}/packaging/man)
set(completion ${CMAKE_BINARY_DIR}/packaging/completion)
add_custom_command(
  OUTPUT ${man}/arcella-cli.1 ${completion}/arcella-cli.bash ${completion}/_arcella-cli ${completion}/arcella-cli.fish
  COMMAND ${CMAKE_COMMAND} -E make_directory ${man} ${completion}
  COMMAND arcella-cli help --man > ${man}/arcella-cli.1
  COMMAND arcella-cli completion bash > ${completion}/arcella-cli.bash
  COMMAND arcella-cli completion zsh > ${completion}/_arcella-cli
  COMMAND arcella-cli completion fish > ${completion}/arcella-cli.fish
  DEPENDS arcella-cli VERBATIM)
add_custom_target(generated_pages ALL DEPENDS ${man}/arcella-cli.1)
install(FILES ${man}/arcella-cli.1 packaging/man/arcella.1 packaging/man/arcella-worker.1
  DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
install(FILES ${completion}/arcella-cli.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME arcella-cli)
install(FILES ${completion}/_arcella-cli DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
install(FILES ${completion}/arcella-cli.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
install(FILES LICENSE-APACHE LICENSE-MIT README.md CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
