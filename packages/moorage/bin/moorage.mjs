#!/usr/bin/env node
// Here and not in the build, which an older Node cannot load.
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(`moorage needs Node 22.18 or later. This is ${process.version}.\n`)
  process.exit(1)
}
await import('../dist/lib/moorage/src/cli-main.js')
