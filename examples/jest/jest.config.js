module.exports = {
  globalSetup: './test/global-setup.mjs',
  globalTeardown: './test/global-teardown.mjs',
  testEnvironment: 'node',
}
