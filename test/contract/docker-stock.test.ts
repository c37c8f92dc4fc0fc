import { testProvider } from '@moorage/provider-testing'
import { dockerSubject, missingEngine } from './docker-subject.ts'

// An engine with its built-in address pools, and with a log driver that keeps no logs.
testProvider(
  dockerSubject({
    name: 'docker on a stock engine',
    host: process.env['MOORAGE_TESTBED_STOCK_ENGINE'] ?? '',
    skipReason: missingEngine('MOORAGE_TESTBED_STOCK_ENGINE'),
  }),
)
