# services.peer-observer.central.pages: peer-observer-web behind the central host's nginx.
{
  config,
  lib,
  ...
}: let
  central = config.services.peer-observer.central;
  cfg = central.pages;
  where = "services.peer-observer.central";
  name = description: example:
    lib.mkOption {
      type = lib.types.nullOr lib.types.str;
      default = null;
      inherit example description;
    };
in {
  options.services.peer-observer.central.pages = {
    domain = name "The name under which nginx shows the pages of peer-observer-web to those who hold a password (`web.passwordFile`). `null`: not at all. The tool `web` must be in `tools`." "observer.example.org";
    publicDomain = name "The name under which everybody sees what a peer cannot use (`--access public`). `null`: not at all." "public.example.org";
  };

  config = lib.mkIf (central.enable && (cfg.domain != null || cfg.publicDomain != null)) {
    assertions = [
      {
        assertion = builtins.elem "web" central.tools;
        message = "${where}.pages shows what the tool web has, which does not run here: add \"web\" to ${where}.tools.";
      }
      {
        assertion = cfg.domain != null -> central.web.passwordFile != null;
        message = "${where}.pages.domain needs ${where}.web.passwordFile.";
      }
    ];
    services.peer-observer.web.nginx = lib.mkIf (builtins.elem "web" central.tools) {
      inherit (cfg) domain publicDomain;
      inherit (central.web) acme passwordFile;
    };
  };
}
