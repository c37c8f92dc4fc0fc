import { existsSync, realpathSync } from 'node:fs'
import { sep } from 'node:path'
import type { ContainerForm, FileRef, TmpfsMount, VolumeMount } from '@moorage/core'
import type { Project } from '../load/read-project.ts'
import { entriesOf, get, itemsOf, textOf, type TreeNode } from '../yaml/tree.ts'
import { showPath } from '../yaml/format-position.ts'
import { bytes, defined, invalid, isTrue, modeOf, texts } from './values.ts'

type Files = { [path: string]: FileRef | { readonly content: string; readonly mode?: number } }

export type Mounts = Pick<ContainerForm, 'files' | 'volumes' | 'tmpfs'>

interface Target {
  /** The service. */
  readonly name: string
  /** The container, to which volumes without a name belong. */
  readonly key: string
  readonly files: Files
  readonly volumes: { [path: string]: VolumeMount }
  readonly tmpfs: (string | TmpfsMount)[]
}

/** What is mounted or copied into the container of a service. Throws `MoorageError` (CONFIG_INVALID). */
export function mountsOf(service: TreeNode, { name, key }: Pick<Target, 'name' | 'key'>, project: Project): Mounts {
  const target: Target = { name, key, files: {}, volumes: {}, tmpfs: texts(get(service, 'tmpfs')).map(shortTmpfs) }
  itemsOf(get(service, 'volumes')).forEach((item, index) => addVolume(item, index, { target, project }))
  for (const kind of ['secrets', 'configs'] as const)
    for (const item of itemsOf(get(service, kind))) addContent(item, kind, { target, project })
  return {
    ...(Object.keys(target.files).length ? { files: target.files } : {}),
    ...(Object.keys(target.volumes).length ? { volumes: target.volumes } : {}),
    ...(target.tmpfs.length ? { tmpfs: target.tmpfs } : {}),
  }
}

interface Surroundings {
  readonly target: Target
  readonly project: Project
}

function addVolume(item: TreeNode, index: number, { target, project }: Surroundings): void {
  const { name, key: container, volumes, tmpfs } = target
  const path = (textOf(get(item, 'target')) ?? '').replace(/(.)\/+$/, '$1')
  const source = textOf(get(item, 'source'))
  const key = `services.${name}.volumes`
  const type = textOf(get(item, 'type')) ?? 'volume'
  if (type === 'tmpfs') tmpfs.push(longTmpfs(item, path, key))
  else if (type === 'bind') addBind(item, path, { target, project })
  else if (type !== 'volume')
    throw invalid(item, key, `moorage has no mounts of type ${type}`, 'Use volume, bind or tmpfs.')
  else {
    if (source !== undefined && !get(project.root, 'volumes', source) && !hasKey(get(project.root, 'volumes'), source))
      throw invalid(
        item,
        key,
        `there is no volume '${source}'`,
        `Add it to volumes, or write ./${source} for a folder.`,
      )
    const readOnly = isTrue(get(item, 'read_only'))
    // Without a name it belongs to this container alone.
    volumes[path] = { volume: source ?? `${container}-${index + 1}`, ...(readOnly ? { readOnly } : {}) }
  }
}

function hasKey(node: TreeNode | undefined, name: string): boolean {
  return node?.kind === 'map' && node.entries.has(name)
}

function shortTmpfs(text: string): string | TmpfsMount {
  const [path = '', options = ''] = text.split(':')
  const size = /(?:^|,)size=(\d+)([kmg])?/i.exec(options)
  const mode = /(?:^|,)mode=([0-7]+)/.exec(options)?.[1]
  const factor = { k: 1024, m: 1024 ** 2, g: 1024 ** 3 }[(size?.[2] ?? '').toLowerCase()] ?? 1
  if (!size && mode === undefined) return path
  return defined({
    path,
    sizeBytes: size ? Number(size[1]) * factor : undefined,
    mode: mode === undefined ? undefined : Number.parseInt(mode, 8),
  })
}

function longTmpfs(item: TreeNode, path: string, key: string): TmpfsMount {
  const sizeBytes = bytes(get(item, 'tmpfs', 'size'), `${key}.tmpfs.size`)
  return defined({ path, sizeBytes, mode: modeOf(get(item, 'tmpfs', 'mode')) })
}

function addBind(item: TreeNode, path: string, { target, project }: Surroundings): void {
  const key = `services.${target.name}.volumes`
  const source = textOf(get(item, 'source')) ?? ''
  const shown = showPath(source)
  if (textOf(get(item, 'read_only')) === 'false')
    throw invalid(
      item,
      key,
      `${shown} is mounted for writing, and moorage writes nothing back`,
      'Remove :rw, or use a named volume.',
    )
  if (!isWithin(source, project.folder))
    throw invalid(
      item,
      key,
      `${shown} is outside of the project`,
      source.endsWith('.sock')
        ? 'A socket of this machine is not given to a container: remove the volume.'
        : `Move it below ${showPath(project.folder)}, or use a named volume.`,
    )
  if (existsSync(source)) target.files[path] = { $file: source, $option: key }
  else if (textOf(get(item, 'bind', 'create_host_path')) === 'false')
    throw invalid(item, key, `${shown} does not exist`, 'Create it, or correct the path.')
  else {
    target.volumes[path] = { volume: `${target.key}-${Object.keys(target.volumes).length + 1}-empty` }
    project.findings.add({
      severity: 'warned',
      at: item.at,
      key,
      reason: `${shown} does not exist, so ${path} is an empty folder, as Compose makes one`,
      alternative: 'Create it, or correct the path.',
    })
  }
  if (existsSync(source) && get(item, 'read_only') === undefined)
    project.findings.add({
      severity: 'warned',
      at: item.at,
      key,
      reason: `${shown} is copied at the start; what the container writes stays in it`,
      alternative: 'Add :ro to omit this warning.',
    })
}

/** Whether a path stays in a folder, with every link followed. */
function isWithin(path: string, folder: string): boolean {
  const real = existsSync(path) ? realpathSync(path) : path
  const root = realpathSync(folder)
  return real === root || real.startsWith(`${root}${sep}`) || (path.startsWith(`${folder}${sep}`) && !existsSync(path))
}

/** A secret or a config as a file. */
function addContent(item: TreeNode, kind: 'secrets' | 'configs', { target, project }: Surroundings): void {
  const source = textOf(get(item, 'source')) ?? ''
  const noun = kind.slice(0, -1)
  const key = `services.${target.name}.${kind}`
  const definition = get(project.root, kind, source)
  if (!definition)
    throw invalid(
      item,
      key,
      `there is no ${noun} '${source}'`,
      `Add it to ${kind}, which has ${namesIn(project, kind)}.`,
    )
  const named = textOf(get(item, 'target')) ?? (kind === 'secrets' ? source : `/${source}`)
  const path = named.startsWith('/') ? named : `${kind === 'secrets' ? '/run/secrets' : ''}/${named}`
  const mode = modeOf(get(item, 'mode'))
  const file = textOf(get(definition, 'file'))
  const variable = textOf(get(definition, 'environment'))
  if (file !== undefined) {
    if (!existsSync(file))
      throw invalid(
        definition,
        `${kind}.${source}.file`,
        `${showPath(file)} does not exist`,
        'Create it, or correct the path.',
      )
    target.files[path] = { $file: file, $option: key }
    if (mode !== undefined)
      project.findings.add({
        severity: 'warned',
        at: item.at,
        key,
        reason: `${showPath(file)} keeps its own mode in the container`,
        alternative: `Write chmod ${mode.toString(8)} ${showPath(file)}, or give the ${noun} by environment.`,
      })
    return
  }
  const content = variable === undefined ? textOf(get(definition, 'content')) : project.variables[variable]
  if (content === undefined)
    throw invalid(
      definition,
      `${kind}.${source}`,
      variable === undefined ? 'it has no content' : `the variable ${variable} is not set`,
      variable === undefined ? 'Give it a file, environment or content.' : 'Set the variable.',
    )
  target.files[path] = { content, ...(mode === undefined ? {} : { mode }) }
}

function namesIn({ root }: Project, kind: string): string {
  return (
    entriesOf(get(root, kind))
      .map(([name]) => name)
      .join(', ') || 'none'
  )
}
