import { build } from 'esbuild'

interface ParserModule {
  readonly NoOperationTraceWriter: new () => object
  parseWorkflow(file: ParsedFile, trace: object): ParseResult
  parseAction(file: ParsedFile, trace: object): ParseResult
}

interface ParsedFile {
  readonly name: string
  readonly content: string
}

interface ParseResult {
  readonly context: { readonly errors: { getErrors(): readonly { readonly message: string }[] } }
}

const parser = loadParser()

/** What the parser of GitHub's own language service, which has GitHub's schemas, finds wrong with a workflow. */
export async function workflowErrors(name: string, content: string): Promise<readonly string[]> {
  const { parseWorkflow, NoOperationTraceWriter } = await parser
  return messages(parseWorkflow({ name, content }, new NoOperationTraceWriter()))
}

/** The same for an action. */
export async function actionErrors(content: string): Promise<readonly string[]> {
  const { parseAction, NoOperationTraceWriter } = await parser
  return messages(parseAction({ name: 'action.yml', content }, new NoOperationTraceWriter()))
}

function messages({ context }: ParseResult): readonly string[] {
  return context.errors.getErrors().map(({ message }) => message)
}

/** The package imports JSON in a way that Node refuses, so it is bundled first. */
async function loadParser(): Promise<ParserModule> {
  const { outputFiles } = await build({
    stdin: {
      contents: `export { NoOperationTraceWriter, parseWorkflow } from '@actions/workflow-parser'
export { parseAction } from '@actions/workflow-parser/actions/action-parser'`,
      resolveDir: process.cwd(),
    },
    bundle: true,
    format: 'esm',
    platform: 'browser',
    write: false,
  })
  const code = Buffer.from(outputFiles[0]?.contents ?? []).toString('base64')
  return (await import(`data:text/javascript;base64,${code}`)) as ParserModule
}
