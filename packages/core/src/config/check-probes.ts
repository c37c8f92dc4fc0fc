import type { ContainerSettings } from '../contract/container-settings.ts'
import type { HttpProbeTls, Probe, ServiceSpec } from '../contract/service.ts'
import { checkText } from './check-texts.ts'
import { optionPath } from './option-path.ts'
import { isTemplate } from './find-templates.ts'
import { unknownName } from './unknown-options.ts'
import { fieldsOf, flag, invalid, pattern, shown, text, wholeNumber, type Check } from './value-checks.ts'

type Fields = { readonly [name: string]: unknown }

const PROBE_FORMS = ['container', 'process'] as const

/** Throws `MoorageError` (CONFIG_INVALID) for a probe that could never succeed, and names it by its key. */
export function checkProbes(service: string, spec: ServiceSpec): void {
  for (const name of PROBE_FORMS) {
    const form = spec[name]
    if (form?.ready === undefined) continue
    const at = optionPath(`services.${service}.${name}.ready`)
    const probes: unknown = form.ready
    if (!Array.isArray(probes))
      throw invalid(`${at} is ${shown(probes)}, but must be a list of probes.`, "Write ready: [{ kind: 'tcp' }].")
    probes.forEach((probe: unknown, i) => checkProbe(`${at}[${i}]`, probe, Object.keys(spec.ports)))
    checkHealthProbes(form.ready, { at, isProcess: name === 'process', healthCheck: spec.container?.healthCheck })
  }
}

function checkProbe(at: string, probe: unknown, ports: readonly string[]): void {
  if (typeof probe !== 'object' || probe === null || Array.isArray(probe))
    throw invalid(`${at} is ${shown(probe)}, which is not a probe.`, "Write { kind: 'tcp' }, or another kind.")
  const { kind, ...fields } = probe as Fields
  const known = typeof kind === 'string' && Object.hasOwn(FIELDS, kind) ? FIELDS[kind as Probe['kind']] : undefined
  if (!known) {
    const kinds = Object.keys(FIELDS)
    if (typeof kind === 'string') throw unknownName(`${at}.kind '${kind}'`, { kind: 'kind', name: kind, known: kinds })
    throw invalid(`${at} has no kind.`, `Its kind is one of ${kinds.join(', ')}.`)
  }
  for (const [name, value] of Object.entries(fields)) {
    const check = Object.hasOwn(known.optional, name) ? known.optional[name] : known.required[name]
    if (!check)
      throw unknownName(`${at}.${name}`, {
        kind: 'field',
        name,
        known: [...Object.keys(known.required), ...Object.keys(known.optional)],
      })
    check(`${at}.${name}`, value)
  }
  const missing = Object.keys(known.required).find((name) => fields[name] === undefined)
  if (missing !== undefined) throw invalid(`${at}.${missing} is missing.`, `A probe of kind ${String(kind)} needs it.`)
  const { port } = fields
  if (port !== undefined && !ports.includes(String(port)))
    throw invalid(`${at}.port: the service has no port '${String(port)}'.`, portHint(ports))
  if (port === undefined && 'port' in known.optional && !ports.length)
    throw invalid(`${at}: the service has no port to connect to.`, 'Add one to ports, or use a log or exec probe.')
}

function checkHealthProbes(
  probes: readonly Probe[],
  {
    at,
    isProcess,
    healthCheck,
  }: {
    readonly at: string
    readonly isProcess: boolean
    readonly healthCheck: ContainerSettings['healthCheck']
  },
): void {
  const i = probes.findIndex((probe) => probe.kind === 'health' && !probe.optional)
  if (i === -1) return
  if (isProcess)
    throw invalid(
      `${at}[${i}]: a plain process has no health check.`,
      'Use a probe of another kind: tcp, http or exec.',
    )
  if (healthCheck === 'none')
    throw invalid(`${at}[${i}] waits for the health check, and healthCheck is 'none'.`, 'Remove one of the two.')
}

const path: Check = (at, value) => {
  text(at, value)
  if (!String(value).startsWith('/'))
    throw invalid(`${at}: '${String(value)}' is not a path.`, "Begin it with a slash, such as '/health'.")
}

const method: Check = (at, value) => {
  if (typeof value !== 'string' || !/^[A-Z]+$/.test(value))
    throw invalid(`${at} is ${shown(value)}, which is not an HTTP method.`, "Write it in capitals, such as 'POST'.")
}

// Source: RFC 9110, "Field Names", token.
const HEADER_NAME = /^[!#$%&'*+.^_`|~\w-]+$/

const headers: Check = (at, value) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid(`${at} is ${shown(value)}, but must be an object of headers.`, "Write { accept: 'text/plain' }.")
  for (const [name, content] of Object.entries(value)) {
    if (!HEADER_NAME.test(name)) throw invalid(`${at}: '${name}' is not the name of a header.`, 'Correct the name.')
    checkText(`${at}.${name}`, content)
  }
}

const TLS_FIELDS: { readonly [K in keyof HttpProbeTls]-?: Check } = {
  insecure: flag,
  ca(at, value) {
    if (typeof value !== 'string' || !value.includes('-----BEGIN CERTIFICATE-----'))
      throw invalid(`${at} is not a certificate in PEM.`, "Read it from its file: readFileSync('ca.pem', 'utf8').")
  },
  serverName: text,
}

const tls: Check = (at, value) => {
  if (value === true) return
  if (typeof value !== 'object')
    throw invalid(`${at} is ${shown(value)}, but must be true or an object.`, 'Write true, or { insecure: true }.')
  fieldsOf(TLS_FIELDS)(at, value)
}

const statuses: Check = (at, value) => {
  const isStatus = (item: unknown): boolean => Number.isInteger(item) && Number(item) >= 100 && Number(item) <= 599
  if (!Array.isArray(value) || !value.length || !value.every(isStatus))
    throw invalid(`${at} is ${shown(value)}, but must be a list of HTTP statuses.`, 'Write status: [200, 401].')
}

const command: Check = (at, value) => {
  if (!Array.isArray(value) || !value.length)
    throw invalid(`${at} is ${shown(value)}, but must be a list of strings.`, "Write command: ['pg_isready'].")
  value.forEach((item, i) => checkText(`${at}[${i}]`, item))
}

const place: Check = (at, value) => {
  if (value !== 'start' && value !== 'anywhere')
    throw invalid(`${at} is ${shown(value)}, which is not a known value.`, "Write 'start' or 'anywhere', or omit it.")
}

const bytes: Check = (at, value) => {
  const { hex, text: content, ...others } = (typeof value === 'object' && value !== null ? value : {}) as Fields
  const isForm = (hex === undefined) !== (content === undefined) && !Object.keys(others).length
  if (typeof value === 'string' || (typeof value === 'object' && value !== null && isTemplate(value as never))) return
  if (!isForm)
    throw invalid(`${at} is ${shown(value)}, which is neither text nor bytes.`, "Write 'PING', or { hex: '0d0a' }.")
  if (hex === undefined) return checkText(`${at}.text`, content)
  if (typeof hex !== 'string' || !/^(?:[0-9a-f]{2})+$/i.test(hex))
    throw invalid(
      `${at}.hex is ${shown(hex)}, which is not a string of hexadecimal digits.`,
      'Write two for each byte.',
    )
}

const farewell: Check = (at, value) => {
  const { after, send, ...others } = (typeof value === 'object' && value !== null ? value : {}) as Fields
  if (after === undefined || send === undefined || Object.keys(others).length)
    throw invalid(`${at} is ${shown(value)}, but it has to be { after, send }.`, 'Give the bytes of both.')
  bytes(`${at}.after`, after)
  bytes(`${at}.send`, send)
}

interface ProbeFields {
  readonly required: { readonly [field: string]: Check }
  readonly optional: { readonly [field: string]: Check }
}

const FIELDS: { readonly [K in Probe['kind']]: ProbeFields } = {
  tcp: { required: {}, optional: { port: text } },
  http: {
    required: {},
    optional: {
      port: text,
      path,
      method,
      headers,
      body: checkText,
      tls,
      status: statuses,
      contains: text,
      matches: pattern,
    },
  },
  log: { required: { pattern }, optional: { times: wholeNumber(1), since: pattern } },
  exec: { required: { command }, optional: {} },
  health: { required: {}, optional: { optional: flag } },
  exchange: { required: { expect: bytes }, optional: { port: text, send: bytes, at: place, farewell } },
}

function portHint(ports: readonly string[]): string {
  return ports.length ? `Its ports are ${ports.join(', ')}.` : 'It has no ports.'
}
