import assert from 'node:assert/strict'
import { test } from 'node:test'
import { GROUP_LIMITS } from '../../src/actors/options.ts'
import { pulseKind } from '../../src/actors/pulse/behavior.ts'
import { groupId, nodeName } from '../../src/base/ids.ts'
import { MeterBook } from '../../src/base/meter-book.ts'
import type { Context, Input } from '../../src/runtime/actor.ts'
import { type Address, address } from '../../src/runtime/address.ts'
import type { Message } from '../../src/runtime/message.ts'
import type { PulseHello } from '../../src/wire/messages/pulse.ts'

const [here, there] = [nodeName('n1'), nodeName('n2')]
const group = groupId('g')
const ROUND_TRIP = 'etcd_network_peer_round_trip_time_seconds{To="n2"}'

/** The pulse of n1's only worker, which has a group in common with n2. */
function open() {
  const self = address(here, 'pulse', '1')
  const pulse = pulseKind({
    node: here,
    founders: [here, there],
    groups: [group],
    workers: 1,
    incarnation: 'n1',
    rejoin: false,
    limits: GROUP_LIMITS,
    flare: undefined,
  }).create(self)
  const meter = new MeterBook()
  const sent: (readonly [Address, Message])[] = []
  let nowMs = 0
  let atUs = 0
  const send = (to: Address, message: Message) => sent.push([to, message])
  const context = {
    self,
    life: 1,
    meter,
    get nowMs() {
      return nowMs
    },
    stopwatchUs: () => atUs,
    setTimer: () => {},
    send,
    sendNow: send,
  } as unknown as Context
  const receive = (input: Input) => pulse.receive(input, context)
  const hear = (message: Message, node = there) =>
    receive({ type: 'message', message, from: address(node, 'pulse', '0') })
  receive({ type: 'start' })
  hear({ kind: 'pulse.register', nodes: [there] } as Message, here)
  return {
    hear,
    /** Lets a second of beats go by; the hello that went out. */
    second: () => {
      for (let beat = 0; beat < 10; beat++) {
        nowMs += 100
        receive({ type: 'timer', name: 'beat' })
      }
      const hellos = sent.splice(0).filter(([, { kind }]) => kind === 'pulse.hello')
      assert.deepEqual(
        hellos.map(([to]) => to),
        [address(there, 'pulse', '0')],
      )
      return hellos[0]?.[1] as PulseHello
    },
    said: () => sent.pop()?.[1],
    later: (us: number) => {
      atUs += us
    },
    roundTrip: () => meter.read().histograms.find(([name]) => name === ROUND_TRIP)?.[1].sum,
  }
}

test('each peer is asked once a second, and the time to its answer is metered', () => {
  const { second, later, hear, roundTrip } = open()
  for (let round = 1; round <= 2; round++) {
    const { number } = second()
    later(1500)
    hear({ kind: 'pulse.workers', workers: 1, number } as Message)
    assert.equal(roundTrip(), round * 0.0015)
  }
})

test('an answer to an earlier hello counts for nothing: its way cannot be told from the wait', () => {
  const { second, later, hear, roundTrip } = open()
  const late = second()
  second()
  later(10)
  hear({ kind: 'pulse.workers', workers: 1, number: late.number } as Message)
  assert.equal(roundTrip(), undefined)
})

test('a hello is answered with its number', () => {
  const { hear, said } = open()
  hear({ kind: 'pulse.hello', number: 9 } as Message)
  assert.deepEqual(said(), { kind: 'pulse.workers', workers: 1, number: 9 })
})
