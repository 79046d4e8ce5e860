# peer-observer-<name>, out of services/<name> and the folders that it shares with others.
{
  sources,
  build,
}: {
  # of the folder in services/
  name,
  description,
  # Other folders that it is built from: libs/app, bpf, ...
  folders,
  # Single files that it needs besides.
  files ? [],
  ...
} @ arguments:
build (
  removeAttrs arguments ["name" "description" "folders" "files"]
  // {
    pname = "peer-observer-${name}";
    src = sources.toSource [
      sources.common
      (sources.shared folders)
      (sources.own "services/${name}")
      (sources.files files)
    ];
    meta = {
      inherit description;
      mainProgram = "peer-observer-${name}";
    };
  }
)
