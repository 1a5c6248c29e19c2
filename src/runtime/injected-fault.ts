/** What fault injection makes an actor throw. */

import { type Address, formatAddress } from './address.ts'

/** Thrown by `throwNext`. */
export class InjectedFault extends Error {
  override readonly name = 'InjectedFault'

  constructor(at: Address) {
    super(`a fault was injected into ${formatAddress(at)}`)
  }
}
