# The fleet. A node is also a folder hosts/<name> with the host's own configuration, and its secret: secrets/<name>.pem.age
{
  nodes = {
    alpha.address = "alpha.example.org";
    beta.address = "beta.example.org";
  };
  central.address = "central.example.org";
}
