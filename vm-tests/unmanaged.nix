# A node that something else runs: a unit of its own, as a user of its own, with a log that the log-extractor may read.
{
  self,
  lib,
  ...
}: {
  nodes.machine = {pkgs, ...}: let
    inherit (self.packages.${pkgs.stdenv.hostPlatform.system}) bitcoind;
    options = ["-regtest" "-connect=0" "-dnsseed=0" "-fixedseeds=0" "-discover=0" "-natpmp=0" "-listenonion=0"];
    node = name: more: {
      # The other one runs the same program.
      postStart = "echo $MAINPID > /run/${name}/pid";
      wantedBy = ["multi-user.target"];
      serviceConfig = {
        User = "satoshi";
        StateDirectory = name;
        RuntimeDirectory = name;
        ExecStart = "${bitcoind}/bin/bitcoind -datadir=/var/lib/${name} ${lib.escapeShellArgs (options ++ more)}";
      };
    };
  in {
    users.users.satoshi = {
      isSystemUser = true;
      group = "satoshi";
    };
    users.groups.satoshi = {};
    environment.systemPackages = [bitcoind];
    # The password is `secret`. `$$`: systemd.
    systemd.services.mine = node "mine" ["-bind=127.0.0.1:18444" "-rpcport=18443" "-debuglogfile=/var/log/mine/debug.log" "-logtimemicros" "-debug=net" "-rpcauth=observer:00$$9d99c71b29e66632d629706e7b26d047dbb417a67e7997ecbe75f3dc08763692"];
    systemd.services.other = node "other" ["-bind=127.0.0.1:18544" "-rpcport=18543"];
    systemd.tmpfiles.rules = [
      "d /var/log/mine 2750 satoshi peer-observer-log -"
      "a /var/log/mine - - - - default:user::rwx,default:group::r-x,default:other::---"
      "f /var/lib/rpc-password 0600 root root - secret"
    ];
    services.peer-observer.honeynodes.alpha = {
      chain = "regtest";
      bitcoind = {
        manage = false;
        program = "${bitcoind}/bin/bitcoind";
        pidFile = "/run/mine/pid";
        rpcAddress = "127.0.0.1:18443";
        rpcUser = "observer";
        rpcPasswordFile = "/var/lib/rpc-password";
        debugLog = "/var/log/mine/debug.log";
      };
      rpcExtractor.enable = true;
      logExtractor.enable = true;
      p2pExtractor.enable = true;
      tools = ["logger"];
    };
  };

  testScript = ''
    start_all()
    for unit in ("mine", "other"):
        machine.wait_for_unit(f"{unit}.service")
    process = "systemctl show -P MainPID -P NRestarts mine.service"
    before = machine.succeed(process)
    for kind in ("extractor", "rpc-extractor", "log-extractor", "p2p-extractor"):
        machine.wait_for_unit(f"peer-observer-{kind}-alpha.service")
    cli = "bitcoin-cli -regtest -datadir=/var/lib/mine -rpcport=18443 -rpcwait -rpcuser=observer -rpcpassword=secret"
    machine.succeed(f"{cli} addnode 127.0.0.1:18544 onetry")
    logged(machine, " alpha message.inbound ", "message_type=verack")
    for kind in ("rpc.", "log.", "p2p_extractor.ping_answered"):
        logged(machine, f" alpha {kind}")
    machine.fail("systemctl cat bitcoind-alpha.service peer-observer-rpc-user-alpha.service")
    with subtest("none of our services stops or restarts it"):
        machine.succeed("systemctl restart 'peer-observer-*'", "systemctl stop 'peer-observer-*'")
        assert machine.succeed(process) == before
  '';
}
