/**
 * One script of commands and raw requests, played to Debian's etcd and to each of our nodes: every
 * output, code and text must be the same, but for the list of known differences.
 */

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { TestCluster } from '../support/cluster.ts'
import { ETCD, ETCDCTL, startEtcd, unlessInstalled } from '../support/etcd.ts'
import { DIFFERENCES } from './differences.ts'
import { play, type Said } from './play.ts'
import { SCRIPT } from './script/all.ts'

const LEAST_STEPS = 150

describe('the compatibility script', { skip: unlessInstalled(ETCD, ETCDCTL) }, () => {
  let oracle: readonly Said[]

  before(async () => {
    const etcd = await startEtcd()
    oracle = await play(SCRIPT, etcd.endpoint)
    await etcd.stop()
  })

  it('is long enough to mean something', () => assert.ok(oracle.length >= LEAST_STEPS))

  for (const node of [0, 1, 2]) {
    describe(`at node ${node + 1} of three`, () => {
      let cluster: TestCluster
      let said: readonly Said[]

      before(async () => {
        cluster = await TestCluster.start()
        await cluster.leader()
        said = await play(SCRIPT, cluster.node(node).endpoint)
      })
      after(() => cluster.stop())

      it('says what etcd says', () => {
        assert.equal(said.length, oracle.length)
        const wrong = oracle.flatMap((theirs, i) => compare(theirs, said[i] as Said))
        assert.equal(wrong.join('\n\n'), '')
      })
      it('differs where the list says so', () => {
        for (const { step, ours } of DIFFERENCES) {
          const at = oracle.findIndex((theirs) => theirs.step === step)
          assert.notEqual(at, -1, `no step is called ${step}`)
          assert.equal(withoutRevision((said[at] as Said).output), ours)
          assert.notEqual(
            (oracle[at] as Said).output,
            (said[at] as Said).output,
            `${step} is equal now`,
          )
        }
      })
    })
  }
})

function compare(theirs: Said, ours: Said): string[] {
  if (theirs.output === ours.output) return []
  if (DIFFERENCES.some(({ step }) => step === theirs.step)) return []
  return [`${theirs.section}: ${theirs.step}\netcd: ${theirs.output}\nours: ${ours.output}`]
}

function withoutRevision(output: string): string {
  return output.replace(/"revision":("?)\d+"?/, '"revision":$1REV$1')
}
