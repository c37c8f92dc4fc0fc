// The revision that is measured.
const moorage = await import(process.env.BENCH_MODULE)
const plain = moorage.plainProcess ?? moorage.process

export default moorage.defineConfig({ provider: plain(), services: { web: moorage.staticServer({ root: '.' }) } })
