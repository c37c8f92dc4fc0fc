import { afterAll, beforeAll } from 'vitest'
import { expectClusterUnchanged, rememberCluster } from './cluster.ts'
import { missing, offers } from './engine.ts'

// Around each test file that may use the cluster.
if (offers('kubernetes') && !missing('kubernetes')) {
  beforeAll(rememberCluster)
  afterAll(() => expectClusterUnchanged())
}
