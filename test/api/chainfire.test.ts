/** What stands behind the doors keeps the contract of its interface, however many threads it has. */

import { chainfireContract } from '../contracts/chainfire.ts'
import { runInline } from '../support/running-inline.ts'

chainfireContract('a node with one worker', () => runInline(1))
chainfireContract('a node on one thread', () => runInline(0))
