import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'

export const SCRAM_MECHANISM = 'SCRAM-SHA-256'

/**
 * The client's side of SCRAM-SHA-256 without channel binding. Source: RFC 5802, RFC 7677. PostgreSQL ignores the user
 * name in these messages and takes the one of the startup message.
 */
export class ScramExchange {
  readonly #firstBare: string

  /** Letters and digits only, so that the name needs no escaping. */
  constructor(user = '*') {
    this.#firstBare = `n=${user},r=${randomBytes(18).toString('base64')}`
  }

  /** The client-first message. */
  get first(): string {
    return `n,,${this.#firstBare}`
  }

  /** The client-final message, which answers the server-first message. */
  final(serverFirst: string, password: string): string {
    const fields = new Map(serverFirst.split(',').map((field) => [field[0], field.slice(2)]))
    const salt = Buffer.from(fields.get('s') ?? '', 'base64')
    const salted = pbkdf2Sync(password.normalize('NFKC'), salt, Number(fields.get('i')), 32, 'sha256')
    const clientKey = hmac(salted, 'Client Key')
    const storedKey = createHash('sha256').update(clientKey).digest()
    const withoutProof = `c=biws,r=${fields.get('r') ?? ''}`
    const signature = hmac(storedKey, `${this.#firstBare},${serverFirst},${withoutProof}`)
    const proof = clientKey.map((byte, i) => byte ^ (signature[i] as number))
    return `${withoutProof},p=${Buffer.from(proof).toString('base64')}`
  }
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
