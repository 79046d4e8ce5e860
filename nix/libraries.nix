# The tests of libs/: each service is built from these folders without their tests. Installs nothing.
{
  sources,
  build,
  boost,
  fmt,
  nlohmann_json,
  nng,
  openssl,
  prometheus-cpp,
  protobuf,
  protozero,
  secp256k1,
  spdlog,
  systemdLibs,
  zlib,
  zstd,
}:
build {
  pname = "peer-observer-libraries";
  src = sources.toSource [sources.common (sources.own "libs")];
  # bus: certificates for its tests; archive: what others make of its files
  nativeCheckInputs = [openssl zstd];
  buildInputs = [boost fmt nlohmann_json nng openssl prometheus-cpp protobuf protozero secp256k1 spdlog systemdLibs zlib zstd];
  installPhase = "touch $out";
  meta.description = "Tests of the libraries of peer-observer";
}
