import { main } from '@moorage/cli'
import { installation } from './provision.ts'

const streams = [process.stdout, process.stderr]
// Whoever reads us may have seen enough: that ends no run.
for (const stream of streams) stream.on('error', () => {})
const code = await main(process.argv.slice(2), installation)
await Promise.all(streams.map((stream) => new Promise((done) => void stream.write('', done))))
// Whatever a config has begun: it would keep the process.
process.exit(code)
