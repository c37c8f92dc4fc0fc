import { mapped, open, refused, warned, type KeyRow } from './key-row.ts'

const REMOVE = 'Remove the key.'

/** The keys outside of services. */
export const TOP_LEVEL_KEYS: readonly KeyRow[] = [
  warned('version', 'the Compose Specification has no versions', { alternative: REMOVE }),
  mapped('name', 'the value of `COMPOSE_PROJECT_NAME`; the names of containers carry the run instead'),
  mapped('include', 'the services, volumes, secrets and configs of other files'),
  mapped('include[].path', 'one file, or a file with its overrides'),
  mapped('include[].env_file', 'files of variables for that file'),
  mapped('include[].project_directory', 'the folder from which its relative paths start'),
  mapped('services', 'the services of the config'),
  refused('models', 'moorage runs no language models', {
    alternative: 'Run the model as a service, and name its URL in environment.',
  }),
  refused('jobs', 'moorage runs services only', {
    alternative: 'Write a service, and wait for it with depends_on: { condition: service_completed_successfully }.',
  }),
  mapped('networks', '`networks`: a network of the run'),
  warned('networks.*.name', 'networks of a run have names of their own', { alternative: REMOVE }),
  refused('networks.*.driver', 'moorage creates bridge networks only', {
    alternative: REMOVE,
    harmless: ['bridge', 'default', ''],
  }),
  warned('networks.*.driver_opts', 'the engine chooses the options of a network', {
    alternative: REMOVE,
    harmless: [{}],
  }),
  warned('networks.*.ipam', 'the engine chooses the addresses of a network', {
    alternative: 'Reach services by their names.',
    harmless: [{}],
  }),
  refused('networks.*.external', 'a network of another project is not part of the run', {
    alternative: 'Add the services behind it to this file, or remove the key.',
    harmless: [false, 'false'],
  }),
  warned('networks.*.internal', 'the services of a run reach the outside', {
    alternative: REMOVE,
    harmless: [false, 'false'],
  }),
  warned('networks.*.enable_ipv4', 'the engine chooses the kind of addresses', {
    alternative: REMOVE,
    harmless: [true, 'true'],
  }),
  warned('networks.*.enable_ipv6', 'the engine chooses the kind of addresses', {
    alternative: REMOVE,
    harmless: [false, 'false'],
  }),
  warned('networks.*.attachable', 'no container from outside of the run joins its networks', {
    alternative: REMOVE,
    harmless: [false, 'false'],
  }),
  warned('networks.*.labels', 'networks carry the labels of moorage alone', {
    alternative: REMOVE,
    harmless: [{}, []],
  }),
  mapped('volumes', '`volumes`: a volume of the run, removed with it'),
  warned('volumes.*.name', 'volumes of a run have names of their own', { alternative: REMOVE }),
  refused('volumes.*.driver', 'moorage creates local volumes only', { alternative: REMOVE, harmless: ['local', ''] }),
  refused('volumes.*.driver_opts', 'a volume with options may lead out of the run', {
    alternative: 'Remove the options, or mount a folder of the project with ./folder:/path.',
    harmless: [{}],
  }),
  refused('volumes.*.external', 'a run may not change a volume that outlives it', {
    alternative: 'Remove the key: the volume is empty at the start, and a service of the file can fill it.',
    harmless: [false, 'false'],
  }),
  warned('volumes.*.labels', 'volumes carry the labels of moorage alone', { alternative: REMOVE, harmless: [{}, []] }),
  mapped('secrets', '`files` under /run/secrets'),
  mapped('secrets.*.environment', 'the content: the value of a variable'),
  mapped('secrets.*.file', 'the content: a file'),
  ...resource('secrets'),
  refused('secrets.*.driver', 'moorage has no drivers of secrets', { alternative: 'Give it a file or environment.' }),
  refused('secrets.*.driver_opts', 'moorage has no drivers of secrets', {
    alternative: 'Give it a file or environment.',
  }),
  mapped('configs', '`files`'),
  mapped('configs.*.content', 'the content'),
  mapped('configs.*.environment', 'the content: the value of a variable'),
  mapped('configs.*.file', 'the content: a file'),
  ...resource('configs'),
  open('x-moorage', 'what moorage does with the whole file: `hostPorts`'),
]

function resource(kind: 'secrets' | 'configs'): readonly KeyRow[] {
  const noun = kind.slice(0, -1)
  return [
    warned(`${kind}.*.name`, `a ${noun} is delivered by its key`, { alternative: REMOVE }),
    refused(`${kind}.*.external`, `moorage has no store of ${kind}`, {
      alternative: 'Give it a file, environment or content.',
      harmless: [false, 'false'],
    }),
    warned(`${kind}.*.labels`, `a ${noun} is a file, which has no labels`, { alternative: REMOVE, harmless: [{}, []] }),
    refused(`${kind}.*.template_driver`, `moorage has no drivers of ${kind}`, { alternative: REMOVE }),
  ]
}
