import { homedir } from 'node:os'
import { parse } from 'node:path'

/**
 * The user's home folder. The root of the file system without `HOME` and an entry in /etc/passwd, as in a container
 * with a random uid.
 */
export function homeFolder(): string {
  try {
    return homedir()
  } catch {
    return parse(process.cwd()).root
  }
}
