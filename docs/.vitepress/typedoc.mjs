/** The subpaths of the package that users import, by the name of their entry. */
const SUBPATHS = { index: 'moorage', 'provider-testing': 'moorage/provider/testing' }

const entries = ['index', 'compose', 'vitest', 'playwright', 'test', 'provider', 'provider-testing']

export default {
  plugin: ['typedoc-plugin-markdown'],
  entryPoints: entries.map((name) => `../../packages/moorage/dist/lib/moorage/src/${name}.d.ts`),
  tsconfig: 'tsconfig.reference.json',
  out: '../reference',
  readme: 'none',
  entryFileName: 'overview',
  outputFileStrategy: 'modules',
  pageTitleTemplates: {
    index: () => 'Reference',
    module: ({ name }) => SUBPATHS[name] ?? `moorage/${name}`,
  },
  hideGenerator: true,
  hidePageHeader: true,
  hideBreadcrumbs: true,
  disableSources: true,
  excludePrivate: true,
  excludeInternal: true,
  githubPages: false,
  // Types that no user has to name are described where they are used.
  validation: { notExported: false },
  logLevel: 'Warn',
  useCodeBlocks: true,
  parametersFormat: 'table',
  interfacePropertiesFormat: 'table',
  typeDeclarationFormat: 'table',
}
