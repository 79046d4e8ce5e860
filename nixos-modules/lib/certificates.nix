# Which units have certificates, for whoever renews them.
{lib, ...}: {
  options.services.peer-observer.unitsWithCertificates = lib.mkOption {
    type = lib.types.listOf lib.types.str;
    default = [];
    description = ''
      Units of this host that use `tls+tcp://`: the modules fill it. Reload them after certificates have been renewed: `systemctl reload` reads the
      files again, and established connections continue. With `security.acme.certs.<name>.reloadServices`, or `reloadTriggers` of
      `systemd.services`, this happens by itself.
    '';
  };
}
