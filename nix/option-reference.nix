# docs/options.md: every option of the modules, as Markdown. `text` is what it should be.
{
  self,
  pkgs,
}: let
  inherit (pkgs) lib;
  evaluated = lib.evalModules {
    specialArgs = {
      inherit pkgs;
      utils = {};
    };
    modules = [self.nixosModules.default {_module.check = false;}];
  };
  entries = builtins.filter (entry: entry.visible && !entry.internal) (
    lib.optionAttrSetToDocList evaluated.options.services.peer-observer
  );

  value = entry:
    if entry._type or "" == "literalMD"
    then entry.text
    else "`${lib.replaceStrings ["\n"] [" "] entry.text}`";
  section = entry: ''
    ### `${lib.removePrefix "services.peer-observer." entry.name}`

    ${lib.trim entry.description}

    ${lib.concatStringsSep "; " (
      ["${entry.type}"]
      ++ lib.optional (entry ? default) "default ${value entry.default}"
      ++ lib.optional (entry ? example) "for example ${value entry.example}"
    )}
  '';
  group = name: members: ''
    ## ${name}

    ${lib.concatMapStringsSep "\n" section members}
  '';
  text = ''
    # Options of the NixOS modules

    Made by `nix eval --raw .#option-reference.text > docs/options.md`; a test compares it with the modules. All options are in
    `services.peer-observer`. [deployment.md](deployment.md) shows how they are used.

    ${lib.concatStringsSep "\n" (lib.mapAttrsToList group (lib.groupBy (entry: builtins.elemAt entry.loc 2) entries))}'';
in
  pkgs.writeText "options.md" (lib.trim text + "\n")
