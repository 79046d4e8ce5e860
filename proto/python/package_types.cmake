# protoc imports by the path below the root, `proto`, which is a popular name. In the package it is peer_observer.proto.
file(GLOB types ${FROM}/*_pb2.py)
foreach(type IN LISTS types)
  file(READ ${type} text)
  string(REPLACE "from proto import " "from peer_observer.proto import " text "${text}")
  get_filename_component(name ${type} NAME)
  file(WRITE ${TO}/${name} "${text}")
endforeach()
file(WRITE ${TO}/__init__.py "")
