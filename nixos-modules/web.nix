# peer-observer-web: pages for a browser, and a JSON API; behind nginx, if wanted.
{
  imports = [
    (import ./lib/tool.nix {
      name = "web";
      description = "shows nodes' peers in a browser, and answers to scripts";
      metricsAddress = "127.0.0.1:9366";
      hears = ["rpc" "log" "tools"];
      asmap = true;
      options = {lib}: let
        inherit (lib) mkOption types;
      in {
        httpAddress = mkOption {
          type = types.strMatching ".+:[0-9]+";
          default = "127.0.0.1:9380";
          description = "Address (`HOST:PORT`) of the pages and the API. Beyond this host, full access needs `passwordFile`.";
        };
        access = mkOption {
          type = types.enum ["full" "public"];
          default = "full";
          description = "With `public`, nothing is shown by which a peer could find out that this node is watched.";
        };
        passwordFile = mkOption {
          type = types.nullOr types.str;
          default = null;
          example = "/var/lib/secrets/peer-observer/web-passwords";
          description = ''
            Lines `NAME:HASH`, hashes of `mkpasswd`: who may look. systemd passes it to the service: only root needs to be able to read the file.
          '';
        };
        hosts = mkOption {
          type = types.listOf types.str;
          default = [];
          example = ["observer.example.org"];
          description = "Names by which browsers call it besides localhost, such as that of a reverse proxy.";
        };
      };
      settings = cfg: {
        http-address = cfg.httpAddress;
        inherit (cfg) access;
        host = cfg.hosts;
      };
      secrets = cfg:
        if cfg.passwordFile == null
        then {}
        else {password-file = cfg.passwordFile;};
    })
    ./lib/web-nginx.nix
  ];
}
