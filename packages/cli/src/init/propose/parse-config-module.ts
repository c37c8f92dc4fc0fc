import { parse } from '../../vendor/babel-parser.ts'

type Program = ReturnType<typeof parse>['program']
type Statement = Program['body'][number]
/** Any node of the syntax tree that stands where a value does. */
export interface SyntaxNode {
  readonly type: string
  readonly start?: number | null
  readonly end?: number | null
}
export type ObjectNode = Extract<NonNullable<InitOf<Statement>>, { readonly type: 'ObjectExpression' }>
type InitOf<S> = S extends { readonly type: 'VariableDeclaration'; readonly declarations: readonly (infer D)[] }
  ? D extends { readonly init?: infer I }
    ? I
    : never
  : never

export interface ConfigModule {
  readonly text: string
  readonly program: Program
  /** The object that the default export is, or passes to its function, such as defineConfig. */
  readonly config: ObjectNode
}

/** Parses a config module. A text says why it cannot be edited safely. */
export function parseConfigModule(text: string): ConfigModule | string {
  let program: Program
  try {
    program = parse(text, { sourceType: 'module', plugins: ['typescript'] }).program
  } catch (error) {
    return `it does not parse: ${(error as Error).message}`
  }
  const exported = program.body.find((statement) => statement.type === 'ExportDefaultDeclaration')
  if (!exported) return 'it has no default export'
  const config = findObject(exported.declaration, program, 0)
  return config ? { text, program, config } : 'its default export is not a plain object or a call with one'
}

/** Follows calls, casts, constants and functions that return at once. */
function findObject(node: SyntaxNode | null | undefined, program: Program, depth: number): ObjectNode | undefined {
  if (!node || depth > 8) return undefined
  const inner = (next: SyntaxNode | null | undefined): ObjectNode | undefined => findObject(next, program, depth + 1)
  if (is(node, 'ObjectExpression')) return node as ObjectNode
  if (is(node, 'CallExpression')) {
    const call = node as Extract<InitOf<Statement>, { readonly type: 'CallExpression' }>
    return call.callee.type === 'Identifier' && call.arguments.length === 1 ? inner(call.arguments[0]) : undefined
  }
  if (['TSSatisfiesExpression', 'TSAsExpression', 'ParenthesizedExpression'].includes(node.type))
    return inner((node as { readonly expression?: SyntaxNode }).expression)
  if (is(node, 'ArrowFunctionExpression')) {
    const { body } = node as Extract<InitOf<Statement>, { readonly type: 'ArrowFunctionExpression' }>
    if (body.type !== 'BlockStatement') return inner(body)
    const [only] = body.body
    return body.body.length === 1 && only?.type === 'ReturnStatement' ? inner(only.argument) : undefined
  }
  if (!is(node, 'Identifier')) return undefined
  const { name } = node as SyntaxNode & { readonly name?: string }
  for (const statement of program.body)
    if (statement.type === 'VariableDeclaration' && statement.kind === 'const')
      for (const { id, init } of statement.declarations)
        if (id.type === 'Identifier' && id.name === name) return inner(init)
  return undefined
}

function is(node: SyntaxNode, type: string): boolean {
  return node.type === type
}
