# Which files a package is made of. Less is better: a package is built again when one of its files changes.
lib: let
  inherit (lib) fileset;
  root = ../.;
  at = path: root + "/${path}";

  isCode = file: file.name == "CMakeLists.txt" || lib.any file.hasExt ["c" "cmake" "cpp" "css" "def" "h" "html" "js" "proto" "svg"];
  isTest = file: lib.hasSuffix "_test.cpp" file.name || lib.hasSuffix "_fuzz.cpp" file.name;
  isAboutIt = file: file.hasExt "md" || file.hasExt "conf" || file.name == "package.nix" || file.name == "hardening.json" || file.hasExt "service" || lib.hasSuffix "_test.py" file.name;
in rec {
  # Folders that a package shares with others: their tests are those of the package `libraries`.
  shared = folders: fileset.unions (map (folder: fileset.fileFilter (file: isCode file && !isTest file) (at folder)) folders);

  # A folder of the package's own, with its tests.
  own = folder: fileset.fileFilter (file: !isAboutIt file) (at folder);

  files = paths: fileset.unions (map at paths);

  # What every build needs.
  common = fileset.unions [
    (files ["CMakeLists.txt" "VERSION"])
    (fileset.difference (fileset.fileFilter isCode (at "cmake")) (at "cmake/bpf.cmake"))
    (fileset.fileFilter (file: file.hasExt "proto" || file.name == "CMakeLists.txt") (at "proto"))
    (files ["libs/CMakeLists.txt" "services/CMakeLists.txt"])
  ];

  toSource = filesets:
    fileset.toSource {
      inherit root;
      fileset = fileset.difference (fileset.unions filesets) (fileset.maybeMissing (at "proto/python"));
    };

  toSourceWithPython = filesets:
    fileset.toSource {
      inherit root;
      fileset = fileset.unions (filesets ++ [(own "proto/python")]);
    };

  only = paths:
    fileset.toSource {
      inherit root;
      fileset = files paths;
    };
}
