# services.peer-observer.honeynodes.<name>: a Bitcoin Core, its extractor, and the tools that watch it.
{
  config,
  lib,
  pkgs,
  peerObserverFlake,
  ...
}: let
  inherit (lib) mkOption types;
  honeynodes = lib.filterAttrs (_: cfg: cfg.enable) config.services.peer-observer.honeynodes;
  managed = lib.filterAttrs (_: cfg: cfg.bitcoind.manage) honeynodes;
  chains = {
    main = 8333;
    test = 18333;
    testnet4 = 48333;
    signet = 38333;
    regtest = 18444;
  };
  where = name: "services.peer-observer.honeynodes.${name}";
  firstMetricsPort = 9340;

  honeynode = {
    name,
    config,
    ...
  }: {
    options = {
      enable = mkOption {
        type = types.bool;
        default = true;
        description = "Whether to run this honeynode.";
      };
      chain = mkOption {
        type = types.enum (builtins.attrNames chains);
        default = "main";
        description = "The chain of the node.";
      };
      package = mkOption {
        type = types.package;
        default = (peerObserverFlake.packages pkgs).bitcoind.override {inherit (config) announcedVersion;};
        defaultText = lib.literalMD "nixpkgs' Bitcoin Core with the patches of peer-observer";
        description = "Bitcoin Core, v29 or later, built with tracepoints as nixpkgs does.";
      };
      announcedVersion = mkOption {
        type = types.nullOr (types.strMatching "[0-9]+\\.[0-9]+\\.[0-9]+");
        default = null;
        example = "30.2.0";
        description = ''
          The version that peers are told, in place of that of `package`'s default, which is then built again. A node that announces a version few have stands out, and `-uacomment` only adds to
          the user agent. What the node does is that of its real version.
        '';
      };
      port = mkOption {
        type = types.port;
        default = chains.${config.chain};
        defaultText = lib.literalMD "the chain's";
        description = "Port for peers.";
      };
      rpcPort = mkOption {
        type = types.port;
        default = config.port - 1;
        defaultText = lib.literalMD "one below `port`, as is the chains' custom";
        description = "Port for RPC, on 127.0.0.1.";
      };
      openFirewall = mkOption {
        type = types.bool;
        default = false;
        description = "Whether to open `port` for peers.";
      };
      bitcoind = {
        manage = mkOption {
          type = types.bool;
          default = true;
          description = ''
            Whether to run the node, as `services.bitcoind.<name>`. If not, a node that something else runs is observed. `package`,
            `openFirewall` and `tor` have no effect then.
          '';
        };
        program = mkOption {
          type = types.path;
          default = "${config.package}/bin/bitcoind";
          defaultText = lib.literalMD "bitcoind of `package`";
          example = "/opt/bitcoin/bin/bitcoind";
          description = ''
            The program that the node runs: an ELF file with tracepoints. For Bitcoin Core's `bitcoin -m node` this is `libexec/bitcoin-node`. For a
            package whose `bin/bitcoind` is a wrapper script, such as the one with the GUI, it is the wrapped file.
          '';
        };
        pidFile = mkOption {
          type = types.nullOr types.path;
          default =
            if config.bitcoind.manage
            then "/run/bitcoind-${name}/pid"
            else null;
          defaultText = lib.literalMD "the file of a managed node; else none";
          description = "World-readable file with the process id of the node. Required if several nodes run the same program.";
        };
        rpcAddress = mkOption {
          type = types.str;
          default = "127.0.0.1:${toString config.rpcPort}";
          defaultText = lib.literalMD "`rpcPort` on 127.0.0.1";
          description = "Address of the node's RPC server, for `rpcExtractor`.";
        };
        rpcUser = mkOption {
          type = types.str;
          default = "peer-observer";
          description = "RPC user for `rpcExtractor`. Created if the node is managed here.";
        };
        rpcPasswordFile = mkOption {
          type = types.nullOr types.str;
          default = null;
          example = "/var/lib/secrets/rpc-password";
          description = "File with the password of `rpcUser` on one line. Created if the node is managed here.";
        };
      };
      tor.enable = lib.mkEnableOption ''
        an onion service that the node creates and announces, and outgoing connections to onion services through Tor. Peers that come
        through Tor have the address 127.0.0.1 and the network `onion`. The node listens for them on the port above `port`'';
      asmap = mkOption {
        type = types.either types.bool types.path;
        default = false;
        example = true;
        description = ''
          The asmap of the node and of the host's `tools`: a file in Bitcoin Core's asmap format, or `true` for the one that Bitcoin Core is built with since v31,
          which tools take from the package `asmap-data`. The node then chooses peers of different autonomous systems (`-asmap`). A node that is not run here keeps its own setting.
        '';
      };
      tools = mkOption {
        type = types.listOf (types.enum peerObserverFlake.tools);
        default = [];
        example = ["metrics" "archiver"];
        description = "Tools of this host that watch the node. Listing a tool enables it; its options are in `services.peer-observer.<tool>`.";
      };
      listen = mkOption {
        type = types.strMatching "(tcp|ipc|tls\\+tcp)://.+";
        default = "ipc:///run/peer-observer/${name}/bus";
        example = "tls+tcp://0.0.0.0:9331";
        description = "URL on which events are published.";
      };
      source = mkOption {
        type = types.str;
        default = config.listen;
        defaultText = lib.literalMD "`listen`";
        example = "tls+tcp://alpha.example.org:9331";
        description = "URL to which this host's `tools` connect. With `tls+tcp://` it must contain the name in the certificate.";
      };
      tls = {
        caFile = mkOption {
          type = types.nullOr types.path;
          default = null;
          description = "As `services.peer-observer.tracepoint-extractors.<name>.tls.caFile`.";
        };
        certKeyFile = mkOption {
          type = types.nullOr types.str;
          default = null;
          description = "As `services.peer-observer.tracepoint-extractors.<name>.tls.certKeyFile`. The tools of this host use it as well.";
        };
      };
    };
  };

  bitcoind = name: cfg: {
    enable = true;
    inherit (cfg) package port;
    rpc.port = cfg.rpcPort;
    # Not -proxy: with it, Core does not listen, and reaches all others through exits.
    extraCmdlineOptions =
      ["-chain=${cfg.chain}"]
      ++ lib.optional (cfg.asmap != false) (
        if cfg.asmap == true
        then "-asmap=1"
        else "-asmap=${cfg.asmap}"
      )
      ++ lib.optionals cfg.tor.enable ["-onion=127.0.0.1:9050" "-torcontrol=127.0.0.1:9051" "-listenonion=1"];
  };
  behindTor = lib.filterAttrs (_: cfg: cfg.tor.enable) managed;

  # Its own pid file is for its user only. This one tells nodes apart that run the same program.
  unit = name: {
    wants = lib.optional honeynodes.${name}.tor.enable "tor.service";
    after = lib.optional honeynodes.${name}.tor.enable "tor.service";
    serviceConfig = {
      RuntimeDirectory = "bitcoind-${name}";
      # A node on mainnet writes its cache of coins when it stops. systemd kills after 90 seconds.
      TimeoutStopSec = lib.mkDefault "10min";
    };
    postStart = "echo $MAINPID > /run/bitcoind-${name}/pid";
  };

  extractor = index: name: let
    cfg = honeynodes.${name};
  in {
    bitcoind = cfg.bitcoind.program;
    inherit (cfg.bitcoind) pidFile;
    inherit (cfg) listen tls;
    metricsAddress = lib.mkDefault "127.0.0.1:${toString (firstMetricsPort + index)}";
  };

  # What a tool gets of a honeynode: its extractor's events and what the tool's module says that it hears.
  heard = name: cfg: let
    inherit (config.services.peer-observer.${name}) hears;
    others = builtins.filter (tool: tool != name && config.services.peer-observer.${tool} ? listen) (lib.unique cfg.tools);
  in
    [cfg.source]
    ++ lib.optional (cfg.rpcExtractor.enable && builtins.elem "rpc" hears) cfg.rpcExtractor.source
    ++ lib.optional (cfg.logExtractor.enable && builtins.elem "log" hears) cfg.logExtractor.source
    ++ lib.optional (cfg.p2pExtractor.enable && builtins.elem "p2p" hears) cfg.p2pExtractor.source
    ++ lib.optionals (builtins.elem "tools" hears) (map (tool: config.services.peer-observer.${tool}.listen) others);

  watchedBy = tool: builtins.filter (cfg: builtins.elem tool cfg.tools) (builtins.attrValues honeynodes);
  checkedChains = lib.unique (map (cfg: cfg.chain) (watchedBy "addr-connectivity"));

  tool = name: let
    watched = watchedBy name;
    asmaps = map (cfg:
      if cfg.asmap == true
      then (peerObserverFlake.packages pkgs).asmap-data
      else cfg.asmap) (builtins.filter (cfg: cfg.asmap != false) watched);
    withTls = builtins.filter (cfg: lib.any (lib.hasPrefix "tls+tcp://") (heard name cfg)) watched;
  in
    lib.mkIf (watched != []) (
      {
        enable = true;
        sources = lib.unique (lib.concatMap (heard name) watched);
        tls = lib.genAttrs ["caFile" "certKeyFile"] (file: lib.mkIf (withTls != []) (lib.mkDefault (builtins.head withTls).tls.${file}));
      }
      // lib.optionalAttrs (config.services.peer-observer.${name} ? asmap) {asmap = lib.mkIf (asmaps != []) (lib.mkDefault (builtins.head asmaps));}
      // lib.optionalAttrs (name == "addr-connectivity") {chain = lib.mkDefault (builtins.head checkedChains);}
    );

  # Of the nodes that run here: who wants a port.
  ports = lib.concatLists (lib.mapAttrsToList (name: cfg:
    map (option: {
      owner = "${where name}.${option}";
      option = "${where name}.${option}";
      port = cfg.${option};
    }) ["port" "rpcPort"]
    ++ lib.optional cfg.tor.enable {
      owner = "${where name}.tor";
      option = "${where name}.port"; # it is one above
      port = cfg.port + 1;
    })
  managed);
  clashes = lib.filterAttrs (_: owners: builtins.length owners > 1) (lib.groupBy (entry: toString entry.port) ports);
in {
  imports = [./lib/honeynode-node.nix ./lib/honeynode-rpc.nix ./lib/honeynode-log.nix ./lib/honeynode-p2p.nix];

  options.services.peer-observer.honeynodes = mkOption {
    type = types.attrsOf (types.submodule honeynode);
    default = {};
    example = lib.literalExpression ''{alpha.tools = ["metrics" "archiver"];}'';
    description = ''
      Honeynodes of this host, by name. Each consists of `services.bitcoind.<name>` (unless `bitcoind.manage` is false),
      `services.peer-observer.tracepoint-extractors.<name>`, whose options can be set as well, and the tools that it lists.
    '';
  };

  config = lib.mkIf (honeynodes != {}) {
    assertions =
      lib.mapAttrsToList (port: owners: {
        assertion = false;
        message = ''
          Port ${port} is wanted by ${lib.concatMapStringsSep " and " (entry: entry.owner) owners}.
          Give one of them another port: ${(lib.last owners).option} = ${toString (lib.toInt port + 10)};
        '';
      })
      clashes
      ++ lib.mapAttrsToList (name: cfg: {
        assertion = lib.hasPrefix "tls+tcp://" cfg.listen -> cfg.tls.caFile != null && cfg.tls.certKeyFile != null;
        message = ''
          ${where name}.listen is ${cfg.listen}, which needs certificates. Set ${where name}.tls.caFile and
          ${where name}.tls.certKeyFile to files on the host (docs/deployment.md shows how to make them).
        '';
      })
      honeynodes
      ++ lib.concatLists (lib.mapAttrsToList (name: cfg:
        map (option: {
          assertion = cfg.tools != [] && lib.hasPrefix "tls+tcp://" option.listen -> option.source != option.listen;
          message = ''
            ${where name}.${option.prefix}source is ${option.listen}, where tools of this host connect to. No certificate has this name:
            set ${where name}.${option.prefix}source = "tls+tcp://NAME-IN-THE-CERTIFICATE:PORT";
          '';
        })
        (
          [(cfg // {prefix = "";})]
          ++ lib.optional cfg.rpcExtractor.enable (cfg.rpcExtractor // {prefix = "rpcExtractor.";})
          ++ lib.optional cfg.logExtractor.enable (cfg.logExtractor // {prefix = "logExtractor.";})
          ++ lib.optional cfg.p2pExtractor.enable (cfg.p2pExtractor // {prefix = "p2pExtractor.";})
        ))
      honeynodes)
      ++ lib.mapAttrsToList (name: _: {
        assertion = !builtins.elem name (peerObserverFlake.tools ++ lib.concatMap (other: ["${other}-rpc" "${other}-log" "${other}-p2p"]) (builtins.attrNames honeynodes));
        message = ''
          ${where name} shares the folder /run/peer-observer/${name} with a tool or with another extractor of another honeynode.
          Give the honeynode another name.
        '';
      })
      honeynodes
      ++ lib.mapAttrsToList (name: cfg: {
        assertion = cfg.bitcoind.manage || !cfg.rpcExtractor.enable || cfg.bitcoind.rpcPasswordFile != null;
        message = ''
          ${where name}.rpcExtractor needs a user of a node that is not run here. Set ${where name}.bitcoind.rpcUser and
          ${where name}.bitcoind.rpcPasswordFile (docs/how-to/let-the-rpc-extractor-in.md shows how to make the user).
        '';
      })
      honeynodes
      ++ lib.mapAttrsToList (name: cfg: {
        assertion = cfg.asmap == true -> lib.versionAtLeast cfg.package.version "31";
        message = ''
          ${where name}.asmap is true, and Bitcoin Core has a map of its own since v31: ${where name}.package is ${cfg.package.version}.
          Give it a file: ${where name}.asmap = "/var/lib/ip_asn.dat";
        '';
      })
      managed
      ++ [
        {
          assertion = builtins.length checkedChains <= 1;
          message = ''
            services.peer-observer.addr-connectivity checks addresses of one chain, and honeynodes of ${lib.concatStringsSep " and " checkedChains}
            name it. Let it run on another host for the others.
          '';
        }
      ];

    warnings = lib.optional (lib.subtractLists ["regtest"] checkedChains != [] && config.services.peer-observer.addr-connectivity.proxy == null) ''
      services.peer-observer.addr-connectivity: whoever announces an address to a honeynode of this host learns from the check that the
      node is watched. Set services.peer-observer.addr-connectivity.proxy, or let it run on another host (docs/addr-connectivity.md).
    '';

    # The option is another one in nix-bitcoin: without such a node it is not touched.
    services.bitcoind = lib.mkIf (managed != {}) (lib.mapAttrs bitcoind managed);
    # The node asks Tor for its onion service, and shows that it can read Tor's cookie.
    services.tor = lib.mkIf (behindTor != {}) {
      enable = true;
      client.enable = true;
      settings = {
        ControlPort = [9051];
        CookieAuthentication = true;
        CookieAuthFileGroupReadable = true;
        DataDirectoryGroupReadable = true;
      };
    };
    users.users = lib.mapAttrs' (name: _: lib.nameValuePair config.services.bitcoind.${name}.user {extraGroups = ["tor"];}) behindTor;
    systemd.services = lib.mapAttrs' (name: _: lib.nameValuePair "bitcoind-${name}" (unit name)) managed;
    # Of our own build: that it has the tracepoints that the extractor reads.
    system.checks = lib.concatMap (cfg: lib.optional (cfg.package ? tests.tracepoints) cfg.package.tests.tracepoints) (builtins.attrValues managed);
    services.peer-observer =
      {
        tracepoint-extractors = builtins.listToAttrs (lib.imap0 (index: name: lib.nameValuePair name (extractor index name)) (builtins.attrNames honeynodes));
      }
      // lib.genAttrs peerObserverFlake.tools tool;
    networking.firewall.allowedTCPPorts = map (cfg: cfg.port) (builtins.filter (cfg: cfg.openFirewall) (builtins.attrValues managed));
  };
}
