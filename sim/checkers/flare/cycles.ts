/** Cycles in a graph given as lists of who follows whom. */

/** The nodes of a shortest cycle through some node that lies on one; undefined: there is none. */
export function findCycle(graph: readonly (readonly number[])[]): readonly number[] | undefined {
  const start = onCycle(graph)
  return start === undefined ? undefined : shortestFrom(start, graph)
}

/** A node that lies on a cycle: what is left once all that nobody precedes is taken away leads to one. */
function onCycle(graph: readonly (readonly number[])[]): number | undefined {
  const before = graph.map(() => 0)
  for (const out of graph) for (const to of out) before[to] = (before[to] as number) + 1
  const free = graph.flatMap((_, node) => (before[node] === 0 ? [node] : []))
  const gone = new Set<number>()
  for (let node = free.pop(); node !== undefined; node = free.pop()) {
    gone.add(node)
    for (const to of graph[node] as readonly number[]) {
      before[to] = (before[to] as number) - 1
      if (before[to] === 0) free.push(to)
    }
  }
  const left = graph.findIndex((_, node) => !gone.has(node))
  return left < 0 ? undefined : walkBack(left, graph, gone)
}

/** Everybody who is left has somebody before them who is left too: going back comes round. */
function walkBack(
  from: number,
  graph: readonly (readonly number[])[],
  gone: ReadonlySet<number>,
): number {
  const before = new Map<number, number>()
  for (const [node, out] of graph.entries()) {
    if (gone.has(node)) continue
    for (const to of out) before.set(to, node)
  }
  const seen = new Set<number>()
  let node = from
  while (!seen.has(node)) {
    seen.add(node)
    node = before.get(node) as number
  }
  return node
}

function shortestFrom(start: number, graph: readonly (readonly number[])[]): readonly number[] {
  const cameFrom = new Map<number, number>()
  const queue = [start]
  for (const node of queue) {
    for (const to of graph[node] as readonly number[]) {
      if (to === start) return pathTo(node, start, cameFrom)
      if (cameFrom.has(to)) continue
      cameFrom.set(to, node)
      queue.push(to)
    }
  }
  return []
}

function pathTo(end: number, start: number, cameFrom: ReadonlyMap<number, number>): number[] {
  const path = [end]
  for (let node = end; node !== start; ) {
    node = cameFrom.get(node) as number
    path.unshift(node)
  }
  return path
}
