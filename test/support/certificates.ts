/** Certificates of tests, made anew each time, in files of a temporary directory. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Authority, type Issued } from '../../src/cli/certificates.ts'

const LOCAL = ['localhost', '127.0.0.1']

export class TestCertificates {
  readonly directory = mkdtempSync(join(tmpdir(), 'plasma-certificates-'))
  readonly authority: Authority

  private constructor(authority: Authority) {
    this.authority = authority
  }

  static async make(): Promise<TestCertificates> {
    return new TestCertificates(await Authority.make('an authority of the tests', 1))
  }

  get ca(): string {
    return this.authority.issued.cert
  }

  /** A server on this machine. */
  server(days = 1): Promise<Issued> {
    return this.authority.issue({ name: 'server', hosts: LOCAL, days })
  }

  client(): Promise<Issued> {
    return this.authority.issue({ name: 'client', hosts: [], days: 1 })
  }

  /** The path of a file with this text. */
  file(name: string, text: string): string {
    const path = join(this.directory, name)
    writeFileSync(path, text)
    return path
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true })
  }
}
