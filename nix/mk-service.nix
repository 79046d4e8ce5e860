# peer-observer-<program>, out of services/<name> and the folders that it shares with others.
{
  sources,
  build,
}: {
  # of the folder in services/
  name,
  # peer-observer-<program> is what users call, where that is not the folder's name.
  program ? name,
  description,
  # Other folders that it is built from: libs/app, bpf, ...
  folders,
  # Single files that it needs besides.
  files ? [],
  ...
} @ arguments:
build (
  removeAttrs arguments ["name" "program" "description" "folders" "files"]
  // {
    pname = "peer-observer-${program}";
    src = sources.toSource [
      sources.common
      (sources.shared folders)
      (sources.own "services/${name}")
      (sources.files files)
    ];
    meta = {
      inherit description;
      mainProgram = "peer-observer-${program}";
    };
  }
)
