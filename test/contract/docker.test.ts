import { testProvider } from '@moorage/provider-testing'
import { missing } from '../../e2e/harness/engine.ts'
import { dockerSubject } from './docker-subject.ts'

testProvider(dockerSubject({ name: 'docker', host: process.env['DOCKER_HOST'] ?? '', skipReason: missing('docker') }))
