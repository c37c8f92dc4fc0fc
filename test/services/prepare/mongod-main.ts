import { startMongodStandIn } from './mongod-stand-in.ts'

// FAKE: a mongod that knows only the arguments that moorage passes. It prints what it receives.
const args = process.argv.slice(2)
const valueOf = (name: string): string | undefined => args[args.indexOf(name) + 1]
if (!args.includes('--replSet')) throw new RangeError('this mongod wants --replSet')
const { commands } = await startMongodStandIn({ port: Number(valueOf('--port')), helloBeforeElection: 2 })
const replSet = valueOf('--replSet')
process.once('SIGTERM', () => {
  process.exit(0)
})
let printed = 0
setInterval(() => {
  for (const command of commands.slice(printed))
    console.log(
      replSet,
      JSON.stringify(command, (_, v: unknown) => (typeof v === 'bigint' ? String(v) : v)),
    )
  printed = commands.length
}, 5)
