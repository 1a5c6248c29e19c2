/** node:http2 behind the door port. */

import { Http2Door } from '../../src/api/http2-door/http2-door.ts'
import { doorContract } from '../contracts/door.ts'

doorContract('node:http2', (options, open) => new Http2Door(options, open))
