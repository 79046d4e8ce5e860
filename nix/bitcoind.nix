# nixpkgs' Bitcoin Core with our tracepoints. It is made of the patches alone: no other change of ours restarts a node.
{
  lib,
  stdenv,
  bitcoind,
  python3,
  runCommand,
  sources,
}: let
  patches = ../patches/bitcoin-core;
  checker = sources.only ["scripts/check-tracepoints" "bpf/tracepoints.def"];
in
  bitcoind.overrideAttrs (final: old: {
    patches = old.patches or [] ++ map (name: patches + "/${name}") (builtins.attrNames (builtins.readDir patches));
    # On aarch64, GCC puts arguments where libbpf cannot read them, unless it may use registers and constants only.
    env =
      old.env or {}
      // lib.optionalAttrs stdenv.hostPlatform.isAarch64 {
        NIX_CFLAGS_COMPILE = toString [(old.env.NIX_CFLAGS_COMPILE or "") "-DSTAP_SDT_ARG_CONSTRAINT=nr"];
      };
    passthru =
      old.passthru or {}
      // {
        tests =
          old.passthru.tests or {}
          // {
            # The honeynode's host is not built without it.
            tracepoints = runCommand "bitcoind-tracepoints" {nativeBuildInputs = [python3];} ''
              python3 ${checker}/scripts/check-tracepoints --patched --wallet ${final.finalPackage}/bin/bitcoind | tee $out
            '';
          };
      };
  })
