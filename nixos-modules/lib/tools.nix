# The names of the tools: a module a tool. What subscribes is a tool, what publishes a node's events is called extractor.
lib: let
  names = map (lib.removeSuffix ".nix") (builtins.filter (lib.hasSuffix ".nix") (builtins.attrNames (builtins.readDir ../.)));
in
  builtins.filter (name: !builtins.elem name ["default" "honeynode"] && !lib.hasSuffix "extractor" name) names
