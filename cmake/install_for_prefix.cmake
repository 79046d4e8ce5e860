# Installs `file` into `folder` of the prefix, which stands in it as /usr/local.
file(READ ${file} text)
string(REPLACE "/usr/local/" "${CMAKE_INSTALL_PREFIX}/" text "${text}")
get_filename_component(name ${file} NAME)
file(WRITE ${build}/installed/${name} "${text}")
file(INSTALL ${build}/installed/${name} DESTINATION ${CMAKE_INSTALL_PREFIX}/${folder})
