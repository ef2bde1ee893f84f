/// One gateway behind all of its ports, for the composition. Everything else takes the ports that it needs.
public typealias WholeGateway = GatewayReading & GatewayMoving & GatewayRunLog & GatewayNewsSource
