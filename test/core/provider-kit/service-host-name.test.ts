import { expect, test } from 'vitest'
import { serviceHostName } from '../../../packages/core/src/provider-kit/service-host-name.ts'
import { createUnit, type RunningContainer } from '../../../packages/provider-docker/src/unit.ts'
import type { PodManifestInput } from '../../../packages/provider-kubernetes/src/pod/manifest-input.ts'
import { podManifest } from '../../../packages/provider-kubernetes/src/pod/manifest.ts'

const KEYS = ['db', 'authApi', 'A', 'auth-api2', 'a--b', `a${'b'.repeat(29)}`]

test.each(KEYS)('the key %s in lower case', (key) => {
  expect(serviceHostName(key)).toBe(key.toLowerCase())
})

test('a text that is no host name gets a hash', () => {
  expect(serviceHostName('9_x')).toMatch(/^s9-x-[0-9a-f]{6}$/)
  expect(serviceHostName('9-x')).not.toBe(serviceHostName('9_x'))
})

test.each(KEYS)('docker and kubernetes give the service %s one host name', async (name) => {
  const spec = { name, ports: {}, env: {}, sensitive: [], container: { image: 'x' } }
  const route = { network: { hasLocalBridge: false } }
  const container = { spec, route, exit: new Promise(() => {}) }
  const { host } = await createUnit(container as unknown as RunningContainer).endpoint(80, 'network')
  const dns = { domain: 'cluster.local', nameservers: [] }
  const input = {
    run: { id: 'dev-1', labels: {} },
    namespace: 'ci',
    dns,
    spec,
    name,
    options: {},
    delivery: { mounts: [], volumes: [] },
    folders: [],
  }
  const { spec: pod } = podManifest(input as unknown as PodManifestInput) as { spec: { hostname: string } }
  expect([host, pod.hostname]).toEqual([name.toLowerCase(), name.toLowerCase()])
})
