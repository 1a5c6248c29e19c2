#!/usr/bin/env node
/**
 * The launcher. Plain JavaScript, because the Node that starts it may be an old one: then it runs
 * itself again on the Node that the package brings. In a clone it runs the sources, packed the build.
 */

import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import module, { createRequire } from 'node:module'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const NEEDED = 24
const root = dirname(dirname(fileURLToPath(import.meta.url)))
const source = join(root, 'src/cli/main.ts')
const main = existsSync(source) ? source : join(root, 'dist/src/cli/main.js')

if (Number(process.versions.node.split('.')[0]) >= NEEDED) {
  process.argv[1] = main
  keepCompiled()
  await import(pathToFileURL(main).href)
} else {
  runOn(bundledNode())
}

/**
 * Compiled code is kept in the user's cache, so that the next start takes half the time, and no thread of a
 * node carries a compiler for the sources. Off with Node's own NODE_DISABLE_COMPILE_CACHE=1.
 */
function keepCompiled() {
  const cache = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache')
  const { directory } = module.enableCompileCache(join(cache, 'plasma'))
  // Threads and processes of this one look here.
  if (directory !== undefined) process.env.NODE_COMPILE_CACHE ??= directory
}

function bundledNode() {
  const { resolve } = createRequire(import.meta.url)
  for (const family of ['node', 'node-bin']) {
    try {
      const manifest = resolve(`${family}-${process.platform}-${process.arch}/package.json`)
      return join(dirname(manifest), 'bin/node')
    } catch {
      // Not installed for this platform under this name.
    }
  }
  console.error(
    `plasma needs Node ${NEEDED} or newer, and this is ${process.version}; ` +
      `install one, or let npm install optional dependencies`,
  )
  process.exit(1)
}

function runOn(node) {
  // The pipe closes with this process, however it ends, and the other ends with the pipe.
  const child = spawn(node, [main, ...process.argv.slice(2)], {
    stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
    env: { ...process.env, PLASMA_PARENT_FD: '3' },
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => child.kill(signal))
  }
  child.on('error', (error) => {
    console.error(`plasma cannot start ${node}: ${error.message}`)
    process.exit(1)
  })
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}
