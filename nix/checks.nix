# What `nix flake check` builds: the packages with their tests, configurations, the VM tests, the option reference, formatting.
{
  self,
  pkgs,
}: let
  inherit (pkgs) lib;
  packages = import ./packages.nix pkgs;
in
  removeAttrs packages ["bitcoind"]
  // lib.mapAttrs' (name: lib.nameValuePair "vm-${name}") (import ../vm-tests {inherit self pkgs;})
  // {
    # Fails where docs/options.md is not what the modules say.
    option-reference = let
      reference = self.packages.${pkgs.stdenv.hostPlatform.system}.option-reference;
    in
      assert lib.assertMsg (builtins.readFile ../docs/options.md == reference.text)
      "docs/options.md is out of date: nix eval --raw .#option-reference.text > docs/options.md"; reference;
    # With `formatter`, of every file of Nix.
    formatting = pkgs.runCommand "formatting" {nativeBuildInputs = [pkgs.alejandra];} ''
      alejandra --check ${lib.fileset.toSource {
        root = ../.;
        fileset = lib.fileset.fileFilter (file: file.hasExt "nix") ../.;
      }}
      touch $out
    '';
    configurations = import ./configurations.nix {inherit self pkgs;};
    images = pkgs.linkFarm "images" (import ./images.nix pkgs);
  }
