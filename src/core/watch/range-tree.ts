/**
 * Spans by position, so that those that contain a key are found in the time it takes to name them: a
 * search tree by start, each node knowing the highest end below it, balanced by priorities that are
 * drawn from a counter (the same on every run).
 *
 * RANGE-TREE-I1: in order by start, then end. I2: no child has a higher priority than its parent.
 * I3: `highest` is the highest end of the node and all below.
 */

import { assert } from '../../base/assert.ts'
import type { KeySpan } from '../mvcc/key-span.ts'
import type { KeyText } from '../mvcc/key-text.ts'

interface Node<T> {
  readonly span: KeySpan
  readonly priority: number
  readonly items: Set<T>
  highest: KeyText | undefined
  left: Node<T> | undefined
  right: Node<T> | undefined
}

export class RangeTree<T> {
  #root: Node<T> | undefined
  #drawn = 0
  #size = 0

  /** Items, not spans. */
  get size(): number {
    return this.#size
  }

  add(span: KeySpan, item: T): void {
    const node = this.#find(span) ?? this.#plant(span)
    if (!node.items.has(item)) this.#size++
    node.items.add(item)
  }

  delete(span: KeySpan, item: T): void {
    const node = this.#find(span)
    if (node === undefined || !node.items.delete(item)) return
    this.#size--
    if (node.items.size === 0) this.#root = without(this.#root, span)
  }

  visit(key: KeyText, take: (item: T) => void): void {
    visitNode(this.#root, key, take)
  }

  /** Throws when an invariant above is broken. */
  audit(): void {
    auditNode(this.#root)
  }

  #find(span: KeySpan): Node<T> | undefined {
    let node = this.#root
    while (node !== undefined) {
      const order = compareSpans(span, node.span)
      if (order === 0) return node
      node = order < 0 ? node.left : node.right
    }
    return undefined
  }

  #plant(span: KeySpan): Node<T> {
    const node: Node<T> = {
      span,
      priority: Math.imul(++this.#drawn, 0x9e3779b1) >>> 0,
      items: new Set(),
      highest: span.to,
      left: undefined,
      right: undefined,
    }
    this.#root = planted(this.#root, node)
    return node
  }
}

function planted<T>(at: Node<T> | undefined, node: Node<T>): Node<T> {
  if (at === undefined) return node
  if (compareSpans(node.span, at.span) < 0) {
    at.left = planted(at.left, node)
    return at.left.priority > at.priority ? rotated(at, 'left') : settled(at)
  }
  at.right = planted(at.right, node)
  return at.right.priority > at.priority ? rotated(at, 'right') : settled(at)
}

function without<T>(at: Node<T> | undefined, span: KeySpan): Node<T> | undefined {
  if (at === undefined) return undefined
  const order = compareSpans(span, at.span)
  if (order === 0) return joined(at.left, at.right)
  if (order < 0) at.left = without(at.left, span)
  else at.right = without(at.right, span)
  return settled(at)
}

/** Everything in `left` lies before everything in `right`. */
function joined<T>(left: Node<T> | undefined, right: Node<T> | undefined): Node<T> | undefined {
  if (left === undefined) return right
  if (right === undefined) return left
  if (left.priority > right.priority) {
    left.right = joined(left.right, right)
    return settled(left)
  }
  right.left = joined(left, right.left)
  return settled(right)
}

/** Lifts the child of that side above its parent. */
function rotated<T>(parent: Node<T>, side: 'left' | 'right'): Node<T> {
  const other = side === 'left' ? 'right' : 'left'
  const child = parent[side] as Node<T>
  parent[side] = child[other]
  child[other] = settled(parent)
  return settled(child)
}

function settled<T>(node: Node<T>): Node<T> {
  node.highest = highestOf(node)
  return node
}

function highestOf<T>({ span, left, right }: Node<T>): KeyText | undefined {
  let highest = span.to
  for (const child of [left, right]) {
    if (child === undefined || highest === undefined) continue
    if (child.highest === undefined || child.highest > highest) highest = child.highest
  }
  return highest
}

function visitNode<T>(node: Node<T> | undefined, key: KeyText, take: (item: T) => void): void {
  if (node === undefined || (node.highest !== undefined && node.highest <= key)) return
  visitNode(node.left, key, take)
  if (node.span.from > key) return
  if (node.span.to === undefined || node.span.to > key) for (const item of node.items) take(item)
  visitNode(node.right, key, take)
}

function compareSpans(a: KeySpan, b: KeySpan): number {
  if (a.from !== b.from) return a.from < b.from ? -1 : 1
  if (a.to === b.to) return 0
  if (a.to === undefined) return 1
  if (b.to === undefined) return -1
  return a.to < b.to ? -1 : 1
}

function auditNode<T>(node: Node<T> | undefined): void {
  if (node === undefined) return
  const { left, right } = node
  assert(left === undefined || compareSpans(left.span, node.span) < 0, 'RANGE-TREE-I1')
  assert(right === undefined || compareSpans(right.span, node.span) > 0, 'RANGE-TREE-I1')
  assert(left === undefined || left.priority <= node.priority, 'RANGE-TREE-I2')
  assert(right === undefined || right.priority <= node.priority, 'RANGE-TREE-I2')
  assert(node.highest === highestOf(node), 'RANGE-TREE-I3')
  assert(node.items.size > 0, 'an empty node stays')
  auditNode(left)
  auditNode(right)
}
