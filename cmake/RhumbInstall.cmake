# What `cmake --install` brings besides the program: manual pages and completions, which the program itself writes, units,
# documents, and the country database. Packages are made of this (`./dev package`).
include(GNUInstallDirs)

install(TARGETS rhumb)

# Not under the sanitizers, where running it may need other settings of the kernel than building it.
if(NOT RHUMB_SANITIZE)
  set(manuals ${PROJECT_BINARY_DIR}/man)
  set(completions ${PROJECT_BINARY_DIR}/completions)
  add_custom_command(OUTPUT ${manuals}/rhumb.1
    COMMAND ${CMAKE_COMMAND} -E rm -rf ${manuals}
    COMMAND rhumb man ${PROJECT_SOURCE_DIR}/docs/rhumb.schema.json ${manuals}
    DEPENDS rhumb ${PROJECT_SOURCE_DIR}/docs/rhumb.schema.json)
  add_custom_command(OUTPUT ${completions}/rhumb ${completions}/_rhumb ${completions}/rhumb.fish
    COMMAND ${CMAKE_COMMAND} -E make_directory ${completions}
    COMMAND rhumb completion bash > ${completions}/rhumb
    COMMAND rhumb completion zsh > ${completions}/_rhumb
    COMMAND rhumb completion fish > ${completions}/rhumb.fish
    DEPENDS rhumb)
  add_custom_target(rhumb_manuals ALL DEPENDS ${manuals}/rhumb.1 ${completions}/rhumb)
  install(DIRECTORY ${manuals}/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 FILES_MATCHING PATTERN "*.1")
  install(DIRECTORY ${manuals}/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man5 FILES_MATCHING PATTERN "*.5")
  install(FILES ${completions}/rhumb DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
  install(FILES ${completions}/_rhumb DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
  install(FILES ${completions}/rhumb.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
endif()

# The units name the program where it is installed.
string(CONFIGURE [[
  foreach(unit rhumb.service rhumb.socket)
    file(READ @PROJECT_SOURCE_DIR@/packaging/systemd/${unit} text)
    string(REPLACE "=/usr/bin/rhumb " "=${CMAKE_INSTALL_PREFIX}/bin/rhumb " text "${text}")
    file(WRITE "$ENV{DESTDIR}${CMAKE_INSTALL_PREFIX}/lib/systemd/system/${unit}" "${text}")
  endforeach()
]] install_units @ONLY)
install(CODE "${install_units}")
install(FILES packaging/sysusers.conf DESTINATION lib/sysusers.d RENAME rhumb.conf)

install(FILES docs/rhumb.schema.json geoip/country.mmdb DESTINATION ${CMAKE_INSTALL_DATADIR}/rhumb)
install(FILES README.md CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR} PATTERN rhumb.schema.json EXCLUDE)
install(FILES geoip/LICENSE-country DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES rhumb.json routes.test.json DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
install(DIRECTORY zones DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
