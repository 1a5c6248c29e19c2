import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'
import { openLevelStore, StoreUnusable } from '../../src/storage/level/level-store.ts'
import { MemoryStore } from '../../src/storage/memory/memory-store.ts'
import { type StoreUnderTest, storeContract } from '../contracts/store.ts'

storeContract('memory', async () => ({ store: new MemoryStore(), close: async () => {} }))

storeContract('classic-level', async () => openIn(await mkdtemp(join(tmpdir(), 'plasma-store-'))))

async function openIn(directory: string): Promise<StoreUnderTest> {
  const store = await openLevelStore({ directory, sync: true })
  return {
    store,
    reopen: async () => {
      await store.close()
      return openIn(directory)
    },
    close: async () => {
      await store.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

it('a store that cannot be opened says why and where', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'plasma-store-'))
  const file = join(directory, 'a-file')
  await writeFile(file, '')
  await assert.rejects(
    openLevelStore({ directory: join(file, 'store'), sync: true }),
    (error: unknown) => error instanceof StoreUnusable && error.message.includes(file),
  )
  await rm(directory, { recursive: true })
})
