/** Namespaces as they are asked for, made, limited and dropped. What their stores hear of it is on disk first. */

import {
  createNamespace,
  DEFAULT_NAMESPACE,
  dropNamespace,
  isNamespaceName,
  viewNamespaces,
} from '../../core/placement/namespaces.ts'
import { pickStores } from '../../core/placement/spread.ts'
import type { Namespace, NamespaceMode } from '../../core/region/types.ts'
import type { Context, Question } from '../../runtime/actor.ts'
import type {
  DriverNamespaceCreate,
  DriverNamespaceDrop,
  DriverNamespaceIs,
  DriverNamespaceLimit,
  DriverNamespaces,
  DriverNamespacesAre,
} from '../../wire/messages/driver.ts'
import type { Beats } from './beats.ts'
import type { Driving } from './driving.ts'
import type { Foundings } from './foundings.ts'
import { refuse } from './refuse.ts'

const MEND_NAME = 'use 1 to 63 lower-case letters, digits, dots, dashes and underscores, like cache'

export class Namespaces {
  readonly #driving: Driving
  readonly #beats: Beats
  readonly #foundings: Foundings

  constructor(driving: Driving, beats: Beats, foundings: Foundings) {
    this.#driving = driving
    this.#beats = beats
    this.#foundings = foundings
  }

  list({ name }: DriverNamespaces, question: Question, context: Context): void {
    const { picture } = this.#driving
    if (name === DEFAULT_NAMESPACE && !picture.namespaces.has(name)) {
      if (this.#make(name, 'strong', question, context) === undefined) return
    }
    const namespaces = viewNamespaces(picture, name)
    const are: DriverNamespacesAre = { kind: 'driver.namespaces-are', namespaces }
    this.#driving.answer(question, are, context)
  }

  create({ name, mode }: DriverNamespaceCreate, question: Question, context: Context): void {
    if (!isNamespaceName(name)) {
      refuse(question, 'invalid', `${name} is no name: ${MEND_NAME}`, context)
      return
    }
    if (this.#driving.picture.namespaces.has(name)) {
      refuse(question, 'exists', `there is a namespace ${name} already`, context)
      return
    }
    const namespace = this.#make(name, mode, question, context)
    if (namespace === undefined) return
    const is: DriverNamespaceIs = { kind: 'driver.namespace-is', namespace }
    this.#driving.answer(question, is, context)
  }

  /** Undefined: the question was refused. */
  #make(
    name: string,
    mode: NamespaceMode,
    question: Question,
    context: Context,
  ): Namespace | undefined {
    const { picture, ids, limits } = this.#driving
    const view = this.#driving.view(context)
    const stores = pickStores(view, limits.replicas)
    if (stores.length === 0 || (stores.length < limits.replicas && !view.settled)) {
      const text = `${stores.length} of ${limits.replicas} stores have been heard of: ask again`
      refuse(question, 'no-leader', text, context)
      return undefined
    }
    const namespace = createNamespace(picture, ids, name, mode, stores)
    this.#driving.whenWritten((landed, later) => {
      if (landed) this.#foundings.tell(later)
    }, context)
    return namespace
  }

  drop({ name }: DriverNamespaceDrop, question: Question, context: Context): void {
    const { picture } = this.#driving
    if (!picture.namespaces.has(name)) {
      this.#noNamespace(name, question, context)
      return
    }
    const dropped = dropNamespace(picture, name)
    this.#driving.answer(question, { kind: 'driver.done' }, context)
    this.#driving.whenWritten((landed, later) => {
      if (landed) for (const descriptor of dropped) this.#beats.expel(descriptor, later)
    }, context)
  }

  limit({ name, quota }: DriverNamespaceLimit, question: Question, context: Context): void {
    const { picture } = this.#driving
    const record = picture.namespaces.get(name)
    if (record === undefined) {
      this.#noNamespace(name, question, context)
      return
    }
    picture.put({ of: 'namespace', id: name, now: { ...record, quota } })
    this.#driving.answer(question, { kind: 'driver.done' }, context)
  }

  #noNamespace(name: string, question: Question, context: Context): void {
    refuse(question, 'not-found', `there is no namespace ${name}`, context)
  }
}
