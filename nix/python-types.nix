# The Python package `peer_observer`: types of the events, readers of archives and of live events.
{
  lib,
  sources,
  build,
  protobuf,
  python3,
}: let
  python = python3.withPackages (packages: [packages.protobuf]);
in
  python3.pkgs.toPythonModule (build {
    pname = "python-types";
    src = sources.toSourceWithPython [sources.common];
    buildInputs = [protobuf];
    propagatedBuildInputs = [python3.pkgs.protobuf];
    ninjaFlags = ["python_package"];
    doCheck = false;
    installPhase = ''
      mkdir -p $out/${python3.sitePackages}
      cp -r python/peer_observer $out/${python3.sitePackages}/
    '';
    doInstallCheck = true;
    # protoc and the Python runtime must fit each other: importing tells.
    installCheckPhase = ''
      PYTHONPATH=$out/${python3.sitePackages} ${lib.getExe' python "python3"} -c '
      import peer_observer.proto.event_pb2 as types
      assert types.EventBatch(node="a").SerializeToString()'
    '';
    meta.description = "Python types of the events of peer-observer";
  })
