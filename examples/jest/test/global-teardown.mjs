export default async function teardown() {
  await globalThis.moorage.dispose()
}
