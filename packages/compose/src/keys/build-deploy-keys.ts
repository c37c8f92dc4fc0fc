import { mapped, open, refused, warned, type KeyRow } from './key-row.ts'

const BUILD = 'services.*.build'

/** The keys of `build`, which the builder gets. */
export const BUILD_KEYS: readonly KeyRow[] = [
  mapped(BUILD, 'the image is built before the start'),
  ...[
    'context',
    'dockerfile',
    'dockerfile_inline',
    'target',
    'no_cache',
    'pull',
    'network',
    'cache_from',
    'cache_to',
  ].map((key) => mapped(`${BUILD}.${key}`, 'the build gets it')),
  mapped(`${BUILD}.platforms`, 'the first one that the engine runs'),
  ...['tags', 'provenance', 'sbom', 'isolation', 'shm_size', 'no_cache_filter'].map((key) =>
    warned(`${BUILD}.${key}`, 'it does not change what the image runs', { alternative: 'Remove the key.' }),
  ),
  ...['privileged', 'entitlements', 'ulimits'].map((key) =>
    refused(`${BUILD}.${key}`, 'a build gets no further rights', {
      alternative: 'Build the image beforehand, and name it in image.',
      harmless: [false, 'false', [], {}],
    }),
  ),
  open(`${BUILD}.args`, 'the build gets it; a name without a value is a variable of the project'),
  open(`${BUILD}.ssh`, 'the build gets it'),
  open(`${BUILD}.extra_hosts`, 'the build gets it'),
  open(`${BUILD}.labels`, 'the build gets it'),
  open(`${BUILD}.additional_contexts`, 'the build gets it'),
  mapped(`${BUILD}.secrets`, 'the build gets it'),
  mapped(`${BUILD}.secrets[].source`, 'the key of the secret'),
  mapped(`${BUILD}.secrets[].target`, 'the id of the secret in the Dockerfile'),
  ...['uid', 'gid', 'mode'].map((key) =>
    warned(`${BUILD}.secrets[].${key}`, 'the Dockerfile gives the owner and mode of a secret', {
      alternative: `Write RUN --mount=type=secret,id=…,${key}=….`,
    }),
  ),
]

/** The keys of `deploy`. */
export const DEPLOY_KEYS: readonly KeyRow[] = [
  mapped('services.*.deploy', 'resources and the number of containers'),
  refused('services.*.deploy.mode', 'moorage starts as many containers as replicas says', {
    alternative: 'Remove the key.',
    harmless: ['replicated', ''],
  }),
  warned('services.*.deploy.endpoint_mode', 'the host name of a service leads to its containers', {
    alternative: 'Remove the key.',
  }),
  mapped('services.*.deploy.replicas', 'as many containers'),
  warned('services.*.deploy.labels', 'they are labels of a swarm service', {
    alternative: 'Write labels beside deploy.',
  }),
  ...['rollback_config', 'update_config', 'placement'].map((key) =>
    warned(`services.*.deploy.${key}`, 'only a swarm uses it', { alternative: 'Remove the key.' }),
  ),
  mapped('services.*.deploy.resources', '`resources`'),
  mapped('services.*.deploy.resources.limits', '`resources`'),
  mapped('services.*.deploy.resources.limits.cpus', '`resources.cpus`'),
  mapped('services.*.deploy.resources.limits.memory', '`resources.memoryBytes`'),
  mapped('services.*.deploy.resources.limits.pids', '`resources.pids`'),
  mapped('services.*.deploy.resources.reservations', '`resources`'),
  mapped('services.*.deploy.resources.reservations.cpus', '`resources.reservedCpus`'),
  mapped('services.*.deploy.resources.reservations.memory', '`resources.reservedMemoryBytes`'),
  ...['generic_resources', 'devices'].map((key) =>
    refused(`services.*.deploy.resources.reservations.${key}`, 'moorage reserves no devices', {
      alternative: 'Name the devices of the machine in devices.',
      harmless: [[]],
    }),
  ),
  mapped('services.*.deploy.restart_policy', '`restart`'),
  mapped('services.*.deploy.restart_policy.condition', '`restart`'),
  ...['delay', 'max_attempts', 'window'].map((key) =>
    warned(`services.*.deploy.restart_policy.${key}`, 'the engine chooses when it starts a container again', {
      alternative: 'Remove the key.',
    }),
  ),
]
