import { once } from 'node:events'
import { createServer } from 'node:http'
import { Agent } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Engine } from './engine-address.ts'
import { setVariables, type RuntimeClient, type Sdk } from './load-sdk.ts'

/** What dockerode's requests are sent to. Source: docker-modem, lib/modem.js, constructor. */
interface ModemTarget {
  readonly socketPath: string | undefined
  readonly host: string | undefined
  readonly port: number | undefined
  readonly protocol: 'http' | 'https'
  readonly ca: Buffer | undefined
  readonly cert: Buffer | undefined
  readonly key: Buffer | undefined
  readonly agent: Agent | undefined
}

/**
 * The SDK's client of an engine. The SDK looks for an engine by rules of its own, which know no Docker context and no
 * IPv6 address, and prefer `tc.host` of ~/.testcontainers.properties. Therefore it finds a stand-in that answers its
 * one question, and its requests are then pointed at the engine that moorage has resolved.
 */
export async function connectSdk(sdk: Sdk, engine: Engine): Promise<RuntimeClient> {
  const standIn = createServer((_, response) => response.end('{}')).listen(0, '127.0.0.1')
  await once(standIn, 'listening')
  try {
    const { port } = standIn.address() as AddressInfo
    const runtime = await findStandIn(sdk, `tcp://127.0.0.1:${port}`)
    pointAt(runtime.container.dockerode.modem, engine)
    return runtime
  } finally {
    standIn.close()
    standIn.closeAllConnections()
  }
}

function findStandIn(sdk: Sdk, host: string): Promise<RuntimeClient> {
  const restoreVariables = setVariables({
    // There, the SDK finds no ~/.testcontainers.properties.
    HOME: '/dev/null',
    USERPROFILE: '/dev/null',
    DOCKER_HOST: host,
    DOCKER_TLS_VERIFY: undefined,
    DOCKER_CERT_PATH: undefined,
  })
  const runtime = sdk.getContainerRuntimeClient()
  // The SDK reads them before its first request, in microtasks.
  setImmediate(restoreVariables)
  return runtime
}

function pointAt(modem: object, { target }: Engine): void {
  if (!target) return
  const tls = target.protocol === 'https' ? target : undefined
  Object.assign(modem, {
    socketPath: 'socketPath' in target ? target.socketPath : undefined,
    host: 'host' in target ? target.host : undefined,
    port: 'port' in target ? target.port : undefined,
    protocol: target.protocol,
    ca: tls?.ca,
    cert: tls?.cert,
    key: tls?.key,
    agent: tls && new Agent(tls),
  } satisfies ModemTarget)
}
