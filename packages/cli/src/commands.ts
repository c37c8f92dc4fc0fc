import type { Command } from './command.ts'
import { completion } from './commands/completion.ts'
import { doctor } from './commands/doctor.ts'
import { down } from './commands/down.ts'
import { exec } from './commands/exec.ts'
import { explain } from './commands/explain.ts'
import { gc } from './commands/gc.ts'
import { init } from './commands/init.ts'
import { logs } from './commands/logs.ts'
import { ls } from './commands/ls.ts'
import { open } from './commands/open.ts'
import { rbac } from './commands/rbac.ts'
import { render } from './commands/render.ts'
import { restart } from './commands/restart.ts'
import { shell } from './commands/shell.ts'
import { status } from './commands/status.ts'
import { up } from './commands/up.ts'

/** All commands, in the order in which the help lists them. A new command is one more entry here. */
export const COMMANDS: readonly Command[] = [
  init,
  exec,
  up,
  ls,
  status,
  logs,
  open,
  shell,
  restart,
  down,
  gc,
  doctor,
  rbac,
  explain,
  render,
  completion,
]
