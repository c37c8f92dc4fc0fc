import { expect, test } from 'vitest'
import { defineConfig, redis, type AnyConfig } from '../../../packages/moorage/src/index.ts'
import { formatDuration, parseDuration } from '../../../packages/core/src/config/duration.ts'
import { retentionMs } from '../../../packages/core/src/config/keep-options.ts'
import { retentionMessage } from '../../../packages/core/src/supervisor/retention-message.ts'
import { thrownMessage } from '../../thrown-error.ts'

const config = (options: object = {}): AnyConfig =>
  defineConfig({ root: '/tmp', services: { db: redis() }, ...options })

test.each([
  ['90s', 90_000],
  ['30m', 1_800_000],
  ['1.5h', 5_400_000],
  ['24h', 86_400_000],
])('%s', (text, ms) => {
  expect(parseDuration(text, 'x')).toBe(ms)
})

test.each(['', '10', '5d', '0s', '-1m', '25h', 'm'])("'%s' is no time", async (text) => {
  expect(await thrownMessage(() => parseDuration(text, 'MOORAGE_KEEP_FOR'))).toBe(
    `USAGE\nMOORAGE_KEEP_FOR: '${text}' is not a valid time to keep services.\nGive a number and its unit, as in 90s, 30m or 8h; 24h at most.`,
  )
})

test('the variable wins over the config, and half an hour is the default', () => {
  expect(retentionMs(config(), {})).toBeUndefined()
  expect(retentionMs(config({ keep: 'on-failure' }), {})).toBe(1_800_000)
  expect(retentionMs(config({ keep: 'on-failure', keepFor: 5_000 }), {})).toBe(5_000)
  expect(retentionMs(config({ keep: 'on-failure', keepFor: 5_000 }), { MOORAGE_KEEP_FOR: '10m' })).toBe(600_000)
  expect(retentionMs(config({ keep: 'on-failure' }), { MOORAGE_KEEP: 'never' })).toBeUndefined()
  expect(retentionMs(config(), { MOORAGE_KEEP: 'on-failure' })).toBe(1_800_000)
})

test('a wish that is not known', async () => {
  expect(await thrownMessage(() => retentionMs(config(), { MOORAGE_KEEP: 'always' }))).toBe(
    "USAGE\nMOORAGE_KEEP is 'always', which is not a known value.\nSet it to on-failure or never, or unset it.",
  )
  expect(await thrownMessage(() => config({ keep: 'always' }))).toBe(
    'CONFIG_INVALID\nkeep: "always" is not a known value.\nWrite keep: \'on-failure\', or omit it.',
  )
  for (const keepFor of [0, -5, 86_400_001, '10m']) {
    expect(await thrownMessage(() => config({ keepFor }))).toBe(
      `CONFIG_INVALID\nkeepFor: ${JSON.stringify(keepFor)} is not a valid time to keep services.\nGive milliseconds, at most 86,400,000 (24 h).`,
    )
  }
})

test('the text about services that stay', () => {
  expect(
    retentionMessage({
      run: 'dev-1',
      durationMs: 1_800_000,
      reason: 'a service failed to start',
      inspections: { db: 'docker logs moorage-dev-1-db', web: 'moorage logs web' },
    }),
  ).toEqual([
    'Keeping the services of run dev-1 for 30 min because a service failed to start. Inspect them with:',
    '  db   docker logs moorage-dev-1-db',
    '  web  moorage logs web',
    'To remove them earlier: moorage down',
  ])
  expect([90_000, 119_000, 3_600_000, 28_740_000, 28_800_000].map(formatDuration)).toEqual([
    '90 s',
    '119 s',
    '60 min',
    '7 h 59 min',
    '8 h',
  ])
})
