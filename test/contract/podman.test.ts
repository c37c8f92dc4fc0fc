import { testProvider } from '@moorage/provider-testing'
import { dockerSubject, missingEngine } from './docker-subject.ts'

// Podman's service speaks Docker's API, with other texts and other limits.
testProvider(
  dockerSubject({
    name: 'docker on podman',
    host: process.env['MOORAGE_TESTBED_PODMAN'] ?? '',
    skipReason: missingEngine('MOORAGE_TESTBED_PODMAN'),
  }),
)
