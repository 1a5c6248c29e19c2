/**
 * Metrics across the threads of a node: the main thread alone knows the figures of all of them, and any
 * thread that has a door is asked for them.
 */

import { BroadcastChannel } from 'node:worker_threads'
import type { NodePlan } from './plan.ts'

type Told = { readonly text: string } | { readonly failure: string }

const ASK = 'ask'
const PATIENCE_MS = 2000

/** The store's directory tells nodes of one process apart. */
const open = ({ storeDirectory }: NodePlan): BroadcastChannel =>
  new BroadcastChannel(`metrics of ${storeDirectory}`)

/** Answers until the process ends. */
export function serveMetrics(plan: NodePlan, render: () => Promise<string>): void {
  const channel = open(plan)
  channel.unref()
  channel.onmessage = (event) => {
    const { data } = event as MessageEvent
    if (data !== ASK) return
    render().then(
      (text) => channel.postMessage({ text } satisfies Told),
      (error: unknown) => channel.postMessage({ failure: String(error) } satisfies Told),
    )
  }
}

/** Prometheus' text; whoever asked for it last, it is as good for everybody. */
export function askMetrics(plan: NodePlan): Promise<string> {
  const channel = open(plan)
  return new Promise<string>((resolve, reject) => {
    const late = setTimeout(() => reject(new Error('the main thread is silent')), PATIENCE_MS)
    channel.onmessage = (event) => {
      const { data } = event as MessageEvent
      if (data === ASK) return
      clearTimeout(late)
      const told = data as Told
      if ('text' in told) resolve(told.text)
      else reject(new Error(told.failure))
    }
    channel.postMessage(ASK)
  }).finally(() => channel.close())
}
