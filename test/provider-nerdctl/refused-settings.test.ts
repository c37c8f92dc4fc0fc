import { refusedSettings } from '@moorage/core/provider'
import { expect, test } from 'vitest'
import { hostAccessProblem } from '../../packages/provider-nerdctl/src/host-access.ts'
import { SETTING_SUPPORT } from '../../packages/provider-nerdctl/src/settings.ts'
import { SETTINGS } from '../contract/setting-values.ts'

test('what nerdctl cannot do is refused by its name, with the reason and a fix', () => {
  const form = { image: 'x:1', connection: {}, ...SETTINGS, ipcMode: 'shareable' as const }
  const refused = refusedSettings(form, SETTING_SUPPORT).map(({ at, reason, fix }) => `${at}: ${reason}. ${fix}`)
  expect(refused).toEqual([
    'hostName: nerdctl resolves a service by its host name, which has to be the name of the service. Remove it.',
    'aliases: nerdctl cannot give a container further names. Use that name as the key of the service, or use Docker.',
    'networks: the services of a run share one network on this provider. Remove it, or use Docker.',
    'devices[0]: nerdctl cannot give /dev/null another path in the container. Use the same path for both.',
    'init: nerdctl needs the program tini on this machine. Remove it, or use an image with an init process of its own.',
    "ipcMode: nerdctl does not know the mode shareable. Use 'host' or 'private'.",
    'stdin: nerdctl keeps no input open for a container in the background. Remove it.',
    "restart: containerd looks for ended containers only every 10 s, and before 1.7 knows no policy but 'always'. Remove it, or use 'no'.",
    'hostPorts: nerdctl publishes a port of this machine even if another program has it. Remove it: tests dial the address of the container.',
    "logOptions: moorage keeps the log itself, because nerdctl's driver loses what follows a long line. Remove it.",
  ])
  expect(hostAccessProblem()).toEqual({
    reason:
      'the bridge of a run, on which a proxy to this machine would listen, exists only once a container has joined it',
    fix: 'Run that service as a container as well, or use Docker.',
  })
})
