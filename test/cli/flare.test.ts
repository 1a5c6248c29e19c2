/** `flaredb` against a door over scripted regions: what it prints for people and programs, and its exit codes. */

import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { finish } from '../support/child.ts'
import { type FlareDoor, openFlareDoor } from '../support/flare-door.ts'
import { freePorts } from '../support/ports.ts'

const FLAREDB = join(import.meta.dirname, '../../bin/flaredb.js')

describe('flaredb', { timeout: 60_000 }, () => {
  let door: FlareDoor
  before(async () => {
    door = await openFlareDoor('m')
  })
  after(() => door.close())

  const flaredb = (args: string, input = '') =>
    finish(process.execPath, [FLAREDB, ...args.split(' ')], {
      env: { PLASMA_ENDPOINTS: door.endpoint, NO_COLOR: '1' },
      input,
    })
  /** A command with its exit code and all that it prints; lines for people's eyes begin with `!`. */
  async function told(args: string, input?: string): Promise<string> {
    const { code, stdout, stderr } = await flaredb(args, input)
    const lines = [
      ...stdout.split('\n').map((line) => line.trimEnd()),
      ...stderr.split('\n').map((line) => (line === '' ? '' : `! ${line}`)),
    ]
    return [String(code), ...lines.filter((line) => line !== '')].join('\n')
  }

  it('keys: put, get, cas, del', async () => {
    assert.equal(await told('put a 1'), '0\nversion 1048577')
    assert.equal(
      await told('get a'),
      `0
 key  value  version  written
 a    1      1048577  1970-01-01T00:00:00.016Z`,
    )
    assert.equal(await told('get a --json'), '0\n{"key":"a","value":"1","version":"1048577"}')
    assert.equal(await told('get a --raw'), '0\n1')
    assert.equal(await told('get none'), '2\n! flaredb: there is no key none')
    assert.equal(
      await told('cas a 0 x'),
      '3\n! flaredb: nothing was written: the version is 1048577',
    )
    assert.equal(await told('cas z 0 x --json'), '0\n{"success":true,"version":"1048578"}')
    assert.equal(await told('cas z 0 x --json'), '3\n{"success":false,"current":"1048578"}')
    assert.equal(await told('cas z 1048578'), '0\ndeleted')
    assert.equal(await told('del a'), '0\ndeleted')
    assert.match(await told('del'), /^1\n! flaredb: give a key, or a range/)
  })

  it('ranges: bytes that are no text stay readable; a limit says that there is more', async () => {
    await told('put s1 one')
    await told('put ff00 0a --hex')
    assert.match(await told('scan'), /\n s1 {6}one .*\n 0xff00 {2}\\n {5}/)
    assert.match(await told('scan --json'), /\n\{"key64":"\/wA=","value":"\\n","version":"\d+"\}$/)
    const last = await told('scan --reverse --limit 1 --keys-only --json')
    assert.match(last, /^0\n\{"key64":"\/wA=","version":"\d+"\}\n! there is more/)
    const long = 'x'.repeat(70)
    await told(`put s2 ${long}`)
    assert.match(await told('scan s2'), / x{64}… \(70 B\) /)
    assert.match(await told('get s2'), / x{70} /)
    assert.equal(await told('del --prefix s'), '0\n2 keys deleted')
    assert.equal(await told('del ff00 --hex'), '0\ndeleted')
  })

  it('a batch names the outcome of each region’s part, by the positions of its lines', async () => {
    await told('put z 1')
    const lines = `{"op":"put","key":"b","value":{"x":1}}
{"op":"delete","key":"z","expect":"1"}
`
    assert.match(
      await told('batch', lines),
      /^3\n operations {2}outcome .*\n 1 {11}done .*\n 2 {11}version-mismatch: the version is \d+$/,
    )
    assert.equal(
      await told('batch', '{"key":"b"}'),
      '1\n! plasma: line 1: a put needs value or value64',
    )
  })

  it('namespaces, regions, stores, timestamps', async () => {
    assert.match(
      await told('ns ls'),
      /^0\n namespace {2}id {2}mode .*\n default {5}1 {2}strong {8}2 .* 1\.0 GiB$/,
    )
    assert.equal(await told('ns create more'), '0\nnamespace more is there: strong, id 2')
    assert.equal(
      await told('ns create default'),
      '1\n! flaredb: namespace default is there already',
    )
    assert.match(await told('ns drop more'), /^1\n! .*add --yes/)
    assert.equal(
      await told('region ls'),
      `0
 region  ns  from   to   epoch  leader  replicas  keys     size  doing
      1   1  start  m    1.1    n1      n1 n2 n3    10  4.0 KiB
      2   1  m      end  1.1    n2      n1 n2 n3    10  4.0 KiB`,
    )
    assert.match(await told('region explain 1'), / balance {2}no {4}all stores hold as much$/)
    assert.equal(await told('region split 1 c d'), '0\nregion 1 is being split')
    assert.match(
      await told('store ls'),
      /\n n3 {5}draining {2}live .* zone=z3\n driver n1, epoch 3$/,
    )
    assert.equal(
      await told('store drain n9 --json'),
      '1\n! {"error":{"reason":"not-found","text":"there is no store n9"}}',
    )
    assert.match(await told('tso 3 --json'), /^0\n\{"first":"\d+","count":3,"date":"1970-/)
  })

  it('load, export, import: CSV with a header and quotes, JSON lines, bytes in base64', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'flaredb-cli-'))
    const file = (name: string): string => join(directory, name)
    writeFileSync(file('in.csv'), 'size,name,value\r\n7,c1,"a ""quoted"",\nline"\r\n8,c2,plain\r\n')
    assert.match(await told(`load ${file('in.csv')} --key-column name`), /^0\n! 2 rows written, /)
    await told('put 6333 ff --hex')
    assert.match(await told(`export ${file('out.jsonl')} --prefix c`), /^0\n! 3 rows exported/)
    assert.equal(
      readFileSync(file('out.jsonl'), 'utf8'),
      `{"key":"c1","value":"a \\"quoted\\",\\nline"}
{"key":"c2","value":"plain"}
{"key":"c3","value64":"/w=="}
`,
    )
    assert.equal(await told('del --prefix c'), '0\n3 keys deleted')
    const loaded = JSON.parse((await flaredb(`import ${file('out.jsonl')} --json`)).stdout)
    assert.equal(loaded.rows, 3)
    assert.equal(
      (await flaredb('export --prefix c')).stdout,
      readFileSync(file('out.jsonl'), 'utf8'),
    )
    assert.match(await told('load - --format jsonl', 'nonsense'), /^1\n! plasma: line 1: no JSON/)
    assert.match(await told(`load ${file('none.csv')}`), /^1\n! plasma: there is no file/)
    rmSync(directory, { recursive: true })
  })

  it('what is wrong is named: namespace, endpoint, command, argument', async () => {
    assert.match(
      await told('get a -n nope'),
      /^1\n! flaredb: there is no namespace nope; create it/,
    )
    const [nobody] = await freePorts(1)
    assert.match(
      await told(`get a -e 127.0.0.1:${nobody} --timeout 1`),
      /^5\n! flaredb: no connection to 127\.0\.0\.1:\d+ within 1000 ms$/,
    )
    assert.match(await told('gte a'), /Did you mean get\?/)
    assert.match(await told('put a'), /^1\n! error: missing required argument 'value'$/)
    assert.match(await told('get zz --hex'), /^1\n! plasma: zz is no hexadecimal/)
  })

  it('a write that may have been done has a code of its own', async () => {
    door.cluster.meddle = (to) => (to.kind === 'region' ? 'done-silent' : undefined)
    assert.match(await told('put lost 1'), /^4\n! flaredb: .*read before writing again$/)
    door.cluster.meddle = () => undefined
  })
})
