#!/usr/bin/env node
/** `flaredb` is `plasma flare`. */

process.argv.splice(2, 0, 'flare')
await import('./plasma.js')
