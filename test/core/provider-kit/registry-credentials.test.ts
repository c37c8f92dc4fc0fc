import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { findCredentials } from '../../../packages/core/src/provider-kit/registry-credentials.ts'
import { thrownError } from '../../thrown-error.ts'

const folder = mkdtempSync(join(tmpdir(), 'moorage-docker-config-'))
const file = join(folder, 'config.json')
const env = { DOCKER_CONFIG: folder, PATH: `${folder}:${process.env['PATH']}` }
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const base64 = (text: string): string => Buffer.from(text).toString('base64')

function writeHelper(name: string, script: string): void {
  writeFileSync(join(folder, `docker-credential-${name}`), `#!/bin/sh\n${script}\n`)
  chmodSync(join(folder, `docker-credential-${name}`), 0o755)
}

test.each([
  [
    'oops, a password',
    'DOCKER_AUTH_CONFIG is not valid JSON.\nSet it to the content of a Docker config.json, as in {"auths":{…}}, or unset it.',
  ],
  [
    '["x"]',
    'DOCKER_AUTH_CONFIG is not a JSON object.\nSet it to the content of a Docker config.json, as in {"auths":{…}}, or unset it.',
  ],
])('DOCKER_AUTH_CONFIG=%s is an error that names the variable, and quotes none of it', async (text, message) => {
  const error = await thrownError(() => findCredentials('r.example', { ...env, DOCKER_AUTH_CONFIG: text }))
  expect(error).toMatchObject({ code: 'CONFIG_INVALID', message })
})

test('a truncated config.json is an error that names the file', async () => {
  writeFileSync(file, '{"auths":{"r.example":{"auth":"c2Vj')
  const error = await thrownError(() => findCredentials('r.example', env))
  expect(error).toMatchObject({
    code: 'CONFIG_INVALID',
    message: `${file} is not valid JSON.\nCorrect the file, or log in again with \`docker login\`.`,
  })
})

test('credentials by host, Docker Hub by its old address, and tokens', async () => {
  writeFileSync(
    file,
    JSON.stringify({
      auths: {
        'https://index.docker.io/v1/': { auth: base64('me:a:b') },
        'https://r.example/v2/': { username: 'x', password: 'y' },
        'token.example': { auth: base64('<token>:'), identitytoken: 'secret' },
      },
    }),
  )
  expect(await findCredentials(undefined, env)).toEqual({
    credentials: { serveraddress: 'https://index.docker.io/v1/', username: 'me', password: 'a:b' },
  })
  expect(await findCredentials('r.example', env)).toEqual({
    credentials: { serveraddress: 'r.example', username: 'x', password: 'y' },
  })
  expect(await findCredentials('token.example', env)).toEqual({
    credentials: { serveraddress: 'token.example', identitytoken: 'secret' },
  })
  expect(await findCredentials('other.example', env)).toEqual({})
})

test('a credential helper that is missing or fails is named, and a public image needs none', async () => {
  writeFileSync(file, JSON.stringify({ credsStore: 'absent-here', credHelpers: { 'r.example': 'fails' } }))
  writeHelper('fails', 'exit 3')
  expect(await findCredentials(undefined, env)).toEqual({
    problem: `The credential helper docker-credential-absent-here (credsStore in ${file}) is not on the PATH.`,
  })
  expect(await findCredentials('r.example', env)).toEqual({
    problem: `The credential helper docker-credential-fails (credHelpers in ${file}) failed (3).`,
  })
})

test('a credential helper gives credentials, or has none', async () => {
  writeFileSync(file, JSON.stringify({ credsStore: 'store' }))
  writeHelper(
    'store',
    `read -r server
case $server in r.example) echo '{"ServerURL":"r.example","Username":"u","Secret":"s"}' ;;
*) echo 'credentials not found in native keychain'; exit 1 ;; esac`,
  )
  expect(await findCredentials('r.example', env)).toEqual({
    credentials: { serveraddress: 'r.example', username: 'u', password: 's' },
  })
  expect(await findCredentials('other.example', env)).toEqual({})
})
