import { imageHealthCheck, type HealthCheck, type ImageConfig } from '@moorage/core/provider'
import type { Client } from './client.ts'
import { expectSuccess } from './call-engine.ts'

/** The HEALTHCHECK of an image; undefined where it has none. Source: Docker Engine API, "Inspect an image", Config. */
export async function readHealthCheck({ engine, imageName }: Client, image: string): Promise<HealthCheck | undefined> {
  const path = `/images/${encodeURIComponent(imageName(image))}/json`
  const { status, text } = await expectSuccess(engine.call({ method: 'GET', path }), 404)
  if (status === 404) return undefined
  return imageHealthCheck((JSON.parse(text) as { readonly Config?: ImageConfig }).Config)
}
