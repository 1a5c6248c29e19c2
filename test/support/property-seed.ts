/**
 * Loaded before every test file of `npm test`: properties are tried with the same cases in every run, so that
 * a red run is a change's fault. `npm run hunt` draws new ones; a test file run by itself does, too.
 */

import fc from 'fast-check'

const hunting = process.env.PLASMA_HUNT === '1'
if (!hunting) fc.configureGlobal({ seed: 20_240_601 })
