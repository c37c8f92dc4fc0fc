import type { Command } from '../command.ts'

export const doctor: Command = {
  name: 'doctor',
  summary: 'check the config, and which providers work on this machine',
  description: 'Shows which providers can be used here, why others cannot, and whether `services()` is typed.',
  example: ['moorage doctor', 'explains why a provider cannot be used'],
  load: async () => (await import('../doctor/doctor-command.ts')).runDoctor,
}
