/**
 * A certificate authority for one cluster, and the certificates that it issues: X.509 with P-256 keys, as
 * PEM. It keeps nothing; whoever holds its key can issue more.
 */

import { createHash, randomBytes, webcrypto } from 'node:crypto'
import { isIP, SocketAddress } from 'node:net'
import { BitString, Integer, OctetString, Utf8String } from 'asn1js'
import {
  AttributeTypeAndValue,
  AuthorityKeyIdentifier,
  BasicConstraints,
  Certificate,
  Extension,
  ExtKeyUsage,
  GeneralName,
  GeneralNames,
  RelativeDistinguishedNames,
} from 'pkijs'

/** Both in PEM; the key in PKCS #8. */
export interface Issued {
  readonly cert: string
  readonly key: string
}

export interface Wish {
  /** The subject's common name: who a client is. */
  readonly name: string
  /** Host names and addresses that a server is reached by; none for one that only calls. */
  readonly hosts: readonly string[]
  readonly days: number
}

type Key = webcrypto.CryptoKey
type KeyPair = webcrypto.CryptoKeyPair

const DAY_MS = 86_400_000
/** Clocks of machines differ: valid from a little earlier on. */
const EARLIER_MS = 3_600_000

const ECDSA = { name: 'ECDSA', namedCurve: 'P-256' }
const OID = {
  commonName: '2.5.4.3',
  subjectKey: '2.5.29.14',
  keyUsage: '2.5.29.15',
  alternativeNames: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKey: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
}
/** The first bits of a BIT STRING: digitalSignature; and keyCertSign with cRLSign. */
const SIGN = { bits: 0x80, unused: 7 }
const SIGN_CERTIFICATES = { bits: 0x06, unused: 1 }

export class Authority {
  readonly issued: Issued
  readonly #certificate: Certificate
  readonly #key: Key

  private constructor(issued: Issued, certificate: Certificate, key: Key) {
    this.issued = issued
    this.#certificate = certificate
    this.#key = key
  }

  static async make(name: string, days: number): Promise<Authority> {
    const keys = await newKeys()
    const certificate = await draft({ name, hosts: [], days }, keys.publicKey)
    certificate.issuer = certificate.subject
    certificate.extensions = [
      extension(OID.basicConstraints, true, new BasicConstraints({ cA: true }).toSchema()),
      keyUsage(SIGN_CERTIFICATES),
      extension(OID.subjectKey, false, keyIdentifier(certificate)),
    ]
    await certificate.sign(keys.privateKey, 'SHA-256')
    return new Authority(await inPem(certificate, keys), certificate, keys.privateKey)
  }

  /** Good for both ends of a connection: nodes are called, and call. */
  async issue(wish: Wish): Promise<Issued> {
    const keys = await newKeys()
    const certificate = await draft(wish, keys.publicKey)
    certificate.issuer = this.#certificate.subject
    const keyPurposes =
      wish.hosts.length === 0 ? [OID.clientAuth] : [OID.serverAuth, OID.clientAuth]
    certificate.extensions = [
      extension(OID.basicConstraints, true, new BasicConstraints({ cA: false }).toSchema()),
      keyUsage(SIGN),
      extension(OID.extendedKeyUsage, false, new ExtKeyUsage({ keyPurposes }).toSchema()),
      extension(OID.subjectKey, false, keyIdentifier(certificate)),
      extension(
        OID.authorityKey,
        false,
        new AuthorityKeyIdentifier({ keyIdentifier: keyIdentifier(this.#certificate) }).toSchema(),
      ),
      ...(wish.hosts.length === 0 ? [] : [alternativeNames(wish.hosts)]),
    ]
    await certificate.sign(this.#key, 'SHA-256')
    return inPem(certificate, keys)
  }
}

const newKeys = (): Promise<KeyPair> =>
  webcrypto.subtle.generateKey(ECDSA, true, ['sign', 'verify'])

/** All but the issuer and what the certificate is good for. */
async function draft({ name, days }: Wish, publicKey: Key): Promise<Certificate> {
  const certificate = new Certificate()
  certificate.version = 2
  certificate.serialNumber = new Integer({ valueHex: positive(randomBytes(16)) })
  certificate.subject = new RelativeDistinguishedNames({
    typesAndValues: [
      new AttributeTypeAndValue({ type: OID.commonName, value: new Utf8String({ value: name }) }),
    ],
  })
  const nowMs = Date.now()
  certificate.notBefore.value = new Date(nowMs - EARLIER_MS)
  certificate.notAfter.value = new Date(nowMs + days * DAY_MS)
  await certificate.subjectPublicKeyInfo.importKey(publicKey)
  return certificate
}

/** As an ASN.1 integer must be, to be more than zero and of no needless length. */
function positive(bytes: Uint8Array): ArrayBuffer {
  const first = ((bytes[0] as number) & 0x3f) | 0x40
  return Uint8Array.from([first, ...bytes.subarray(1)]).buffer
}

interface Schema {
  toBER(): ArrayBuffer
}

const extension = (extnID: string, critical: boolean, schema: Schema): Extension =>
  new Extension({ extnID, critical, extnValue: schema.toBER() })

function keyUsage({ bits, unused }: { bits: number; unused: number }): Extension {
  const valueHex = Uint8Array.of(bits).buffer
  return extension(OID.keyUsage, true, new BitString({ valueHex, unusedBits: unused }))
}

/** Tells keys apart, and no more: RFC 7093's first method. */
function keyIdentifier({ subjectPublicKeyInfo }: Certificate): OctetString {
  const key = subjectPublicKeyInfo.subjectPublicKey.valueBlock.valueHexView
  const hash = createHash('sha256').update(key).digest().subarray(0, 20)
  return new OctetString({ valueHex: Uint8Array.from(hash).buffer })
}

function alternativeNames(hosts: readonly string[]): Extension {
  const names = hosts.map((host) =>
    isIP(host) === 0
      ? new GeneralName({ type: 2, value: host })
      : new GeneralName({ type: 7, value: new OctetString({ valueHex: addressBytes(host) }) }),
  )
  return extension(OID.alternativeNames, false, new GeneralNames({ names }).toSchema())
}

function addressBytes(host: string): ArrayBuffer {
  if (isIP(host) === 4) return Uint8Array.from(host.split('.').map(Number)).buffer
  const { address } = new SocketAddress({ address: host, family: 'ipv6' })
  const [head = '', tail] = address.split('::')
  const groups = (text: string): number[] =>
    text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16))
  const [before, after] = [groups(head), groups(tail ?? '')]
  const zeros = new Array<number>(8 - before.length - after.length).fill(0)
  const words = [...before, ...zeros, ...after]
  return Uint8Array.from(words.flatMap((word) => [word >> 8, word & 0xff])).buffer
}

async function inPem(certificate: Certificate, { privateKey }: KeyPair): Promise<Issued> {
  const key = await webcrypto.subtle.exportKey('pkcs8', privateKey)
  return {
    cert: pem('CERTIFICATE', certificate.toSchema().toBER()),
    key: pem('PRIVATE KEY', key),
  }
}

function pem(what: string, bytes: ArrayBuffer): string {
  const lines = Buffer.from(bytes).toString('base64').replace(/.{64}/g, '$&\n').trimEnd()
  return `-----BEGIN ${what}-----\n${lines}\n-----END ${what}-----\n`
}
