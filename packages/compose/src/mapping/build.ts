import type { BuildSpec } from '@moorage/core'
import type { Project } from '../load/read-project.ts'
import { entriesOf, get, itemsOf, textOf, type TreeNode } from '../yaml/tree.ts'
import { defined, invalid, isTrue, textMap, texts } from './values.ts'

/** The image that `build` describes; undefined for a service without it. Throws `MoorageError` (CONFIG_INVALID). */
export function buildOf(service: TreeNode, name: string, project: Project): BuildSpec | undefined {
  const build = get(service, 'build')
  if (build?.kind !== 'map') return undefined
  const text = (key: string): string | undefined => textOf(get(build, key))
  const listed = (key: string): readonly string[] | undefined => {
    const found = texts(get(build, key))
    return found.length ? found : undefined
  }
  const mapped = (key: string): { readonly [name: string]: string } | undefined => {
    const found = textMap(get(build, key))
    return Object.keys(found).length ? found : undefined
  }
  const context = text('context') ?? project.folder
  const contextNode = get(build, 'context') ?? build
  if (/^([a-z][a-z0-9+.-]*:\/\/|git@|github\.com\/)/i.test(context))
    throw invalid(
      contextNode,
      `services.${name}.build.context`,
      `${context} is an address`,
      'Clone the repository, and give its folder.',
    )
  const [platform, ...morePlatforms] = texts(get(build, 'platforms'))
  if (platform !== undefined && morePlatforms.length)
    throw invalid(
      get(build, 'platforms') ?? build,
      `services.${name}.build.platforms`,
      'an image of a run has one platform',
      'Name one.',
    )
  const args = entriesOf(get(build, 'args')).flatMap(([arg, value]) => {
    const found = textOf(value) ?? project.variables[arg]
    return found === undefined ? [] : [[arg, found] as const]
  })
  return defined({
    context,
    dockerfile: text('dockerfile'),
    dockerfileInline: text('dockerfile_inline'),
    target: text('target'),
    args: args.length ? Object.fromEntries(args) : undefined,
    secrets: secretsOf(build, name, project),
    ssh: sshOf(get(build, 'ssh')),
    platform: platform ?? textOf(get(service, 'platform')),
    cacheFrom: listed('cache_from'),
    cacheTo: listed('cache_to'),
    labels: mapped('labels'),
    additionalContexts: mapped('additional_contexts'),
    noCache: isTrue(get(build, 'no_cache')) || undefined,
    pull: isTrue(get(build, 'pull')) || undefined,
    network: text('network'),
    extraHosts: mapped('extra_hosts'),
  })
}

function sshOf(node: TreeNode | undefined): readonly string[] | undefined {
  const entries = entriesOf(node).map(([id, value]) => (textOf(value) ? `${id}=${textOf(value)}` : id))
  return entries.length ? entries : undefined
}

function secretsOf(build: TreeNode, name: string, project: Project): BuildSpec['secrets'] {
  const items = itemsOf(get(build, 'secrets'))
  if (!items.length) return undefined
  return Object.fromEntries(
    items.map((item) => {
      const source = textOf(get(item, 'source')) ?? textOf(item) ?? ''
      const definition = get(project.root, 'secrets', source)
      const file = textOf(get(definition, 'file'))
      const env = textOf(get(definition, 'environment'))
      const id = textOf(get(item, 'target')) ?? source
      if (file !== undefined) return [id, { file }]
      if (env !== undefined) return [id, { env }]
      throw invalid(
        item,
        `services.${name}.build.secrets`,
        `there is no secret '${source}'`,
        'Add it to secrets, with file or environment.',
      )
    }),
  )
}
