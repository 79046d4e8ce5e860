# Configurations that must work, and wrong ones. Evaluating this checks them.
{
  self,
  pkgs,
}: let
  inherit (pkgs) lib;
  host = {specialArgs ? {}, ...} @ case:
    (import (pkgs.path + "/nixos/lib/eval-config.nix") {
      inherit specialArgs;
      system = null;
      modules = [
        (case.module or self.nixosModules.default)
        case.configuration
        {
          nixpkgs.pkgs = pkgs;
          fileSystems."/" = {
            device = "none";
            fsType = "tmpfs";
          };
          boot.loader.grub.enable = false;
          system.stateVersion = lib.trivial.release;
        }
      ];
    }).config;
  failures = config: map (entry: entry.message) (builtins.filter (entry: !entry.assertion) config.assertions);
  # "one two": the text does not depend on how its lines are broken
  words = text: lib.concatStringsSep " " (builtins.filter (word: builtins.isString word && word != "") (builtins.split "[[:space:]]+" text));

  right = import ./right-configurations.nix {inherit self pkgs;};
  wrong = import ./wrong-configurations.nix pkgs;

  # Settings by which a unit reaches another one that it names.
  reaches = ["Requires" "Requisite" "BindsTo" "PartOf" "Upholds" "PropagatesStopTo" "PropagatesReloadTo" "StopPropagatedFrom" "ReloadPropagatedFrom" "Conflicts" "OnFailure" "OnSuccess" "RequiredBy" "UpheldBy"];
  reached = other: text:
    builtins.filter (line: lib.any (setting: lib.hasPrefix "${setting}=" line) reaches && lib.hasInfix other line) (lib.splitString "\n" text);
  # An observer must not be able to stop or restart the node: no unit of the one kind reaches one of the other, and no package of ours is in
  # the node's unit, which would be restarted when it changes.
  harm = config: let
    texts = prefix: lib.mapAttrsToList (_: unit: unit.text) (lib.filterAttrs (name: _: lib.hasPrefix prefix name) config.systemd.units);
    nodes = texts "bitcoind-";
  in
    lib.concatMap (reached "peer-observer") nodes
    ++ lib.concatMap (reached "bitcoind") (texts "peer-observer-")
    ++ builtins.filter (line: builtins.match ".*${builtins.storeDir}/[^ ]*peer-observer.*" line != null) (lib.concatMap (lib.splitString "\n") nodes);

  checkRight = name: case: let
    config = host case;
    missing = builtins.filter (unit: !config.systemd.services ? ${unit}) (case.units or []);
    unwanted = builtins.filter (unit: config.systemd.services ? ${unit}) (case.noUnits or []);
    command = unit: toString config.systemd.services.${unit}.serviceConfig.ExecStart;
    others = builtins.filter (unit: !lib.hasInfix case.runs.${unit} (command unit)) (builtins.attrNames (case.runs or {}));
  in
    assert lib.assertMsg (failures config == []) "${name}: ${toString (failures config)}";
    assert lib.assertMsg (missing == []) "${name}: no unit ${toString missing}";
    assert lib.assertMsg (others == []) "${name}: ${lib.concatMapStrings (unit: "\n${unit} runs ${command unit}") others}";
    assert lib.assertMsg (unwanted == []) "${name}: a unit ${toString unwanted}";
    assert lib.assertMsg (harm config == []) "${name}: a service of ours reaches the node: ${toString (harm config)}"; "${name}: ${config.system.build.toplevel.drvPath}";

  checkWrong = name: case: let
    said = map words (failures (host case));
  in
    assert lib.assertMsg (lib.any (lib.hasInfix case.says) said) "${name}: nobody says '${case.says}', but: ${toString said}"; "${name}: ${toString said}";
in
  # Lazy: the test of the expressions in docs/ takes `host` and evaluates no other configuration.
  lib.lazyDerivation {
    derivation = pkgs.writeText "configurations" (
      builtins.unsafeDiscardStringContext (
        lib.concatLines (lib.mapAttrsToList checkRight right ++ lib.mapAttrsToList checkWrong wrong)
      )
    );
    passthru = {
      inherit host failures;
      checkRight = lib.mapAttrs checkRight right;
      checkWrong = lib.mapAttrs checkWrong wrong;
    };
  }
