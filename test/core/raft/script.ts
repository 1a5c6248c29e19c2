/**
 * Golden conversations: a script is a text in which lines beginning with `> ` are commands, and the
 * lines under a command are what came of it. Running a script gives the text as it should be.
 */

import assert from 'node:assert/strict'
import { peerId } from '../../../src/base/ids.ts'
import type { MembershipStep, RaftInput } from '../../../src/core/raft/types.ts'
import { Network } from './network.ts'
import { describeConfiguration, describeEffect, describeParcel } from './transcript.ts'

export function runScript(script: string): string {
  const run = new Run()
  const out: string[] = []
  for (const line of script.split('\n')) {
    if (line.startsWith('> ')) out.push(line, ...run.command(line.slice(2)))
    else if (line.startsWith('#') || line === '') out.push(line)
  }
  return out.join('\n')
}

type Command = (words: readonly string[]) => void

class Run {
  #network: Network | undefined
  #lines: string[] = []

  command(line: string): readonly string[] {
    const [name = '', ...words] = line.split(' ')
    if (name === 'quietly') return this.command(words.join(' ')).slice(0, 0)
    const command = this.#commands[name]
    assert.ok(command, `no such command: ${name}`)
    this.#lines = []
    command(words)
    return this.#lines
  }

  get #group(): Network {
    assert.ok(this.#network, 'a script begins with the group')
    return this.#network
  }

  #say(line: string): void {
    this.#lines.push(`  ${line}`)
  }

  #peer(word: string | undefined) {
    return this.#group.peer(Number(word))
  }

  #step(word: string | undefined, input: RaftInput): void {
    this.#peer(word).step(input)
  }

  readonly #commands: Record<string, Command> = {
    /** group 1,2,3 [learners 4] [newcomers 5] [quiesceTicks N …] */
    group: (words) => this.#found(words),
    campaign: ([id]) => this.#step(id, { type: 'campaign' }),
    /** Lets a peer win and settle. */
    lead: ([id]) => {
      this.#group.elect(Number(id))
      this.#lines = []
    },
    /** Lets a peer win, and loses all that it then says. */
    'just-win': ([id]) => this.#justWin(Number(id)),
    tick: ([id, times]) => this.#group.tick(Number(id), Number(times ?? 1)),
    pass: ([times]) => this.#group.pass(Number(times ?? 1)),
    settle: () => this.#group.settle(),
    land: ([id]) => {
      this.#peer(id).land()
    },
    deliver: ([count]) => {
      for (let i = 0; i < Number(count ?? 1); i++) this.#group.deliver()
    },
    lose: () => {
      this.#group.parcels = []
    },
    propose: ([id, ...texts]) => {
      for (const text of texts) this.#propose(Number(id), text)
      this.#peer(id).turn()
    },
    read: ([id, token]) => this.#step(id, { type: 'read-index', token: Number(token) }),
    change: ([id, ...steps]) => this.#change(Number(id), steps),
    'leave-joint': ([id]) => {
      this.#tell(this.#peer(id).machine.change({ type: 'leave-joint' }))
      this.#peer(id).turn()
    },
    transfer: ([id, to]) => {
      this.#tell(this.#peer(id).machine.transfer(peerId(Number(to))))
      this.#peer(id).turn()
    },
    compact: ([id, index]) => this.#step(id, { type: 'compact', index: Number(index) }),
    wake: ([id]) => this.#step(id, { type: 'wake' }),
    'peer-down': ([id, peer]) => this.#step(id, { type: 'peer-down', peer: peerId(Number(peer)) }),
    'peer-up': ([id, peer]) => this.#step(id, { type: 'peer-up', peer: peerId(Number(peer)) }),
    isolate: ([id]) => this.#group.isolate(Number(id)),
    cut: ([edge = '']) => {
      this.#group.cut.add(edge)
    },
    heal: () => this.#group.heal(),
    crash: ([id]) => this.#group.crash(Number(id)),
    restart: ([id]) => this.#group.restart(Number(id)),
    status: () => this.#status(),
  }

  #found([voters = '', ...options]: readonly string[]): void {
    const numbers = (list: string | undefined) => (list ? list.split(',').map(Number) : [])
    const settings = new Map<string, string>()
    for (let i = 0; i < options.length; i += 2) settings.set(options[i] ?? '', options[i + 1] ?? '')
    const learners = numbers(settings.get('learners'))
    const newcomers = numbers(settings.get('newcomers'))
    settings.delete('learners')
    settings.delete('newcomers')
    const config = Object.fromEntries([...settings].map(([key, value]) => [key, Number(value)]))
    const network = new Network(numbers(voters), config, learners)
    this.#network = network
    for (const id of newcomers) network.newcomer(id)
    network.trace = (parcel, lost) => this.#say(`${describeParcel(parcel)}${lost ? ' LOST' : ''}`)
    for (const peer of network.all) {
      peer.turn()
      peer.watch = (effect) => {
        const seen = describeEffect(effect)
        if (seen) this.#say(`${peer.id} ${seen}`)
      }
    }
  }

  #justWin(id: number): void {
    const peer = this.#group.peer(id)
    for (let turn = 0; !peer.leads; turn++) {
      assert.ok(turn < 1000, `peer ${id} cannot win`)
      for (const each of this.#group.all) each.landAll()
      if (this.#group.parcels.length === 0) peer.step({ type: 'campaign' })
      this.#group.deliver()
    }
    peer.landAll()
    this.#group.parcels = []
    this.#lines = [`  ${id} leads term ${peer.status.term}`]
  }

  #propose(id: number, text: string): void {
    this.#tell(this.#peer(String(id)).machine.propose(new TextEncoder().encode(text)))
  }

  /** Steps like `+4` (voter), `~4` (learner), `-4`; `explicit` stays in the joint configuration. */
  #change(id: number, words: readonly string[]): void {
    const types = { '+': 'add-voter', '~': 'add-learner', '-': 'remove' } as const
    const steps = words
      .filter((word) => word !== 'explicit')
      .map((word): MembershipStep => {
        const sign = word[0] as keyof typeof types
        return { type: types[sign], peer: peerId(Number(word.slice(1))) }
      })
    const explicitLeave = words.includes('explicit')
    this.#tell(this.#peer(String(id)).machine.change({ type: 'change', steps, explicitLeave }))
    this.#peer(String(id)).turn()
  }

  #tell(outcome: { ok: boolean; reason?: string }): void {
    if (!outcome.ok) this.#say(`refused: ${outcome.reason}`)
  }

  #status(): void {
    for (const { status, state } of this.#group.all) {
      const { self, role, term, commit, lastIndex, lastTerm, configuration, quiescent } = status
      const quiet = quiescent ? ', quiet' : ''
      this.#say(
        `${self} ${role} term ${term}, log to ${lastIndex}/${lastTerm}, commit ${commit}${quiet}: ` +
          `${state.join(' ') || '-'} (${describeConfiguration(configuration)})`,
      )
    }
  }
}
