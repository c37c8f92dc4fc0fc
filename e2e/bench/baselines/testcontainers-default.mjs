// Start of one MongoDB by testcontainers as its documentation shows it; the argument is the URL of the module.
const { GenericContainer } = await import(process.argv[2])
const container = await new GenericContainer('mongo:6.0').withExposedPorts(27017).start()
console.log(JSON.stringify({ url: `mongodb://${container.getHost()}:${container.getMappedPort(27017)}/` }))
process.stdin
  .once('end', async () => {
    const since = performance.now()
    await container.stop()
    console.log(JSON.stringify({ gone: performance.now() - since }))
  })
  .resume()
