{
  services.peer-observer.honeynodes.alpha = {
    openFirewall = true;
    tools = ["logger" "metrics" "archiver"];
  };
  services.peer-observer.logger.kinds = ["connection.misbehaving"];
  services.peer-observer.archiver.keepSize = 100000; # MiB
  services.prometheus.enable = true;
}
