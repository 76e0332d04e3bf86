"""One Linux machine as a hub: machine.yml and hub.env become the hub's configuration and the units' environments."""
