// $2 containers at once on a network of their own, as a test suite would start them by testcontainers.
const [sdk, count] = process.argv.slice(2)
const { GenericContainer, Network, Wait } = await import(sdk)
const network = await new Network().start()
const one = (n) =>
  new GenericContainer('busybox:1.37')
    .withNetwork(network)
    .withNetworkAliases(`s${n}`)
    .withExposedPorts(7000)
    .withCommand(['nc', '-ll', '-p', '7000', '-e', 'cat'])
    .withWaitStrategy(Wait.forListeningPorts())
    .start()
const all = await Promise.all(Array.from({ length: Number(count) }, (_, n) => one(n + 1)))
console.log(JSON.stringify({ url: `tcp://${all[0].getHost()}:${all[0].getMappedPort(7000)}` }))
process.stdin
  .once('end', async () => {
    const since = performance.now()
    await Promise.all(all.map((container) => container.stop({ timeout: 0 })))
    await network.stop()
    console.log(JSON.stringify({ gone: performance.now() - since }))
  })
  .resume()
