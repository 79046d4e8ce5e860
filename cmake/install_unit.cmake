# Installs `unit`: its program is where programs are installed.
file(READ ${unit} text)
string(REPLACE "/usr/local/bin/" "${CMAKE_INSTALL_PREFIX}/bin/" text "${text}")
get_filename_component(name ${unit} NAME)
get_filename_component(build ${unit} DIRECTORY)
file(WRITE ${build}/installed/${name} "${text}")
file(INSTALL ${build}/installed/${name} DESTINATION ${CMAKE_INSTALL_PREFIX}/lib/systemd/system)
