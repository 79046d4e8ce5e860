{
  mkService,
  openssl,
}:
mkService {
  name = "asmap";
  description = "Prints the autonomous system of IP addresses";
  folders = ["libs/asmap" "libs/wire"];
  buildInputs = [openssl];
}
