import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The licences of the packages that a bundle contains, by the paths of their files. */
export function bundledLicenses(files: readonly string[]): string {
  const folders = new Set(files.filter((file) => file.includes('node_modules/')).map(packageFolder))
  const licenses = new Map([...folders].map((folder) => licenseOf(folder)))
  const sections = [...licenses]
    .toSorted(([a], [b]) => a.localeCompare(b))
    .map(([title, text]) => `## ${title}\n\n${text}`)
  return `# Packages that moorage contains\n\n${sections.join('\n\n')}\n`
}

function packageFolder(file: string): string {
  let folder = dirname(file)
  while (!isPackage(folder)) folder = dirname(folder)
  return folder
}

/** Folders of a package may have a package.json that names only the kind of their modules. */
function isPackage(folder: string): boolean {
  const manifest = join(folder, 'package.json')
  return existsSync(manifest) && 'version' in (JSON.parse(readFileSync(manifest, 'utf8')) as object)
}

function licenseOf(folder: string): readonly [title: string, text: string] {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    readonly name: string
    readonly version: string
    readonly license?: string
  }
  const [file] = globSync(`${folder}/{LICENSE,LICENCE,license,licence}*`).toSorted()
  return [
    `${name} ${version} (${license ?? 'see below'})`,
    file ? readFileSync(file, 'utf8').trim() : 'No licence file.',
  ]
}
