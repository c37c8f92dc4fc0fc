import { readFileSync } from 'node:fs'
import { findPackageJSON } from 'node:module'
import { main } from '@moorage/cli'
import { installation } from './provision.ts'

const streams = [process.stdout, process.stderr]
// The reader of a pipe, such as `head`, may close it early. That must not end the command.
for (const stream of streams) stream.on('error', () => {})
const manifest = JSON.parse(readFileSync(findPackageJSON('..', import.meta.url) ?? '', 'utf8')) as { version: string }
const code = await main(process.argv.slice(2), installation, manifest.version)
await Promise.all(streams.map((stream) => new Promise((done) => void stream.write('', done))))
// Timers or sockets that the config opened would keep the process alive.
process.exit(code)
