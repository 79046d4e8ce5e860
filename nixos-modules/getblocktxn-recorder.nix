# peer-observer-getblocktxn-recorder: a line of CSV for each transaction that a compact block lacked.
import ./lib/tool.nix {
  name = "getblocktxn-recorder";
  description = "records which transactions compact blocks lacked";
  metricsAddress = "127.0.0.1:9365";
  lacks = ["logLevel" "nodes"];
  settings = _: {output = "/var/lib/peer-observer-getblocktxn-recorder/asked.csv";};
  serviceConfig = _: {
    StateDirectory = "peer-observer-getblocktxn-recorder";
    StateDirectoryMode = "0700";
  };
}
