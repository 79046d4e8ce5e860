# nixpkgs' Bitcoin Core with our tracepoints. It is made of the patches alone: no other change of ours restarts a node. For another version or
# branch: `bitcoind.override {bitcoind = pkgs.bitcoind.overrideAttrs {version = ...; src = ...;};}`.
{
  lib,
  stdenv,
  bitcoind,
  python3,
  runCommand,
  sources,
  # The version that peers are told, as "30.2.0", where it is not the real one.
  announcedVersion ? null,
}: let
  folder = ../patches/bitcoin-core;
  # patches/README.md: "Versions".
  since = {
    "0002-orphan.patch" = "30";
    "0003-net-processed-message.patch" = "31";
  };
  patches = builtins.filter (name: lib.versionAtLeast bitcoind.version (since.${name} or "29")) (builtins.attrNames (builtins.readDir folder));
  isComplete = builtins.length patches == builtins.length (builtins.attrNames (builtins.readDir folder));
  checker = sources.only ["scripts/check-tracepoints" "bpf/tracepoints.def"];
in
  bitcoind.overrideAttrs (final: old: {
    patches = old.patches or [] ++ map (name: folder + "/${name}") patches;
    # On aarch64, GCC puts arguments where libbpf cannot read them, unless it may use registers and constants only.
    env =
      old.env or {}
      // lib.optionalAttrs stdenv.hostPlatform.isAarch64 {
        NIX_CFLAGS_COMPILE = toString [(old.env.NIX_CFLAGS_COMPILE or "") "-DSTAP_SDT_ARG_CONSTRAINT=nr"];
      };
    postPatch =
      old.postPatch or ""
      + lib.optionalString (announcedVersion != null) ''
        ${stdenv.shell} ${sources.only ["scripts/announce-version"]}/scripts/announce-version ${announcedVersion} .
      '';
    # Of versionCheckHook.
    preVersionCheck = lib.optionalString (announcedVersion != null) "version=${announcedVersion}";
    passthru =
      old.passthru or {}
      // {
        tests =
          old.passthru.tests or {}
          // {
            # The honeynode's host is not built without it.
            tracepoints = runCommand "bitcoind-tracepoints" {nativeBuildInputs = [python3];} ''
              python3 ${checker}/scripts/check-tracepoints ${lib.optionalString isComplete "--patched "}--wallet ${final.finalPackage}/bin/bitcoind | tee $out
            '';
          };
      };
  })
