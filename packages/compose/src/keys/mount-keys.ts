import { mapped, refused, warned, type KeyRow } from './key-row.ts'

const VOLUME = 'services.*.volumes[]'
const REMOVE = { alternative: 'Remove the key.' }

/** The keys of `volumes`, `tmpfs`, `secrets` and `configs` of a service. */
export const MOUNT_KEYS: readonly KeyRow[] = [
  mapped('services.*.volumes', '`volumes` for a volume, `files` for a folder or file of the project, `tmpfs`'),
  mapped(`${VOLUME}.type`, '`volume`, `bind` or `tmpfs`'),
  mapped(`${VOLUME}.source`, 'the volume, or the path in the project'),
  mapped(`${VOLUME}.target`, 'the path in the container'),
  mapped(`${VOLUME}.read_only`, '`readOnly`; `false` is refused for a bind mount, since nothing is written back'),
  warned(`${VOLUME}.consistency`, 'the engine chooses it', REMOVE),
  mapped(`${VOLUME}.bind`, 'see its keys'),
  mapped(`${VOLUME}.bind.create_host_path`, '`false`: the path has to exist'),
  warned(`${VOLUME}.bind.propagation`, 'the content is copied, so nothing is mounted', REMOVE),
  warned(`${VOLUME}.bind.recursive`, 'the content is copied, so nothing is mounted', REMOVE),
  warned(`${VOLUME}.bind.selinux`, 'the content is copied, so it has the label of the container', REMOVE),
  mapped(`${VOLUME}.volume`, 'see its keys'),
  warned(`${VOLUME}.volume.labels`, 'volumes carry the labels of moorage alone', { ...REMOVE, harmless: [{}, []] }),
  warned(`${VOLUME}.volume.nocopy`, 'the engine chooses whether a volume starts with the content of the image', {
    ...REMOVE,
    harmless: [false, 'false'],
  }),
  refused(`${VOLUME}.volume.subpath`, 'moorage mounts whole volumes', {
    alternative: 'Give each path a volume of its own.',
    harmless: [''],
  }),
  mapped(`${VOLUME}.tmpfs`, '`tmpfs`'),
  mapped(`${VOLUME}.tmpfs.size`, '`tmpfs.sizeBytes`'),
  mapped(`${VOLUME}.tmpfs.mode`, '`tmpfs.mode`'),
  refused(`${VOLUME}.image`, 'moorage mounts no images', { alternative: 'Copy the files in a Dockerfile.' }),
  mapped('services.*.tmpfs', '`tmpfs`'),
  ...['secrets', 'configs'].flatMap((kind) => [
    mapped(`services.*.${kind}`, '`files`'),
    mapped(`services.*.${kind}[].source`, `the key in ${kind}`),
    mapped(`services.*.${kind}[].target`, 'the path in the container'),
    mapped(`services.*.${kind}[].mode`, 'the mode of the file'),
    ...['uid', 'gid'].map((key) =>
      warned(`services.*.${kind}[].${key}`, 'files belong to the user of the container or to root', {
        ...REMOVE,
        harmless: ['0', 0],
      }),
    ),
  ]),
]
