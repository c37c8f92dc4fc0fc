import { readFileSync } from 'node:fs'
import { sh } from './shell.ts'

export function mountsUnder(folder: string): string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => unescaped(line.split(' ')[4] ?? ''))
    .filter((place) => place === folder || place.startsWith(`${folder}/`))
}

/** Deepest and youngest first; lazily, since a dying process may still hold one. */
export async function unmountUnder(folder: string): Promise<void> {
  for (const place of mountsUnder(folder).reverse()) await sh(['umount', '-l', place], { otherwise: '' })
}

/** The kernel writes blanks as octal numbers. */
function unescaped(path: string): string {
  return path.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)))
}
