// Works on its stop signal for a moment, and writes to the file in its arguments before it ends.
import { writeFileSync } from 'node:fs'

const [file] = process.argv.slice(2)
process.on('SIGTERM', () =>
  setTimeout(() => {
    writeFileSync(file, 'goodbye\n')
    process.exit()
  }, 300),
)
writeFileSync(`${file}.up`, '')
setInterval(() => {}, 1_000)
