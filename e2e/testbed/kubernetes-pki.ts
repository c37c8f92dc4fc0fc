import { createSign } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  folder,
  issuer,
  kubeconfigOf,
  kubeconfigs,
  node,
  nodeAddress,
  pki,
  server,
  serverNames,
  serviceAccountKey,
} from './kubernetes-paths.ts'
import { sh } from './shell.ts'

const keyOptions = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']

/** A new authority and the certificates of the programs. They live as long as the part. */
export async function makeAuthority(): Promise<void> {
  await mkdir(pki, { recursive: true, mode: 0o700 })
  await mkdir(kubeconfigs, { recursive: true, mode: 0o700 })
  const authority = ['-keyout', 'ca.key', '-out', 'ca.crt', '-subj', '/CN=testbed', '-days', '365']
  await openssl('req', '-x509', ...keyOptions, ...authority)
  await openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', serviceAccountKey)
  await Promise.all([
    certificate('apiserver', '/CN=kube-apiserver', serverNames),
    certificate('apiserver-kubelet', '/O=system:masters/CN=apiserver-kubelet'),
    certificate('kubelet', `/O=system:nodes/CN=system:node:${node}`, `IP:${nodeAddress},DNS:${node}`),
    certificate('kube-controller-manager', '/CN=system:kube-controller-manager'),
    certificate('kube-scheduler', '/CN=system:kube-scheduler'),
    certificate('kube-proxy', '/CN=system:kube-proxy'),
    certificate('dns', '/O=system:masters/CN=dns'),
    certificate('admin', '/O=system:masters/CN=admin'),
  ])
  for (const user of ['kubelet', 'kube-controller-manager', 'kube-scheduler', 'kube-proxy', 'dns']) {
    await writeKubeconfig(join(folder, `${user}.kubeconfig`), await certified(user))
  }
  await writeKubeconfig(kubeconfigOf('admin'), await certified('admin'))
}

/** Makes `<name>.crt` and `<name>.key`. */
export async function certificate(name: string, subject: string, names?: string): Promise<void> {
  const uses = ['keyUsage=digitalSignature', 'extendedKeyUsage=clientAuth,serverAuth']
  if (names) uses.push(`subjectAltName=${names}`)
  await writeFile(join(pki, `${name}.ext`), `${uses.join('\n')}\n`)
  await openssl('req', ...keyOptions, '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', subject)
  await openssl(
    'x509',
    '-req',
    '-in',
    `${name}.csr`,
    '-CA',
    'ca.crt',
    '-CAkey',
    'ca.key',
    '-out',
    `${name}.crt`,
    '-days',
    '365',
    '-extfile',
    `${name}.ext`,
  )
}

/** A user by its certificate. */
export async function certified(name: string): Promise<object> {
  const [crt, key] = await Promise.all(['crt', 'key'].map((kind) => readFile(join(pki, `${name}.${kind}`), 'base64')))
  return { 'client-certificate-data': crt, 'client-key-data': key }
}

/** Self-contained, so that it can be copied into a container. JSON is YAML. */
export async function writeKubeconfig(file: string, user: object, namespace = 'default'): Promise<void> {
  const authority = await readFile(join(pki, 'ca.crt'), 'base64')
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'testbed', cluster: { server, 'certificate-authority-data': authority } }],
    users: [{ name: 'testbed', user }],
    contexts: [{ name: 'testbed', context: { cluster: 'testbed', user: 'testbed', namespace } }],
    'current-context': 'testbed',
  }
  await writeFile(file, `${JSON.stringify(config, undefined, 2)}\n`, { mode: 0o600 })
}

/** A service account's token as the API server issues it (RFC 7519), one that ended an hour ago. */
export async function expiredToken(namespace: string, account: string): Promise<string> {
  const ended = Math.floor(Date.now() / 1000) - 3600
  const claims = {
    iss: issuer,
    aud: [issuer],
    sub: `system:serviceaccount:${namespace}:${account}`,
    iat: ended - 3600,
    nbf: ended - 3600,
    exp: ended,
    'kubernetes.io': { namespace, serviceaccount: { name: account, uid: 'none' } },
  }
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const body = `${encode({ alg: 'ES256', typ: 'JWT' })}.${encode(claims)}`
  const key = await readFile(serviceAccountKey)
  return `${body}.${createSign('sha256').update(body).sign({ key, dsaEncoding: 'ieee-p1363' }, 'base64url')}`
}

function openssl(...args: string[]): Promise<string> {
  return sh(['openssl', ...args], { cwd: pki })
}
