import { existsSync, readFileSync } from 'node:fs'
import { main } from '@moorage/cli'
import { installation } from './provision.ts'

const streams = [process.stdout, process.stderr]
// The reader of a pipe, such as `head`, may close it early. That must not end the command.
for (const stream of streams) stream.on('error', () => {})
// Of the sources, and of the build. Node's own search knows no packages of Yarn's Plug'n'Play.
const manifests = ['../package.json', '../../../../package.json'].map((path) => new URL(path, import.meta.url))
const manifest = manifests.find((url) => existsSync(url)) ?? import.meta.url
const { version } = JSON.parse(readFileSync(new URL(manifest), 'utf8')) as { version: string }
const code = await main(process.argv.slice(2), installation, version)
await Promise.all(streams.map((stream) => new Promise((done) => void stream.write('', done))))
// Timers or sockets that the config opened would keep the process alive.
process.exit(code)
