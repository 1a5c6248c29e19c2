/** Why a node does not start, or cannot go on: one line that says what, where and how to mend it. */

export class NodeRefused extends Error {
  override readonly name = 'NodeRefused'
}
