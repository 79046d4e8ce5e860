# nixpkgs' Bitcoin Core with our tracepoints.
{
  lib,
  stdenv,
  bitcoind,
  python3,
  sources,
}: let
  patches = ../patches/bitcoin-core;
  checker = sources.only ["scripts/check-tracepoints" "bpf/tracepoints.def"];
in
  bitcoind.overrideAttrs (old: {
    patches = old.patches or [] ++ map (name: patches + "/${name}") (builtins.attrNames (builtins.readDir patches));
    # On aarch64, GCC puts arguments where libbpf cannot read them, unless it may use registers and constants only.
    env =
      old.env or {}
      // lib.optionalAttrs stdenv.hostPlatform.isAarch64 {
        NIX_CFLAGS_COMPILE = toString [(old.env.NIX_CFLAGS_COMPILE or "") "-DSTAP_SDT_ARG_CONSTRAINT=nr"];
      };
    nativeInstallCheckInputs = old.nativeInstallCheckInputs or [] ++ [python3];
    postInstallCheck =
      old.postInstallCheck or ""
      + ''
        python3 ${checker}/scripts/check-tracepoints --patched --wallet $out/bin/bitcoind
      '';
  })
