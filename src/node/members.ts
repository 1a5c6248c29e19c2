/**
 * Where clients reach each member: told by the links as they come up, kept over a restart, so that a
 * member list is whole while a member is down. Who is no member any more is forgotten.
 */

import { existsSync, readFileSync } from 'node:fs'
import { writeAtomically } from './data-directory.ts'

/** Client URLs by the names of nodes. Plain data: posted to the threads that have doors. */
export type ClientUrls = Readonly<Record<string, string>>

export class MemberBook {
  readonly #path: string
  #urls: ClientUrls

  /** `own` overrides what was kept of this node itself. */
  constructor(path: string, members: readonly string[], own: ClientUrls) {
    this.#path = path
    const kept = Object.entries(readUrls(path)).filter(([name]) => members.includes(name))
    this.#urls = { ...Object.fromEntries(kept), ...own }
  }

  get urls(): ClientUrls {
    return this.#urls
  }

  /** True if it was news. */
  learn(name: string, url: string): boolean {
    if (url === '' || this.#urls[name] === url) return false
    this.#urls = { ...this.#urls, [name]: url }
    writeAtomically(this.#path, `${JSON.stringify(this.#urls, null, 2)}\n`)
    return true
  }
}

/** What is damaged is learnt again. */
function readUrls(path: string): ClientUrls {
  if (!existsSync(path)) return {}
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as ClientUrls
  } catch {
    return {}
  }
}
