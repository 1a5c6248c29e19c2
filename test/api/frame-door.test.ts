/** The frame loop behind the door port. */

import { FrameDoor } from '../../src/api/frame-door/frame-door.ts'
import { doorContract } from '../contracts/door.ts'

doorContract('frame loop', (options, open) => new FrameDoor(options, open))
