"""The channels of the desk: one package per kind, each fulfilling `gateway.contracts.channel`."""
