# The options of agenix that the template of a fleet uses: a module for tests, which cannot download agenix.
{lib, ...}: {
  options.age.secrets = lib.mkOption {
    type = lib.types.attrsOf (lib.types.submodule ({name, ...}: {
      options = {
        # The template's secrets are not there.
        file = lib.mkOption {
          type = lib.types.path;
          apply = toString;
        };
        owner = lib.mkOption {type = lib.types.str;};
        path = lib.mkOption {default = "/run/agenix/${name}";};
      };
    }));
  };
}
