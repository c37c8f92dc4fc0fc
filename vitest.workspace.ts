const { MOORAGE_TEST_WORKERS: count } = process.env

/** How many files run at the same time. Default: as Vitest decides, and one in the projects below that say so. */
export const workers: number | undefined = count ? Number(count) : undefined

/** The list of test projects; vitest.config.ts imports it, since Vitest 4 and later ignore this file alone. */
export const projects = [
  {
    test: {
      name: 'unit',
      include: [
        'test/{build,compose,core,simulation,ownership,services,cli,vitest,playwright}/**/*.test.ts',
        'test/*.test.ts',
      ],
    },
  },
  {
    test: { name: 'inventory', include: ['test/inventory/**/*.test.ts'], fileParallelism: false, testTimeout: 60_000 },
  },
  {
    test: {
      name: 'contract',
      include: ['test/contract/**/*.test.ts', 'test/provider-*/**/*.test.ts'],
      // Files that share an engine run one after another. `scripts/test-plan.ts` sets the variable for those that do not.
      fileParallelism: workers !== undefined,
      testTimeout: 120_000,
    },
  },
  // Inventories compare the whole machine: one file after the other.
  {
    test: {
      name: 'e2e',
      setupFiles: ['e2e/harness/cluster-setup.ts'],
      include: ['e2e/{runners,providers,cli}/**/*.test.ts', 'e2e/chaos/fixed-seeds.test.ts'],
      fileParallelism: false,
      testTimeout: 120_000,
      hookTimeout: 60_000,
    },
  },
  // Long: `npm run chaos`, with seeds of one's own.
  {
    test: {
      name: 'chaos',
      setupFiles: ['e2e/harness/cluster-setup.ts'],
      include: ['e2e/chaos/{kills.test.ts,scenarios/*.test.ts}'],
      fileParallelism: false,
      testTimeout: 600_000,
      hookTimeout: 60_000,
    },
  },
  // Long: `npm run layouts`.
  {
    test: { name: 'layouts', include: ['e2e/layouts/*.test.ts'], fileParallelism: false, testTimeout: 120_000 },
  },
  // Long: `npm run floods`.
  {
    test: { name: 'floods', include: ['e2e/floods/*.test.ts'], fileParallelism: false, testTimeout: 120_000 },
  },
]
