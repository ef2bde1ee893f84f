/// One gateway behind all of its ports, for the composition. Other code takes only the ports it
/// needs.
public typealias WholeGateway = GatewayReading & GatewayMoving & GatewayRunLog & GatewayNewsSource
