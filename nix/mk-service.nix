# peer-observer-<program>, out of services/<name>, what all services share, and the folders that it shares with some.
{
  sources,
  build,
  boost,
  fmt,
  nng,
  prometheus-cpp,
  protobuf,
  protozero,
  spdlog,
  systemdLibs,
}: {
  # of the folder in services/
  name,
  # peer-observer-<program> is what users call, where that is not the folder's name.
  program ? name,
  description,
  # Folders that it is built from, beside those of all services: libs/wire, bpf, ...
  folders ? [],
  # Single files that it needs besides.
  files ? [],
  # Libraries beside those of all services.
  buildInputs ? [],
  ...
} @ arguments:
build (
  removeAttrs arguments ["name" "program" "description" "folders" "files"]
  // {
    pname = "peer-observer-${program}";
    src = sources.toSource [
      sources.common
      (sources.shared (["libs/app" "libs/base" "libs/bus" "libs/events" "libs/telemetry"] ++ folders))
      (sources.own "services/${name}")
      (sources.files files)
    ];
    buildInputs = [boost fmt nng prometheus-cpp protobuf protozero spdlog systemdLibs] ++ buildInputs;
    meta = {
      inherit description;
      mainProgram = "peer-observer-${program}";
    };
  }
)
