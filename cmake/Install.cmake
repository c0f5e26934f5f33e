# SPDX-License-Identifier: Apache-2.0 OR MIT
# make install: programs, library, headers, pkg-config and CMake package files, man pages, completions, units.
# What names a path of the installation is written when it is installed (InstallPrefix.cmake), since only then is the
# prefix known; DESTDIR is in no file.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

install(TARGETS arcella arcella-cli arcella-worker RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS arcella_shared LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(FILES ${CMAKE_BINARY_DIR}/lib/libarcella.a DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY include/arcella DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")

# The CMake package finds its files from where it lies itself.
set(package ${CMAKE_INSTALL_LIBDIR}/cmake/Arcella)
configure_package_config_file(packaging/cmake/ArcellaConfig.cmake.in ${CMAKE_BINARY_DIR}/packaging/ArcellaConfig.cmake
  INSTALL_DESTINATION ${package} PATH_VARS CMAKE_INSTALL_LIBDIR CMAKE_INSTALL_INCLUDEDIR)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/packaging/ArcellaConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/packaging/ArcellaConfig.cmake ${CMAKE_BINARY_DIR}/packaging/ArcellaConfigVersion.cmake
  DESTINATION ${package})

foreach(name CMAKE_SOURCE_DIR CMAKE_BINARY_DIR CMAKE_INSTALL_BINDIR CMAKE_INSTALL_LIBDIR CMAKE_INSTALL_INCLUDEDIR PROJECT_VERSION)
  install(CODE "set(${name} \"${${name}}\")")
endforeach()
install(SCRIPT cmake/InstallPrefix.cmake)
install(FILES packaging/systemd/arcella.socket DESTINATION lib/systemd/system)
install(FILES packaging/systemd/arcella.sysusers DESTINATION lib/sysusers.d RENAME arcella.conf)
install(FILES packaging/systemd/arcella.tmpfiles DESTINATION lib/tmpfiles.d RENAME arcella.conf)

# Man page and completion scripts of the client come from the table of commands.
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
# bash and fish look for a file by the name of the program, and the script is that of both programs.
foreach(program arcella arcella-cli)
  install(FILES ${completion}/arcella-cli.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions
    RENAME ${program})
  install(FILES ${completion}/arcella-cli.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d
    RENAME ${program}.fish)
endforeach()
install(FILES ${completion}/_arcella-cli DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
install(FILES LICENSE-APACHE LICENSE-MIT README.md CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
