declare module 'hyperdht' {
  const DHT: import('./stack.ts').DhtClass
  export default DHT
}

declare module 'hyperswarm' {
  const Hyperswarm: import('./stack.ts').SwarmClass
  export default Hyperswarm
}
