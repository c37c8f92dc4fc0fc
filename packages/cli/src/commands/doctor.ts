import type { Command } from '../command.ts'

export const doctor: Command = {
  name: 'doctor',
  summary: 'check the config, this machine and every provider',
  description:
    'Checks the config, this machine and every provider, and says what to do about each problem. It starts nothing and leaves nothing: on a cluster, it asks for each permission and sends the objects of a run as a dry run. The exit code is 1 if no run can start. Works without a config, too.',
  options: { json: { summary: 'print the data as JSON' } },
  example: ['moorage doctor', 'explains which provider a run uses, and why others cannot be used'],
  load: async () => (await import('../doctor/doctor-command.ts')).runDoctor,
}
